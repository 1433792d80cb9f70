"""2,000 files of 4 KiB over one control connection."""

from typing import Any

from benchmarks import peers, servers
from benchmarks.measure import Contestant, Sample, alternate, run
from benchmarks.suites.transfers import aioftp, ours, python
from benchmarks.tables import Column, Table
from benchmarks.workspace import Bench


def columns(count: int) -> list[Column]:
    """Wall and CPU milliseconds a file."""
    return [
        Column("ms/file", lambda s: s.seconds * 1000 / count, spread=True, ratio=True),
        Column("CPU ms/file", lambda s: s.cpu * 1000 / count, spread=True, ratio=True),
        Column("peak RSS MB", lambda s: s.peak_kib / 1024, digits=0),
    ]


def curl(bench: Bench, task: dict[str, Any], *, keep: bool) -> Contestant:
    """One curl process with a list of URLs: it keeps the control connection."""
    config = bench.folder / f"curl-{task['port']}-{keep}.txt"
    base = f"ftp://{task['host']}:{task['port']}"
    entries = (
        f'url = "{base}/{name}"\noutput = "{f"{bench.target}/{name}" if keep else "/dev/null"}"\n'
        for name in task["names"]
    )
    config.write_text("".join(entries))
    program = peers.program("curl") or "curl"

    def once() -> Sample:
        return run([program, "-sS", "-K", str(config)])

    return Contestant("curl", once, peers.missing_program("curl"))


def main(bench: Bench) -> None:
    """Read and forget; then each to a file of its own by the whole-file call."""
    names = bench.small_names()
    count = len(names)
    plain = servers.vsftpd if peers.program("vsftpd") else servers.fixture
    with plain(bench.root) as server:
        task = {"host": "127.0.0.1", "port": server.port, "names": names, "work": "small"}
        note = f"Server: {plain.__name__}."
        field = [
            python("blocking sockets (the floor)", {**task, "client": "blocking"}),
            curl(bench, task, keep=False),
            python("ftplib", {**task, "client": "ftplib"}),
            *ours(bench, task, "anyftp download_stream()"),
            *aioftp(bench, task, "aioftp download_stream()"),
        ]
        rows = alternate(field, bench.options.rounds, bench.say)
        title = f"{count} files of 4 KiB, read and forgotten"
        bench.show(Table(title, columns(count), rows, "ftplib", note))
    with servers.fixture(bench.root) as server:
        task |= {"port": server.port, "work": "small-files", "target": str(bench.target)}
        field = [
            curl(bench, task, keep=True),
            python("ftplib", {**task, "client": "ftplib"}),
            *ours(bench, task, "anyftp download()"),
            *aioftp(bench, task, "aioftp download()"),
        ]
        rows = alternate(field, bench.options.rounds, bench.say)
        title = f"{count} files of 4 KiB, each into a file"
        bench.show(Table(title, columns(count), rows, "ftplib", "Server: fixture."))
