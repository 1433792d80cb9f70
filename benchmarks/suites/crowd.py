"""Many clients of one server, which is measured: idle ones, eager ones, one with a huge folder."""

import resource
import subprocess
from collections.abc import Callable
from pathlib import Path

from benchmarks import peers, servers
from benchmarks.measure import (
    ROOT,
    Contestant,
    ContestantFailed,
    Sample,
    child,
    environment,
    run,
)
from benchmarks.suites.server import Start
from benchmarks.tables import Column
from benchmarks.workspace import Bench, filled

IDLE, EAGER, ENTRIES = 1_000, 200, 100_000
FILE_BYTES = 1 << 20
TIME_LIMIT = 120

COLUMNS = [
    Column("server's CPU s", lambda s: s.cpu, spread=True, ratio=True),
    Column("seconds", lambda s: s.seconds, spread=True, ratio=True),
    Column("peak RSS MB", lambda s: s.peak_kib / 1024, digits=0),
]
Work = Callable[[Start, str | None], Sample]


def resident_kib(pid: int) -> int:
    """What a process holds in memory at the moment."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise ContestantFailed(f"process {pid} is gone")


def idle(clients: int) -> Work:
    """So many clients log in and say nothing more: what each costs in memory."""

    def work(start: Start, login: str | None) -> Sample:
        with start() as server:
            before = resident_kib(server.pid)
            task = {"port": server.port, "clients": clients, "work": "idle", "login": login}
            crowd = subprocess.Popen(
                child("crowd_client", task),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment(),
                cwd=ROOT,
            )
            with crowd:
                assert crowd.stdout
                assert crowd.stderr
                if not crowd.stdout.readline():
                    said = crowd.stderr.read().decode(errors="replace").strip().splitlines()
                    raise ContestantFailed(said[-1][:200] if said else "the clients have failed")
                each = (resident_kib(server.pid) - before) / clients
                crowd.communicate(timeout=TIME_LIMIT)
        if server.used is None:
            raise ContestantFailed("the server did not report")
        return Sample(server.used.seconds, server.used.cpu, each)

    return work


def eager(bench: Bench, clients: int) -> Work:
    """So many clients log in at once and fetch a file each."""
    filled(bench.root / "mebibyte", FILE_BYTES)

    def work(start: Start, login: str | None) -> Sample:
        task = {"clients": clients, "work": "retr", "path": "mebibyte", "nbytes": FILE_BYTES}
        with start() as server:
            told = run(child("crowd_client", {**task, "port": server.port, "login": login}))
        if server.used is None:
            raise ContestantFailed("the server did not report")
        return Sample(told.seconds, server.used.cpu, server.used.peak_kib)

    return work


def listing(bench: Bench, verb: str, entries: int) -> Work:
    """One client lists a folder of so many files."""
    folder = bench.root / "many"
    if not folder.exists():
        folder.mkdir(mode=0o755)
        for number in range(entries):
            (folder / f"file-{number:06d}.dat").touch()
    curl, target = peers.program("curl") or "curl", bench.target / "listing"

    def work(start: Start, login: str | None) -> Sample:
        options = ["-X", verb] if verb != "LIST" else []
        options += ["-u", login] if login else []
        with start() as server:
            url = f"ftp://127.0.0.1:{server.port}/many/"
            client = run([curl, "-sS", "-o", str(target), *options, url])
        lines = sum(1 for _ in target.open("rb"))
        if server.used is None or lines < entries:
            raise ContestantFailed(f"{lines} lines of {entries}")
        return Sample(client.seconds, server.used.cpu, server.used.peak_kib)

    return work


def contestants(
    bench: Bench, work: Work, *, clients: int = 10, daemons: tuple[str, ...] = ()
) -> list[Contestant]:
    """anyftp on each backend, and others."""

    def contestant(name: str, start: Start, absent: str | None, login: str | None) -> Contestant:
        return Contestant(name, lambda: work(start, login), absent)

    task = {"root": str(bench.root), "clients": clients}

    def python(server: str, backend: str) -> Start:
        return lambda: servers.python_server(
            "python_server", {**task, "server": server, "backend": backend}
        )

    made = {
        "vsftpd": (lambda: servers.vsftpd(bench.root), None),
        "pure-ftpd": (lambda: servers.pure_ftpd(bench.root), servers.PURE_FTPD_LOGIN),
    }
    field = [
        contestant(name, made[name][0], peers.missing_program(name), made[name][1])
        for name in daemons
    ]
    absent = peers.missing_module("pyftpdlib")
    field.append(contestant("pyftpdlib", python("pyftpdlib", ""), absent, None))
    for name, module, backends in (
        ("anyftp", "anyftp", bench.options.backends),
        ("aioftp", "aioftp", ("asyncio", "uvloop")),
    ):
        field += [
            contestant(
                f"{name}, {backend}",
                python(name, backend),
                peers.missing_backend(backend) or peers.missing_module(module),
                None,
            )
            for backend in backends
        ]
    return field


def idle_sessions(bench: Bench, rounds: int | None = None) -> None:
    """What each of many sessions holds in memory."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # the servers and clients inherit it
    count = 100 if bench.options.quick else IDLE
    field = contestants(bench, idle(count), clients=count)
    column = Column("KiB a session", lambda s: s.peak_kib, digits=1, spread=True, ratio=True)
    bench.compare(f"{count:,} idle sessions", [column], field, "pyftpdlib", rounds=rounds)


def eager_clients(bench: Bench) -> None:
    """Many at once."""
    count = 20 if bench.options.quick else EAGER
    field = contestants(bench, eager(bench, count), clients=count, daemons=("vsftpd", "pure-ftpd"))
    title = f"{count} clients log in at once and fetch 1 MiB each"
    bench.compare(title, COLUMNS, field, "pyftpdlib")


def huge_folder(bench: Bench, verb: str) -> None:
    """One folder with very many files."""
    entries = 10_000 if bench.options.quick else ENTRIES
    daemons = ("vsftpd", "pure-ftpd") if verb == "LIST" else ("pure-ftpd",)
    field = contestants(bench, listing(bench, verb, entries), daemons=daemons)
    bench.compare(f"{verb} of {entries:,} files to curl", COLUMNS, field, "pyftpdlib")


def main(bench: Bench) -> None:
    """Three tables and a fourth for those that know no MLSD."""
    idle_sessions(bench, min(bench.options.rounds, 2))
    eager_clients(bench)
    for verb in ("LIST", "MLSD"):
        huge_folder(bench, verb)
