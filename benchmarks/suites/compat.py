"""The same calls on aioftp and on the layer that stands in for it; the client is measured."""

from pathlib import Path
from typing import Any

from benchmarks import peers, servers
from benchmarks.measure import Contestant, alternate
from benchmarks.suites.transfers import afresh, columns, python
from benchmarks.tables import Column, Table
from benchmarks.workspace import Bench

PACKAGES = {"aioftp": "aioftp", "anyftp_compat": "anyftp_compat"}
LISTING = [
    Column("CPU s", lambda s: s.cpu, spread=True, ratio=True),
    Column("seconds", lambda s: s.seconds, spread=True, ratio=True),
]
KIB = 1 << 10
ENTRIES = 10_000
SMALL = 500


def both(bench: Bench, task: dict[str, Any]) -> list[Contestant]:
    """aioftp and its stand-in on each of the loops asked for but trio, which aioftp lacks."""
    return [
        python(
            f"{package}, {backend}",
            {**task, "client": "compat", "package": package, "backend": backend},
            peers.missing_backend(backend) or peers.missing_module(package),
        )
        for backend in bench.options.backends
        if backend != "trio"
        for package in PACKAGES
    ]


def measure(bench: Bench, title: str, task: dict[str, Any], wanted: list[Column]) -> None:
    """One call, all in turn; a table for each loop, with ratios to aioftp on that loop."""
    field = both(bench, task)
    if task["work"] == "download":
        field = [afresh(contestant, Path(task["file"])) for contestant in field]
    rows = alternate(field, bench.options.rounds, bench.say)
    for backend in bench.options.backends:
        here = [row for row in rows if row.name.endswith(f", {backend}")]
        if here:
            reference = f"aioftp, {backend}"
            bench.show(Table(f"{title}, {backend}", wanted, here, reference, "Server: fixture."))


def main(bench: Bench) -> None:
    """Whole files, streams by blocks and by lines, listings."""
    bench.big()
    (bench.root / "lines").write_bytes(
        b"a line of some sixty bytes, as logs and tables have them\n" * 500_000
    )
    wanted = columns(bench.options.nbytes)
    with servers.fixture(bench.root, entries=ENTRIES) as server:
        common = {"host": "127.0.0.1", "port": server.port, "path": "big"}
        new = str(bench.target / "new")
        measure(bench, "download()", {**common, "work": "download", "file": new}, wanted)
        big = str(bench.root / "big")
        measure(bench, "upload()", {**common, "work": "upload", "file": big}, wanted)
        for block in (8 * KIB, 64 * KIB):
            task = {**common, "block_size": block, "nbytes": bench.options.nbytes}
            measure(bench, f"iter_by_block({block})", {**task, "work": "read"}, wanted)
            measure(bench, f"write() of {block} bytes", {**task, "work": "write"}, wanted)
        whole = {**common, "work": "read-whole"}
        measure(bench, "read() of the whole file", whole, wanted)
        own = {**common, "work": "read", "block_size": 64 * KIB, "own_connection": True}
        measure(bench, "iter_by_block(65536), own _open_connection", own, wanted)
        source = bench.root / "small"
        source.write_bytes(bytes(4 * KIB))
        for number in range(SMALL):  # the server throws away what is uploaded
            (bench.root / f"small-{number}").write_bytes(bytes(4 * KIB))
        small = {"work": "small", "count": SMALL, "file": str(source), "target": str(bench.target)}
        measure(bench, f"{SMALL} files of 4 KiB, there and back", {**common, **small}, LISTING)
        lines = {**common, "path": "lines", "work": "read-lines"}
        measure(bench, "iter_by_line(), 500,000 lines", lines, LISTING)
        measure(bench, f"list() of {ENTRIES:,} entries", {**common, "work": "list"}, LISTING)
        iterated = {**common, "work": "list-iterated"}
        measure(bench, f"list() of {ENTRIES:,} entries, iterated", iterated, LISTING)
