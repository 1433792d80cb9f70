"""Trees of small files: down and up, one connection; and several over a long way."""

import shutil
from itertools import count
from typing import Any

from benchmarks import peers, servers
from benchmarks.measure import Contestant, Sample, child, run
from benchmarks.suites.small_files import columns
from benchmarks.suites.transfers import aioftp, ours, python
from benchmarks.tables import Column, Table
from benchmarks.workspace import TREE_FILES, Bench

_JOBS = (1, 4)
_numbers = count()


def far(bench: Bench, backend: str, work: str, jobs: int) -> Contestant:
    """One run of children/far_client.py; each makes a tree of its own."""
    task = {"work": work, "root": str(bench.root), "target": str(bench.target), "jobs": jobs}

    def once() -> Sample:
        name = f"far-{next(_numbers)}"
        command = child("far_client", {**task, "backend": backend, "name": name})
        return run(command, cpu=None)  # it waits, and the others wait beside it

    return Contestant(f"anyftp jobs={jobs}, {backend}", once, peers.missing_backend(backend))


def emptied(bench: Bench) -> None:
    """Throw away what the last table has left; it lies in memory."""
    for folder in (bench.target, bench.root / "incoming"):
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def near(bench: Bench) -> None:
    """Down and up beside ftplib in a loop."""
    nfiles = bench.tree()
    server = {"server": "pyftpdlib", "root": str(bench.root)}
    task: dict[str, Any] = {"host": "127.0.0.1", "source": str(bench.root)}
    task["target"] = str(bench.target)
    for work, call in (("tree-down", "download()"), ("tree-up", "upload()")):
        with servers.python_server("python_server", server) as running:
            task |= {"port": running.port, "work": work}
            field = [
                python("ftplib in a loop", {**task, "client": "ftplib"}),
                *ours(bench, task, f"anyftp {call}"),
                *aioftp(bench, task, f"aioftp {call}"),
            ]
            title = f"A tree of {nfiles:,} files of 4 KiB, {work.removeprefix('tree-')}"
            note = "Server: pyftpdlib."
            bench.compare(title, columns(nfiles), field, "ftplib in a loop", note)
        emptied(bench)


def far_away(bench: Bench, nfiles: int, rounds: int | None = None) -> None:
    """Over a round trip of 20 ms by one and by four; it is waiting, so the loops do it at once."""
    nfiles = bench.tree("far", nfiles)
    per_file = [Column("ms/file", lambda s: s.seconds * 1000 / nfiles, spread=True, ratio=True)]
    note = "Server: anyftp, in the same process; the loops beside each other."
    for work in ("tree-down", "tree-up"):
        field = [far(bench, name, work, jobs) for jobs in _JOBS for name in bench.options.backends]
        rows = bench.runs(field, rounds, at_once=len(bench.options.backends))
        for backend in bench.options.backends:
            two = [row for row in rows if row.name.endswith(f", {backend}")]
            title = f"A tree of {nfiles:,} {work.removeprefix('tree-')}"
            title += f" over a round trip of 20 ms, {backend}"
            bench.show(Table(title, per_file, two, two[0].name, note))
        emptied(bench)


def main(bench: Bench) -> None:
    """Near, then far away."""
    near(bench)
    far_away(bench, TREE_FILES, min(bench.options.rounds, 3))
