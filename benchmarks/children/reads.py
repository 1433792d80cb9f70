"""The CPU cost of one read(), and the tasks it makes, over a source that always has data.

``python -m benchmarks.children.reads '{"library": …, "backend": …, "kind": …, "block": …, "socket":
…}'`` `kind` is "bare", "plain" (a StreamIO), "timeout", "unlimited", "limited" or "limited4" (four
throttles).
"""

import importlib
from collections.abc import Awaitable, Callable
from typing import Any

from benchmarks.children import pair, tasks
from benchmarks.children.meter import Meter, job, run, tell

Read = Callable[[int], Awaitable[bytes]]
LIMIT = 10**13  # so high that no read ever waits
SECONDS = 0.4


async def repeat(read: Read, block: int, count: int) -> int:
    """Read so many times; return the number of bytes."""
    total = 0
    for _ in range(count):
        total += len(await read(block))
    return total


async def measured(read: Read, block: int, seconds: float) -> dict[str, float]:
    """Read for about so long and divide."""
    await repeat(read, block, 200)
    meter, count, nbytes = Meter(), 0, 0
    while meter.read()["seconds"] < seconds:
        nbytes += await repeat(read, block, 1000)
        count += 1000
    used = meter.read()
    cpu = used["user"] + used["system"]
    return {**used, "us": cpu / count * 1e6, "us_per_64k": cpu / nbytes * 65536 * 1e6}


def main() -> None:
    """Build the source, measure, then count tasks in a second, shorter pass."""
    task = job()
    source = importlib.import_module(f"benchmarks.children.{task['library']}_source")
    sock = pair.feeder() if task.get("socket") else None
    result: dict[str, Any] = {}

    async def both() -> None:
        read: Read = await source.reader(task["kind"], task["block"], sock, LIMIT)
        result.update(await measured(read, task["block"], task.get("seconds", SECONDS)))
        with tasks.counted() as made:
            await repeat(read, task["block"], 1000)
        result["tasks"] = made[0] / 1000

    run(task["backend"], both)
    tell(**result)


if __name__ == "__main__":
    main()
