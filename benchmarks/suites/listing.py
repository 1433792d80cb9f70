"""A directory of 100,000 entries by MLSD; the client is measured."""

from benchmarks import servers
from benchmarks.measure import alternate
from benchmarks.suites.transfers import aioftp, ours, python
from benchmarks.tables import Column, Table
from benchmarks.workspace import Bench

COLUMNS = [
    Column("CPU s", lambda s: s.cpu, spread=True, ratio=True),
    Column("seconds", lambda s: s.seconds, spread=True),
    Column("peak RSS MB", lambda s: s.peak_kib / 1024, digits=0),
]


def main(bench: Bench) -> None:
    """Whole lists, and iteration that keeps nothing."""
    entries = 10_000 if bench.options.quick else 100_000
    with servers.fixture(bench.root, entries=entries) as server:
        task = {"host": "127.0.0.1", "port": server.port}
        whole, lazy = {**task, "work": "mlsd"}, {**task, "work": "mlsd-lazy"}
        field = [
            python("blocking sockets, no parsing (the floor)", {**whole, "client": "blocking"}),
            python("ftplib mlsd(), list", {**whole, "client": "ftplib"}),
            python("ftplib mlsd(), iterated", {**lazy, "client": "ftplib"}),
            *ours(bench, whole, "anyftp list(), awaited"),
            *ours(bench, lazy, "anyftp list(), iterated"),
            *ours(bench, {**task, "work": "mlsd-fields"}, "anyftp list(), every field read"),
            *aioftp(bench, whole, "aioftp list(), awaited"),
            *aioftp(bench, lazy, "aioftp list(), iterated"),
        ]
        rows = alternate(field, bench.options.rounds, bench.say)
    note = "Every field: name, type, size as a number, time of change as a datetime."
    title = f"MLSD of {entries:,} entries"
    bench.show(Table(title, COLUMNS, rows, "ftplib mlsd(), list", note))
