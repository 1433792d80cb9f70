"""What a Python contestant tells of itself: CPU, wall time and peak memory of the measured part."""

import json
import resource
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from benchmarks.children import sampler

BACKENDS: dict[str, tuple[str, dict[str, Any]]] = {
    "asyncio": ("asyncio", {}),
    "uvloop": ("asyncio", {"use_uvloop": True}),
    "trio": ("trio", {}),
}


class Meter:
    """Measures from its making to `report()`: imports and the start of the loop come before.

    Where the work names a file for "samples", a sampler looks on.
    """

    def __init__(self) -> None:
        path = json.loads(sys.argv[1]).get("samples")
        if path:
            sampler.start(path)
        self._usage = resource.getrusage(resource.RUSAGE_SELF)
        self._started = time.monotonic()

    def read(self) -> dict[str, float]:
        """The figures so far."""
        seconds = time.monotonic() - self._started
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "seconds": seconds,
            "user": usage.ru_utime - self._usage.ru_utime,
            "system": usage.ru_stime - self._usage.ru_stime,
            "peak_kib": usage.ru_maxrss,
            "before_kib": self._usage.ru_maxrss,
        }

    def report(self, **more: Any) -> None:
        """Print the figures as one line of JSON."""
        tell(**self.read(), **more)


def tell(**figures: Any) -> None:
    """Print one line of JSON at once."""
    print(json.dumps(figures), flush=True)


def job() -> dict[str, Any]:
    """The work to do: the one argument, in JSON."""
    work: dict[str, Any] = json.loads(sys.argv[1])
    return work


def run(backend: str, function: Callable[[], Awaitable[None]]) -> None:
    """Run an async function on "asyncio", "uvloop" or "trio"."""
    import anyio

    name, options = BACKENDS[backend]
    anyio.run(function, backend=name, backend_options=options)
