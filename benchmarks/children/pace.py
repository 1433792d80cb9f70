"""Read or write over a throttled stream for some seconds and tell how even it was.

``python -m benchmarks.children.pace '{"library": …, "backend": …, "direction": …, "limit": …,
"blocks": […]}'`` There is one stream for each of `blocks`; all share one throttle. With
``"busy": [held, free]`` other work holds up the event loop for so many seconds, again and again.
"""

import importlib
import time
from typing import Any, Protocol

import anyio

from benchmarks.children import pair, window
from benchmarks.children.meter import Meter, job, run, tell


class Stream(Protocol):
    """What both libraries' throttled streams have in common."""

    async def read(self, count: int = -1) -> bytes: ...
    async def write(self, data: bytes) -> None: ...


async def read(stream: Stream, block: int, until: float, events: list[pair.Event]) -> None:
    """Read blocks and note when they came."""
    while time.monotonic() < until:
        data = await stream.read(block)
        events.append((time.monotonic(), len(data)))


async def write(stream: Stream, block: int) -> None:
    """Write blocks for ever; the far end notes what arrives."""
    data = bytes(block)
    while True:
        await stream.write(data)


async def hold_up(held: float, free: float) -> None:
    """Work that lets nobody else run for a while, then leaves the loop alone for a while."""
    while True:
        time.sleep(held)  # it is what is measured
        await anyio.sleep(free)


async def open_all(streams: Any, socks: list[Any]) -> list[Any]:
    """Streams whose far ends push, be it on request."""
    opened = [await streams.open(sock) for sock in socks]
    if hasattr(streams, "request"):
        for stream in opened:
            await streams.request(stream)
    return opened


async def pace_reading(task: dict[str, Any], streams: Any, socks: list[Any]) -> dict[str, Any]:
    """Read on all streams at once."""
    opened = await open_all(streams, socks)
    logs: list[list[pair.Event]] = [[] for _ in opened]
    throttled = streams.throttle(opened, task["limit"])
    meter, start = Meter(), time.monotonic()
    until = start + task["seconds"]
    with anyio.move_on_at(anyio.current_time() + task["seconds"]):
        async with anyio.create_task_group() as tasks:
            if "busy" in task:
                tasks.start_soon(hold_up, *task["busy"])
            for stream, block, log in zip(throttled, task["blocks"], logs, strict=True):
                tasks.start_soon(read, stream, block, until, log)
            await anyio.sleep_until(anyio.current_time() + task["seconds"])
            tasks.cancel_scope.cancel()
    used = meter.read()
    return {**window.figures(logs, start, task["seconds"], task["limit"]), **used}


async def pace_writing(task: dict[str, Any], streams: Any, far: pair.Drain) -> dict[str, Any]:
    """Write on one stream; what the far end saw is judged."""
    throttled = streams.throttle([await streams.open(far.sock)], task["limit"])
    meter, start = Meter(), time.monotonic()
    with anyio.move_on_after(task["seconds"]):
        await write(throttled[0], task["blocks"][0])
    used = meter.read()
    closing = streams.close(throttled[0])
    if closing is not None:
        await closing
    events = await anyio.to_thread.run_sync(far.events)
    return {**window.figures([events], start, task["seconds"], task["limit"]), **used}


async def react(task: dict[str, Any], streams: Any, socks: list[Any]) -> dict[str, Any]:
    """Change the limit while all streams wait; how long until each of them moves again?"""
    throttled = streams.throttle(await open_all(streams, socks), task["limit"])
    logs: list[list[pair.Event]] = [[] for _ in throttled]
    changed = 0.0
    until = time.monotonic() + task["seconds"]
    with anyio.move_on_after(task["seconds"]):
        async with anyio.create_task_group() as tasks:
            for stream, block, log in zip(throttled, task["blocks"], logs, strict=True):
                tasks.start_soon(read, stream, block, until, log)
            await anyio.sleep(0.5)
            changed = time.monotonic()
            streams.change(task["new_limit"])
            while not all(log and log[-1][0] >= changed for log in logs):
                await anyio.sleep(0.01)
            tasks.cancel_scope.cancel()
    waits = [
        next((at - changed for at, _ in log if at >= changed), task["seconds"] - 0.5)
        for log in logs
    ]
    return {"first_ms": min(waits) * 1000, "last_ms": max(waits) * 1000}


def main() -> None:
    """Fork the far ends first, then start the loop."""
    task = job()
    streams = importlib.import_module(f"benchmarks.children.{task['library']}_streams").Streams()
    writing = task["direction"] == "write"
    far = pair.drain() if writing else None
    waits = hasattr(streams, "request")
    socks = [] if writing else [pair.feeder(on_request=waits) for _ in task["blocks"]]
    result: dict[str, Any] = {}

    async def measured() -> None:
        if far is not None:
            result.update(await pace_writing(task, streams, far))
        elif task.get("new_limit"):
            result.update(await react(task, streams, socks))
        else:
            result.update(await pace_reading(task, streams, socks))

    meter = Meter()
    run(task["backend"], measured)
    tell(**{**meter.read(), **result})


if __name__ == "__main__":
    main()
