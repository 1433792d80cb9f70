"""How fair the throttles are, and how soon a changed limit is heeded. Real sockets, real time."""

from benchmarks.measure import alternate
from benchmarks.suites.throttle import KIB, MIB, field, rows_of
from benchmarks.tables import Column, Table
from benchmarks.workspace import Bench

SHARING = [
    Column("Jain's index", lambda s: s.more["jain"], digits=4, spread=True),
    Column("sum / limit", lambda s: s.more["average"], digits=3),
    Column("worst 250 ms / limit", lambda s: s.more["worst_window"]),
    Column("CPU s per s", lambda s: s.cpu / s.seconds, digits=3),
]
REACTION = [
    Column("first moves after ms", lambda s: s.more["first_ms"], digits=1, spread=True),
    Column("last moves after ms", lambda s: s.more["last_ms"], digits=1, spread=True),
]


def sharing(bench: Bench) -> None:
    """Eight streams of mixed blocks on one throttle; then many, for what their waking costs."""
    seconds = 2.0 if bench.options.quick else 6.0
    mixed = [8 * KIB] * 4 + [64 * KIB] * 4
    for what, blocks, title, limit in (
        ("8 streams (4 × 8 KiB, 4 × 64 KiB blocks)", mixed, "1 MiB/s", MIB),
        ("8 streams (4 × 8 KiB, 4 × 64 KiB blocks)", mixed, "8 MiB/s", 8 * MIB),
        ("8 streams (4 × 8 KiB, 4 × 64 KiB blocks)", mixed, "100 MiB/s", 100 * MIB),
        ("50 streams (64 KiB blocks)", [64 * KIB] * 50, "8 MiB/s", 8 * MIB),
        ("200 streams (64 KiB blocks)", [64 * KIB] * 200, "8 MiB/s", 8 * MIB),
    ):
        contestants = field(bench, direction="read", limit=limit, blocks=blocks, seconds=seconds)
        rows = rows_of(contestants, limit, bench.options.rounds, bench.say)
        bench.show(Table(f"{what} share {title}", SHARING, rows))


def reaction(bench: Bench) -> None:
    """The limit is raised while all wait."""
    for title, limit, count in (
        ("one stream, 64 KiB/s", 64 * KIB, 1),
        ("one stream, 256 B/s", 256, 1),
        ("50 streams sharing 64 KiB/s", 64 * KIB, 50),
    ):
        task = {"direction": "read", "limit": limit, "new_limit": 64 * MIB, "seconds": 8}
        task["blocks"] = [256 * KIB] * count
        contestants = field(bench, **task)
        rows = alternate(contestants, bench.options.rounds, bench.say)
        name = f"Limit raised to 64 MiB/s after 0.5 s: {title}, 256 KiB blocks"
        bench.show(Table(name, REACTION, rows, note="7500 ms: not within the run."))


def main(bench: Bench) -> None:
    """Sharing, reaction."""
    sharing(bench)
    reaction(bench)
