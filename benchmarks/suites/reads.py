"""What one read() costs: in memory, where only the layers count; then over a socket."""

from typing import Any

from benchmarks import peers
from benchmarks.measure import Contestant, alternate, child, run
from benchmarks.suites.throttle import libraries
from benchmarks.tables import Column, Table
from benchmarks.workspace import Bench

KIB = 1 << 10
KINDS = {
    "bare": "nothing around it",
    "plain": "StreamIO",
    "timeout": "StreamIO, timeout=10",
    "unlimited": "ThrottleStreamIO, unlimited",
    "limited": "ThrottleStreamIO, one limit",
    "limited4": "ThrottleStreamIO, four limits",
}
COST = [
    Column("CPU us per read()", lambda s: s.more["us"], spread=True),
    Column("tasks per read()", lambda s: s.more["tasks"]),
]
SOCKET = [
    Column("CPU us per 64 KiB", lambda s: s.more["us_per_64k"], digits=1, spread=True, ratio=True)
]


def reads(name: str, absent: str | None, **task: Any) -> Contestant:
    """A run of children/reads.py."""
    return Contestant(name, lambda: run(child("reads", task), seconds=60), absent)


def in_memory(bench: Bench, block: int) -> None:
    """All kinds of stream on all backends, over a source that is always ready."""
    contestants = [
        reads(
            f"{KINDS[kind]}: {library}, {backend}",
            absent,
            library=library,
            backend=backend,
            kind=kind,
            block=block,
        )
        for kind in KINDS
        for library, backend, absent in libraries(bench)
        if library != "foreign"  # what is around a stream is the same
    ]
    rows = alternate(contestants, bench.options.rounds, bench.say)
    bench.show(Table(f"One read({block}) in memory", COST, rows))


def over_socket(bench: Bench, block: int) -> None:
    """Bare stream against the wrapped ones; the kernel's copying is in every figure."""
    for backend in bench.options.backends:
        absent = peers.missing_backend(backend)
        ours = absent or peers.missing_module("anyftp._streams")
        task = {"backend": backend, "block": block, "socket": True, "seconds": 1.0}
        field = [
            reads("bare" if kind == "bare" else name, ours, library="anyftp", kind=kind, **task)
            for kind, name in KINDS.items()
        ]
        field.append(
            reads("anyio SocketStream.receive", absent, library="anyio", kind="bare", **task)
        )
        if backend != "trio":
            gone = absent or peers.missing_module("aioftp")
            for kind in ("bare", "unlimited", "limited"):
                name = "asyncio.StreamReader.read" if kind == "bare" else f"aioftp {KINDS[kind]}"
                field.append(reads(name, gone, library="aioftp", kind=kind, **task))
        rows = alternate(field, bench.options.rounds, bench.say)
        bench.show(Table(f"read({block}) over a socket, {backend}", SOCKET, rows, "bare"))


def main(bench: Bench) -> None:
    """In memory with small and big blocks, then over a socket."""
    for block in (8 * KIB, 64 * KIB):
        in_memory(bench, block)
    over_socket(bench, 64 * KIB)
