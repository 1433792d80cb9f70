"""Trees of small files: down and up, one connection; and several over a long way."""

import shutil
from itertools import count
from typing import Any

from benchmarks import peers, servers
from benchmarks.measure import Contestant, Sample, alternate, child, run
from benchmarks.suites.small_files import columns
from benchmarks.suites.transfers import aioftp, ours, python
from benchmarks.tables import Column, Table
from benchmarks.workspace import Bench

_JOBS = (1, 4)
_numbers = count()


def far(bench: Bench, backend: str, work: str, jobs: int) -> Contestant:
    """One run of children/far_client.py; each makes a tree of its own."""
    task = {"work": work, "root": str(bench.root), "target": str(bench.target), "jobs": jobs}

    def once() -> Sample:
        name = f"far-{next(_numbers)}"
        return run(child("far_client", {**task, "backend": backend, "name": name}))

    return Contestant(f"anyftp jobs={jobs}, {backend}", once, peers.missing_backend(backend))


def emptied(bench: Bench) -> None:
    """Throw away what the last table has left; it lies in memory."""
    for folder in (bench.target, bench.root / "incoming"):
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def main(bench: Bench) -> None:
    """Down and up beside ftplib in a loop; then over a round trip of 20 ms by one and by four."""
    nfiles = bench.tree()
    server = {"server": "pyftpdlib", "root": str(bench.root)}
    task: dict[str, Any] = {"host": "127.0.0.1", "source": str(bench.root)}
    task["target"] = str(bench.target)
    for work, title in (("tree-down", "download()"), ("tree-up", "upload()")):
        with servers.python_server("python_server", server) as running:
            task |= {"port": running.port, "work": work}
            field = [
                python("ftplib in a loop", {**task, "client": "ftplib"}),
                *ours(bench, task, f"anyftp {title}"),
                *aioftp(bench, task, f"aioftp {title}"),
            ]
            rows = alternate(field, bench.options.rounds, bench.say)
        table = f"A tree of {nfiles:,} files of 4 KiB, {work.removeprefix('tree-')}"
        note = "Server: pyftpdlib."
        bench.show(Table(table, columns(nfiles), rows, "ftplib in a loop", note))
        emptied(bench)
    per_file = [Column("ms/file", lambda s: s.seconds * 1000 / nfiles, spread=True, ratio=True)]
    for work in ("tree-down", "tree-up"):
        for backend in bench.options.backends:
            field = [far(bench, backend, work, jobs) for jobs in _JOBS]
            rows = alternate(field, min(bench.options.rounds, 3), bench.say)
            table = f"The same {work.removeprefix('tree-')} over a round trip of 20 ms, {backend}"
            note = "Server: anyftp, in the same process."
            bench.show(Table(table, per_file, rows, rows[0].name, note))
            emptied(bench)
