"""The one copy loop: the only way in which data moves between a stream and a file.

What is in memory, and the first block that comes, goes through the stream's own calls, which is all
that a small file needs. What is longer is copied in a worker thread between socket and file
(`_slices`), by the kernel where it can. Where the stream is no bare socket, the file no
real one, a throttle wants to see each block or grants but small ones, it goes through one reused
block of a MiB at most, with one hop to a worker a block on the file's side. Memory is constant in
the file's size.
"""

from __future__ import annotations

import math
import socket
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial

import anyio

from anyftp._streams import _slices
from anyftp._streams._any_file import ReadableFile, WritableFile, file_error
from anyftp._streams._slices import FileFailed, Outcome, SlicedCopy
from anyftp._streams._socket import SocketStream
from anyftp._streams._stream import Direction, StreamIO
from anyftp._streams._tls import TLSStream

FIRST_BLOCK_BYTES = 65536
BLOCK_BYTES = 1 << 20
_SEND_BYTES = 262144

#: Below such a limit a grant is copied by the event loop in less time than a hop to a worker takes:
#: for 2 MB/s in 0.6 of it, for 20 MB/s in 0.9. Above it the kernel saves more than the hop costs.
_SLOW_BYTES_PER_SECOND = 32 << 20
#: What has come so long ago at most is not in the file yet, and one hop brings it there.
_BLOCK_SECONDS = 0.1
_LEAST_BLOCK_BYTES = 512

#: Asked for where nothing bounds a copy, and what is granted of it where no throttle has a limit.
_UNLIMITED = 1 << 62
_HARDLY_LIMITED = 1 << 61

Progress = Callable[[int], object]


@dataclass(slots=True, eq=False, repr=False)
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
    limit: int | None = None,
    progress: Progress | None = None,
    stats: CopyStats | None = None,
) -> int:
    """Copy a stream to its end into a file.

    Args:
        limit: stop after this many bytes; what comes behind them stays in the stream.
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
    copy = _Copy(stream, "read", progress, CopyStats() if stats is None else stats, limit)
    if not await copy.fill_and_write(file, min(FIRST_BLOCK_BYTES, copy.block_bytes())):
        await copy.go_on(file, lambda: copy.fill_and_write(file, copy.block_bytes()))
    return copy.stats.nbytes - copy.start


async def copy_from_file(
    file: ReadableFile,
    stream: StreamIO,
    *,
    limit: int | None = None,
    progress: Progress | None = None,
    stats: CopyStats | None = None,
) -> int:
    """Copy a file from its position to its end into a stream; the stream stays open.

    Args, returns and raises: as `copy_to_file`, for the other direction. A file that grows all the
    time has no end but a `limit`.

    Cancellation: interrupts the copy at once and leaves the stream broken.
    """
    copy = _Copy(stream, "write", progress, CopyStats() if stats is None else stats, limit)
    try:
        await copy.send_all(file)
        if copy.stats.nbytes == copy.start:  # what is sent tells by itself that it cannot be
            stream._check_whole()
    except BaseException:
        if copy.stats.nbytes > copy.start:
            stream._break_off()
        raise
    return copy.stats.nbytes - copy.start


class _Copy:
    """The state of one call: stream, figures, and the reused block."""

    def __init__(
        self,
        stream: StreamIO,
        direction: Direction,
        progress: Progress | None,
        stats: CopyStats,
        limit: int | None = None,
    ) -> None:
        self.stats = stats
        self.start = stats.nbytes
        self._limit = _UNLIMITED if limit is None else limit
        self._stream = stream
        self._direction: Direction = direction
        self._progress = progress
        self._block = memoryview(b"")

    def worker_fd(self, file: ReadableFile | WritableFile) -> int | None:
        """The file's descriptor, if nothing forbids to copy past the stream's own calls."""
        stream = self._stream
        if not _slices.IS_AVAILABLE or self._socket_stream() is None or stream.nbytes_buffered:
            return None
        fd = None if self._is_watched() else file.fileno()
        is_read = self._direction == "read"
        return fd if fd is not None and _slices.is_ordinary(fd, is_read=is_read) else None

    async def send_all(self, file: ReadableFile) -> None:
        """Send a file from its position to its end."""
        take_rest = getattr(file, "take_rest", None)
        rest: memoryview | None = None if take_rest is None else take_rest()
        if rest is not None:
            await self._send_pieces(rest[: self._left])
        else:
            await self._send_blocks(file, is_large=take_rest is not None)
        await self._stream._end(self._direction)

    async def _send_blocks(self, file: ReadableFile, *, is_large: bool) -> None:
        """Send a file, in a worker if it is known to be large or is found to be."""
        size = nbytes = min(FIRST_BLOCK_BYTES, self.block_bytes())
        if not is_large:
            nbytes = await self.read_and_send(file, size)
        if nbytes < size and self.worker_fd(file) is not None:  # an ordinary file gives all it has
            nbytes = 0

        async def send_block() -> bool:
            nonlocal nbytes  # a short file is worth no large block, which costs more than it
            size = FIRST_BLOCK_BYTES if nbytes < FIRST_BLOCK_BYTES else BLOCK_BYTES
            nbytes = await self.read_and_send(file, min(size, self.block_bytes()))
            return not nbytes

        if nbytes:
            await self.go_on(file, send_block)

    async def fill_and_write(self, file: WritableFile, size: int) -> bool:
        """Fill a block from the stream, write it; returns whether that was all."""
        size = min(size, self._left)
        block = self._sized(size)[:size]
        filled = 0
        is_at_end = not size
        began = self._clock()
        try:
            while filled < size and not is_at_end:
                nbytes = await self._stream.read_into(block[filled:])
                filled += nbytes
                is_at_end = not nbytes
                self._report(nbytes)
        except Exception:  # no cancellation: what has come may be worth keeping
            await self._write(file, block[:filled], began)
            raise
        await self._write(file, block[:filled], began)
        return is_at_end or not self._left

    async def _write(
        self, file: WritableFile, block: memoryview, began: tuple[float, float]
    ) -> None:
        now, _ = self._count(began)
        if block:
            await file.write(block)
            self.stats.seconds_disk += anyio.current_time() - now

    async def read_and_send(self, file: ReadableFile, size: int) -> int:
        """Read a block from the file, send it; returns how many bytes, 0 at the file's end."""
        began = anyio.current_time()
        if not (size := min(size, self._left)):
            return 0
        nbytes = await file.readinto(self._sized(size)[:size])
        self.stats.seconds_disk += anyio.current_time() - began
        await self._send_pieces(self._block[:nbytes])
        return nbytes

    async def _send_pieces(self, data: memoryview) -> None:
        for start in range(0, data.nbytes, _SEND_BYTES):
            await self._send(data[start : start + _SEND_BYTES])

    async def _send(self, piece: memoryview) -> None:
        began = self._clock()
        await self._stream.write(piece)
        self._count(began)
        self._report(piece.nbytes)

    async def go_on(
        self, file: ReadableFile | WritableFile, copy_block: Callable[[], Awaitable[bool]]
    ) -> None:
        """Copy to the end: in a worker where nothing forbids it, and else block by block.

        Args:
            copy_block: says whether that was all.
        """
        may_work = True
        while not (may_work and await self.in_worker(file, self.worker_fd(file))):
            may_work = self._is_watched()  # which may end: limits are changed as one likes
            if await copy_block():
                break

    async def in_worker(self, file: ReadableFile | WritableFile, fd: int | None) -> bool:
        """Copy to the end in a worker thread by the first way that works; False if none does."""
        if fd is None:
            return False
        for way in self._ways():
            try:
                copy = way(fd)
            except OSError:  # no descriptors left; without a worker none are needed
                return False
            copy.limiter = getattr(file, "limiter", None)
            with copy:
                try:
                    with self._stream._alone(self._direction):
                        if self._direction == "write":
                            self._stream._check_whole()
                        is_done = await self._drive(copy)
                except FileFailed as failure:
                    raise file_error(file, failure) from failure.__cause__
                if copy.unsent or self._stream._channel.has_unsent:
                    await self._send(copy.unsent)
                if is_done:
                    return True
        return False

    def _ways(self) -> Iterator[Callable[[int], SlicedCopy]]:
        """What copies between the stream and a descriptor, the quickest first."""
        is_read, channel = self._direction == "read", self._stream._channel
        if isinstance(channel, TLSStream):
            from anyftp._streams._record_slices import DecryptAndWrite, ReadAndEncrypt

            yield partial(DecryptAndWrite if is_read else ReadAndEncrypt, channel)
            return
        for way in _slices.incoming() if is_read else _slices.outgoing():
            yield partial(way, self._raw_socket())

    async def _drive(self, copy: SlicedCopy) -> bool:
        """Copy to the end; False if it has to go on by other means."""
        while not self._is_watched():
            if not self._left:
                return True
            outcome = await self._slice(copy)
            if outcome is Outcome.UNSUPPORTED:
                return False
            if outcome is Outcome.END:
                if self._direction == "read":
                    await self._stream._end("read")
                return True
            if outcome is Outcome.BLOCKED:
                began = anyio.current_time()
                await self._stream._until_ready(self._direction)
                self.stats.seconds_network += anyio.current_time() - began
        return False

    async def _slice(self, copy: SlicedCopy) -> Outcome:
        began = self._clock()
        stream, direction = self._stream, self._direction
        granted = stream._admit_at_once(direction, self._left)
        granted = granted or await stream._admit(direction, self._left)
        before = copy.nbytes
        try:
            self._raw_socket()  # it may have been closed meanwhile; the copy has a duplicate
            outcome = await copy.run_slice(None if granted >= _HARDLY_LIMITED else granted)
        except OSError as error:
            self._raw_socket()
            raise anyio.BrokenResourceError from error
        finally:
            moved = copy.nbytes - before
            stream._settle(direction, granted, moved)
            self._count(began)
            self.stats.nbytes += moved
        if moved:
            self._tell()
        return outcome

    @property
    def _left(self) -> int:
        """Bytes that may still be moved; about `_UNLIMITED` where there is no limit."""
        return self._limit - (self.stats.nbytes - self.start)

    def _socket_stream(self) -> SocketStream | None:
        """The socket whose bytes these are, in clear text or protected; None if it is none."""
        channel = self._stream._channel
        if isinstance(channel, TLSStream):
            return channel.socket_stream
        return channel if isinstance(channel, SocketStream) else None

    def _raw_socket(self) -> socket.socket:
        stream = self._socket_stream()
        assert stream is not None
        sock = stream.raw_socket
        if sock.fileno() < 0:
            raise anyio.ClosedResourceError
        return sock

    def block_bytes(self) -> int:
        """How much to have in memory: of a limited stream, what comes in a moment."""
        few = self._stream._lowest_limit(self._direction) * _BLOCK_SECONDS
        return int(min(BLOCK_BYTES, max(_LEAST_BLOCK_BYTES, few)))

    def _is_watched(self) -> bool:
        """Whether each block is to go through the stream's own calls.

        Hooks are told of each. And a limit asks for small ones, over TLS always: the event loop
        encrypts them in less time than a hop to a worker takes.
        """
        stream = self._stream
        slow = math.inf if isinstance(stream._channel, TLSStream) else _SLOW_BYTES_PER_SECOND
        return stream._has_hooks() or stream._lowest_limit(self._direction) < slow

    def _clock(self) -> tuple[float, float]:
        return anyio.current_time(), self._stream.seconds_throttled(self._direction)

    def _count(self, began: tuple[float, float]) -> tuple[float, float]:
        """Count the time since began as the throttle's or the network's; gives the present."""
        now, throttled = self._clock()
        self.stats.seconds_throttle += throttled - began[1]
        self.stats.seconds_network += now - began[0] - (throttled - began[1])
        return now, throttled

    def _sized(self, size: int) -> memoryview:
        if self._block.nbytes < size:
            self._block = memoryview(bytearray(size))
        return self._block

    def _report(self, nbytes: int) -> None:
        if nbytes:
            self.stats.nbytes += nbytes
            self._tell()

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self.stats.nbytes - self.start)
