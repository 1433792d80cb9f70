"""How exact and even the throttles are. Real sockets, real time."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks import peers
from benchmarks.measure import Contestant, Row, alternate, child, run
from benchmarks.tables import Column, Table
from benchmarks.workspace import Bench

KIB, MIB = 1 << 10, 1 << 20
RATES = {
    "16 KiB/s": 16 * KIB,
    "64 KiB/s": 64 * KIB,
    "1 MiB/s": MIB,
    "50 MiB/s": 50 * MIB,
    "500 MiB/s": 500 * MIB,
}
QUIET = MIB  # up to this rate several runs may share the processors
ACCURACY = [
    Column("error of the average, %", lambda s: (s.more["average"] - 1) * 100, spread=True),
    Column("worst 250 ms / limit", lambda s: s.more["worst_window"], spread=True),
    Column("first 250 ms / limit", lambda s: s.more["first_window"]),
    Column("longest silence ms", lambda s: s.more["silence_ms"], digits=0),
]


#: Who takes part: by the name of its child, and what has to be installed. "foreign" is anyftp over
#: anyio's own socket streams.
LIBRARIES = {"anyftp": "anyftp._streams", "foreign": "anyftp._streams", "aioftp": "aioftp"}


def libraries(bench: Bench) -> Iterator[tuple[str, str, str | None]]:
    """Each library on each backend it knows, and why it cannot take part."""
    for library, module in LIBRARIES.items():
        for backend in bench.options.backends:
            if library != "aioftp" or backend != "trio":
                missing = peers.missing_backend(backend) or peers.missing_module(module)
                yield library, backend, missing


def pace(name: str, absent: str | None, **task: Any) -> Contestant:
    """A run of children/pace.py."""
    return Contestant(name, lambda: run(child("pace", task), seconds=60), absent)


def field(bench: Bench, **task: Any) -> list[Contestant]:
    """Every library and backend at one task."""
    return [
        pace(f"{library}, {backend}", absent, library=library, backend=backend, **task)
        for library, backend, absent in libraries(bench)
    ]


def side_by_side(
    contestants: Sequence[Contestant], rounds: int, say: Callable[[str], object]
) -> list[Row]:
    """For slow rates, which leave the processors idle: all contestants of a round at once."""
    with ThreadPoolExecutor(len(contestants)) as pool:
        runs = pool.map(lambda one: alternate([one], rounds, say)[0], contestants)
        return list(runs)


def rows_of(
    contestants: Sequence[Contestant], limit: int, rounds: int, say: Callable[[str], object]
) -> list[Row]:
    """All at once or one after another, as the rate is."""
    return (side_by_side if limit <= QUIET else alternate)(contestants, rounds, say)


def accuracy(bench: Bench) -> None:
    """One stream, alone: the average and the worst window for each rate, block and direction."""
    seconds = 2.0 if bench.options.quick else 6.0
    rounds = bench.options.rounds
    for title, limit in RATES.items():
        for direction in ("read", "write"):
            rows: list[Row] = []
            blocks = [("8 KiB", 8 * KIB), ("256 KiB", 256 * KIB)]
            if bench.options.quick and limit > QUIET:
                del blocks[0]
            for label, block in blocks:
                contestants = field(
                    bench, direction=direction, limit=limit, blocks=[block], seconds=seconds
                )
                measured = rows_of(contestants, limit, rounds, bench.say)
                for row in measured:
                    row.name += f", {label}"
                rows += measured
            bench.show(Table(f"{title}, {direction}, {seconds:g} s", ACCURACY, rows))


def busy(bench: Bench) -> None:
    """The loop is held up by other work, again and again. Nothing can move meanwhile."""
    seconds = 3.0 if bench.options.quick else 6.0
    for held, of in ((20, 25), (50, 55), (100, 200)):
        contestants = field(
            bench,
            direction="read",
            limit=4 * MIB,
            blocks=[64 * KIB],
            seconds=seconds,
            busy=[held / 1000, (of - held) / 1000],
        )
        rows = side_by_side(contestants, bench.options.rounds, bench.say)  # they mostly sleep
        title = f"4 MiB/s, read, the loop held up for {held} of each {of} ms, {seconds:g} s"
        bench.show(Table(title, ACCURACY, rows))


def main(bench: Bench) -> None:
    """Each rate, read and written; then a busy loop."""
    accuracy(bench)
    busy(bench)
