"""The one copy loop: the only way in which data moves between a stream and a file.

The first block goes through the stream's own calls, which is all that a small file needs. What is
longer is copied in a worker thread between socket and file (`_slices`), by the kernel where it can
(`_kernel`). Where the stream is no bare socket, the file no real one or a throttle wants to see
each block, it goes through one reused block of a MiB, with one hop to a worker a block on the
file's side. Memory is constant in the file's size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import anyio

from . import _kernel, _slices
from ._slices import Outcome, SlicedCopy
from ._socket import SocketStream
from ._stream import Direction, StreamIO
from ._throttled import ThrottleStreamIO

FIRST_BLOCK_BYTES = 65536
BLOCK_BYTES = 1 << 20
_SEND_BYTES = 262144

Progress = Callable[[int], object]


class ReadableFile(Protocol):
    """What `copy_from_file` reads."""

    async def readinto(self, buffer: memoryview) -> int:
        """Read at the file's position; returns how many bytes, 0 at the end only."""

    def fileno(self) -> int | None:
        """A descriptor that the kernel may read from its current position on, or None."""


class WritableFile(Protocol):
    """What `copy_to_file` writes."""

    async def write(self, data: memoryview) -> None:
        """Write all of data at the file's position."""

    def fileno(self) -> int | None:
        """A descriptor that the kernel may write at its current position, or None."""


@dataclass(slots=True)
class CopyStats:
    """Where the time of a copy went.

    Attributes:
        nbytes: moved so far.
        seconds_throttle: waiting for throttles.
        seconds_network: waiting for the peer, kernel copies included.
        seconds_disk: reading or writing the file.
    """

    nbytes: int = 0
    seconds_throttle: float = 0.0
    seconds_network: float = 0.0
    seconds_disk: float = 0.0


async def copy_to_file(
    stream: StreamIO,
    file: WritableFile,
    *,
    progress: Progress | None = None,
    stats: CopyStats | None = None,
) -> int:
    """Copy a stream to its end into a file.

    Args:
        progress: called on the event loop with the bytes moved so far, as it goes.
        stats: filled as it goes.

    Returns:
        How many bytes were copied.

    Raises:
        TimeoutError: the peer sent nothing for the stream's `read_timeout` seconds.
        anyio.BrokenResourceError: the connection broke.
        OSError: the file could not be written.

    Cancellation: interrupts the copy at once; what was received last may not be in the file.
    """
    copy = _Copy(stream, "read", progress, stats or CopyStats())
    if not await copy.fill_and_write(file, FIRST_BLOCK_BYTES):
        fd = copy.worker_fd(file)
        if fd is None or not await copy.in_worker(fd, _kernel.incoming()):
            while not await copy.fill_and_write(file, BLOCK_BYTES):
                pass
    return copy.stats.nbytes - copy.start


async def copy_from_file(
    file: ReadableFile,
    stream: StreamIO,
    *,
    progress: Progress | None = None,
    stats: CopyStats | None = None,
) -> int:
    """Copy a file from its position to its end into a stream; the stream stays open.

    Args, returns and raises: as `copy_to_file`, for the other direction.

    Cancellation: interrupts the copy at once and leaves the stream broken.
    """
    copy = _Copy(stream, "write", progress, stats or CopyStats())
    nbytes = await copy.read_and_send(file, FIRST_BLOCK_BYTES)
    fd = copy.worker_fd(file)
    if fd is not None and nbytes < FIRST_BLOCK_BYTES:  # a real file gives all it has
        nbytes = 0
    if nbytes and (fd is None or not await copy.in_worker(fd, _kernel.outgoing())):
        while await copy.read_and_send(file, BLOCK_BYTES):
            pass
    return copy.stats.nbytes - copy.start


class _Copy:
    """The state of one call: stream, figures, and the reused block."""

    def __init__(
        self, stream: StreamIO, direction: Direction, progress: Progress | None, stats: CopyStats
    ) -> None:
        self.stats = stats
        self.start = stats.nbytes
        self._stream = stream
        self._direction: Direction = direction
        self._progress = progress
        self._block = memoryview(b"")

    def worker_fd(self, file: ReadableFile | WritableFile) -> int | None:
        """The file's descriptor, if nothing forbids to copy past the stream's own calls."""
        stream = self._stream
        if (
            not _slices.IS_AVAILABLE
            or not isinstance(stream.stream, SocketStream)
            or stream.nbytes_buffered
        ):
            return None
        if isinstance(stream, ThrottleStreamIO) and stream.is_hooked:
            return None
        return file.fileno()

    async def fill_and_write(self, file: WritableFile, size: int) -> bool:
        """Fill a block from the stream, write it; returns whether the stream has ended."""
        block = self._sized(size)
        filled = 0
        is_at_end = False
        while filled < size and not is_at_end:
            began = anyio.current_time()
            nbytes = await self._stream.read_into(block[filled:])
            self.stats.seconds_network += anyio.current_time() - began
            filled += nbytes
            is_at_end = not nbytes
            self._report(nbytes)
        if filled:
            began = anyio.current_time()
            await file.write(block[:filled])
            self.stats.seconds_disk += anyio.current_time() - began
        return is_at_end

    async def read_and_send(self, file: ReadableFile, size: int) -> int:
        """Read a block from the file, send it; returns how many bytes, 0 at the file's end."""
        began = anyio.current_time()
        nbytes = await file.readinto(self._sized(size))
        self.stats.seconds_disk += anyio.current_time() - began
        for start in range(0, nbytes, _SEND_BYTES):
            piece = self._block[start : min(start + _SEND_BYTES, nbytes)]
            began = anyio.current_time()
            await self._stream.write(piece)
            self.stats.seconds_network += anyio.current_time() - began
            self._report(piece.nbytes)
        return nbytes

    async def in_worker(self, fd: int, ways: Sequence[type[SlicedCopy]]) -> bool:
        """Copy to the end in a worker thread by the first way that works; False if none does."""
        for way in ways:
            with way(self._socket().raw_socket, fd) as copy:
                if await self._drive(copy):
                    return True
        return False

    async def _drive(self, copy: SlicedCopy) -> bool:
        while True:
            outcome, moved = await self._slice(copy)
            self._report(moved)
            if outcome is Outcome.UNSUPPORTED:
                return False
            if outcome is Outcome.END:
                await self._stream.end(self._direction)
                return True
            if outcome is Outcome.BLOCKED:
                began = anyio.current_time()
                await self._stream.until_ready(self._direction)
                self.stats.seconds_network += anyio.current_time() - began

    async def _slice(self, copy: SlicedCopy) -> tuple[Outcome, int]:
        began = anyio.current_time()
        granted = await self._stream.admit(self._direction, _UNLIMITED)
        admitted = anyio.current_time()
        before = copy.nbytes
        try:
            outcome = await copy.run_slice(None if granted >= _UNLIMITED else granted)
        except ConnectionError as error:
            raise anyio.BrokenResourceError from error
        finally:
            moved = copy.nbytes - before
            self._stream.settle(self._direction, granted, moved)
            self.stats.seconds_throttle += admitted - began
            self.stats.seconds_network += anyio.current_time() - admitted
        return outcome, moved

    def _socket(self) -> SocketStream:
        assert isinstance(self._stream.stream, SocketStream)
        return self._stream.stream

    def _sized(self, size: int) -> memoryview:
        if self._block.nbytes < size:
            self._block = memoryview(bytearray(size))
        return self._block

    def _report(self, nbytes: int) -> None:
        self.stats.nbytes += nbytes
        if self._progress is not None and nbytes:
            self._progress(self.stats.nbytes - self.start)


_UNLIMITED = 1 << 60
