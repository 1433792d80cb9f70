"""The transfers of the demo: four ways to move a file, each timed and its copy compared.

The server runs beside the client in the same loop, so the CPU seconds are those of both. Under a
limit the bytes come from memory and go to memory: what is measured is the throttle, and no disk.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import anyio.to_thread

from anyftp import Client
from anyftp._cli._display._plot import RateHistory

BLOCK = 1 << 18
#: Under a limit, so that the rate over time shows.
SMALL_BLOCK = 1 << 14
SLOT_SECONDS = 0.1

#: Told how many bytes have moved so far.
Meter = Callable[[int], None]


@dataclass(slots=True)
class Measurement:
    """What one transfer came to.

    Attributes:
        backend: the loop it ran on.
        way: the method that moved the file.
        asked: the limit in bytes per second, None for unthrottled.
        copy: the file that came of it.
        is_equal: whether the copy's SHA-256 is the original's.
        problem: what went wrong, "" if nothing.
        history: when the bytes moved, where there is a limit.
    """

    backend: str
    way: str
    asked: int | None
    copy: Path
    nbytes: int = 0
    seconds: float = 0.0
    history: RateHistory = field(default_factory=lambda: RateHistory(SLOT_SECONDS))
    cpu_seconds: float = 0.0
    is_equal: bool = False
    problem: str = field(default="")

    @property
    def rate(self) -> float:
        """Bytes per second from the call to its return."""
        return self.nbytes / self.seconds if self.seconds else 0.0

    @property
    def error(self) -> float | None:
        """By how much the rate misses the one asked for; 0.01 is 1 % too fast."""
        return self.rate / self.asked - 1 if self.asked and self.seconds else None


async def upload(client: Client, local: Path, remote: str, meter: Meter) -> None:
    """Upload by the whole-file call."""
    await client.upload(local, remote, progress=lambda progress: meter(progress.nbytes))


async def download(client: Client, local: Path, remote: str, meter: Meter) -> None:
    """Download by the whole-file call."""
    await client.download(remote, local, progress=lambda progress: meter(progress.nbytes))


async def upload_stream(client: Client, local: Path, remote: str, meter: Meter) -> None:
    """Upload block by block through a stream."""
    moved = 0
    async with client.upload_stream(remote) as stream, await anyio.open_file(local, "rb") as file:
        while block := await file.read(BLOCK):
            await stream.write(block)
            moved += len(block)
            meter(moved)


async def download_stream(client: Client, local: Path, remote: str, meter: Meter) -> None:
    """Download block by block through a stream."""
    moved = 0
    async with client.download_stream(remote) as stream, await anyio.open_file(local, "wb") as file:
        async for block in stream.iter_by_block(BLOCK):
            await file.write(block)
            moved += len(block)
            meter(moved)


async def send_limited(client: Client, data: bytes, remote: str, meter: Meter) -> None:
    """Upload from memory through a stream."""
    async with client.upload_stream(remote) as stream:
        meter(0)
        for start in range(0, len(data), SMALL_BLOCK):
            await stream.write(data[start : start + SMALL_BLOCK])
            meter(min(start + SMALL_BLOCK, len(data)))


async def receive_limited(client: Client, remote: str, meter: Meter) -> bytes:
    """Download to memory through a stream."""
    received = bytearray()
    async with client.download_stream(remote) as stream:
        meter(0)
        async for block in stream.iter_by_block(SMALL_BLOCK):
            received += block
            meter(len(received))
    return bytes(received)


Way = Callable[[Client, Path, str, Meter], Awaitable[None]]
UPLOADS: tuple[Way, ...] = (upload, upload_stream)
WAYS: tuple[Way, ...] = (upload, download, upload_stream, download_stream)


def name_of(way: Way) -> str:
    """The method as a reader would call it."""
    return way.__name__


async def digest(path: Path) -> str:
    """SHA-256 of a file, off the event loop."""
    return await anyio.to_thread.run_sync(_digest, path)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def timed(measurement: Measurement, transfer: Callable[[], Awaitable[None]]) -> None:
    """Run one transfer and note its bytes, its seconds and the CPU seconds of this process."""
    cpu, started = time.process_time(), time.perf_counter()
    await transfer()
    measurement.seconds = time.perf_counter() - started
    measurement.cpu_seconds = time.process_time() - cpu
    measurement.nbytes = measurement.copy.stat().st_size
