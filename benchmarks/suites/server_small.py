"""Files of 4 KiB, one after the other on one control connection; the server is measured."""

from benchmarks import peers, servers
from benchmarks.measure import Contestant, ContestantFailed, Sample, child, run
from benchmarks.suites.server import Start
from benchmarks.tables import Column
from benchmarks.workspace import Bench


def columns(count: int) -> list[Column]:
    """The server's CPU and the wall time of each file, in milliseconds."""
    return [
        Column("server's CPU ms/file", lambda s: s.cpu * 1000 / count, 3, spread=True, ratio=True),
        Column("ms/file", lambda s: s.seconds * 1000 / count, 3, spread=True, ratio=True),
        Column("peak RSS MB", lambda s: s.peak_kib / 1024, digits=0),
    ]


def fetch(start: Start, names: list[str], *, tls: bool, resume: bool) -> Sample:
    """Start a server and fetch all files from it; what the server used."""
    with start() as server:
        task = {"host": "127.0.0.1", "port": server.port, "names": names, "work": "small"}
        more = {"client": "blocking", "tls": tls, "resume": resume}
        told = run(child("client", {**task, **more}))
    if server.used is None:
        raise ContestantFailed("the server did not report")
    return Sample(told.seconds, server.used.cpu, server.used.peak_kib)


def contestants(
    bench: Bench, names: list[str], *, tls: bool = False, resume: bool = False
) -> list[Contestant]:
    """vsftpd, pyftpdlib, and anyftp on each backend."""
    pem = bench.pem if tls else None
    task = {"root": str(bench.root), **({"certificate": str(pem)} if pem else {})}

    def contestant(name: str, start: Start, absent: str | None) -> Contestant:
        return Contestant(name, lambda: fetch(start, names, tls=tls, resume=resume), absent)

    def python(server: str, backend: str) -> Start:
        return lambda: servers.python_server(
            "python_server", {**task, "server": server, "backend": backend}
        )

    needed = ("pyftpdlib", *(("OpenSSL",) if tls else ()))
    return [
        contestant(
            "vsftpd", lambda: servers.vsftpd(bench.root, pem), peers.missing_program("vsftpd")
        ),
        contestant("pyftpdlib", python("pyftpdlib", ""), peers.missing_module(*needed)),
        *(
            contestant(
                f"anyftp, {backend}", python("anyftp", backend), peers.missing_backend(backend)
            )
            for backend in bench.options.backends
        ),
    ]


def measure(bench: Bench, kind: str, names: list[str], *, tls: bool, resume: bool) -> None:
    """One table."""
    field = contestants(bench, names, tls=tls, resume=resume)
    title = f"RETR of {len(names):,} files of 4 KiB{kind}"
    bench.compare(title, columns(len(names)), field, "pyftpdlib")


def main(bench: Bench) -> None:
    """In clear text; with TLS and a whole handshake for each file; with resumed sessions."""
    names = bench.small_names()
    few = names[: len(names) // 4]
    measure(bench, "", names, tls=False, resume=False)
    measure(bench, ", TLS", few, tls=True, resume=False)
    measure(bench, ", TLS, resumed sessions", few, tls=True, resume=True)
