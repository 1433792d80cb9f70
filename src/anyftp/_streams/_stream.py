"""StreamIO: a byte stream with lines, exact reads and time-outs.

Bytes come and go by the primitives of `_flow`. What a line or an exact read took too much of stays
in `_buffer`, which every read empties first; so does what a cancelled read had gathered.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Never, Self

import anyio
from anyio.abc import ByteStream

from anyftp._streams._any_stream import (
    AnyStream,
    as_byte_stream,
    as_optimistic,
    refuse_reader_and_writer,
)
from anyftp._streams._errors import IncompleteReadError
from anyftp._streams._flow import MAX_RECEIVE_BYTES, Buffer, Pace, bytes_view
from anyftp._streams._flow import Direction as Direction
from anyftp._streams._optimistic import OptimisticStream
from anyftp._streams._timeouts import Budget
from anyftp._streams._tls_in_place import TLSInPlace

_ANY_TIME = (None, None, None, None)


class StreamIO(TLSInPlace, ByteStream):
    """A byte stream with time-outs, over any stream, and an `anyio.abc.ByteStream` itself.

    `read`, `readline`, `readexactly` and `write` are for those who know the end of a stream by b"",
    as files have it; `receive` and `send` are the same under the names that anyio's own wrappers
    use, with `anyio.EndOfStream` for the end. They may be mixed.

    A time-out bounds the time that one operation waits for the peer, in all its waits together;
    None means any time, 0 that it must succeed at once, with what is there or where there is room.
    Time spent waiting for a throttle does not count. All may be assigned later, and hold from the
    next operation on. One task may read while another writes; two in one direction get
    `anyio.BusyResourceError`.

    Args:
        stream: the stream to wrap, an `anyio.abc.ByteStream`, an `anyio.abc.ObjectStream` of
            bytes, or a stream of trio's; it is owned from now on.
        timeout: seconds for reads and writes that have no time-out of their own.
        read_timeout: seconds for one read.
        write_timeout: seconds for one write.
        stall_timeout: seconds in which nothing at all comes, or goes out; it bounds silence alone,
            however long an operation takes.
        max_line: longest line that `readline` accepts, in bytes, ending included.

    Raises:
        TypeError: stream is none of these, or a time-out is no number.
        ValueError: a time-out is negative, or not a number of seconds.
    """

    def __new__(cls, *arguments: object, **options: object) -> Self:
        # Said before Python finds fault with the form of the call, in words that tell nobody why.
        for argument in arguments:
            if isinstance(argument, ByteStream):
                break
        else:
            refuse_reader_and_writer(arguments)
        return super().__new__(cls)

    def __init__(
        self,
        stream: AnyStream,
        *others: Never,
        timeout: float | None = None,
        read_timeout: float | None = None,
        write_timeout: float | None = None,
        stall_timeout: float | None = None,
        max_line: int = 65536,
    ) -> None:
        if others:
            raise TypeError(
                "one stream must be given: a (reader, writer) pair is for anyftp_compat.StreamIO"
            )
        self.stream: ByteStream
        if isinstance(stream, OptimisticStream):  # one of ours, as most are
            self.stream = self._channel = stream
        else:
            self.stream = as_byte_stream(stream)
            self._channel = as_optimistic(self.stream)
        timeouts = (timeout, read_timeout, write_timeout, stall_timeout)
        if timeouts != _ANY_TIME:
            self._set_timeouts(*timeouts)
        self.max_line = max_line
        self._pace = Pace()
        self._reading = anyio.ResourceGuard("reading from")
        self._writing = anyio.ResourceGuard("writing to")
        self._buffer = bytearray()

    async def read(self, count: int = -1) -> bytes:
        """Read up to count bytes, at least one; with -1, everything to the end.

        Returns:
            The bytes; b"" at the end of the stream.

        Raises:
            TimeoutError: `read_timeout` seconds passed.
            anyio.BrokenResourceError: the connection broke.

        Cancellation: safe; what had come stays for the next read.
        """
        with self._reading:
            if count < 0:
                return await self._gather(None, self._budget("read"))
            if self._buffer or not count:
                await self._step()
                return self._unbuffer(count)
            return await self._take(count)

    async def read_into(self, buffer: bytearray | memoryview) -> int:
        """Read into the caller's buffer, without a block of its own.

        Returns:
            How many bytes, at least one; 0 at the end of the stream.

        Raises and cancellation: as `read`.
        """
        view = memoryview(buffer).cast("B")
        with self._reading:
            if self._buffer or not view.nbytes:
                await self._step()
                data = self._unbuffer(view.nbytes)
                view[: len(data)] = data
                return len(data)
            return await self._take_into(view)

    async def readline(self) -> bytes:
        r"""Read through the next b"\n".

        Returns:
            The line with its ending; what is left at the end of the stream; b"" after that.

        Raises:
            anyio.DelimiterNotFound: more than `max_line` bytes without a line ending; they stay
                in the stream.
            TimeoutError: `read_timeout` seconds passed before the line was whole.
            anyio.BrokenResourceError: the connection broke.

        Cancellation: safe; what had come of the line stays for the next read.
        """
        with self._reading:
            searched = 0
            budget: Budget | None = None
            while True:
                end = self._buffer.find(b"\n", searched, self.max_line) + 1
                if end:
                    if budget is None:
                        await self._step()
                    return self._unbuffer(end)
                searched = len(self._buffer)
                if searched >= self.max_line:
                    await self._step()
                    raise anyio.DelimiterNotFound(self.max_line)
                budget = budget or self._budget("readline")
                data = await self._take(MAX_RECEIVE_BYTES, budget)
                if not data:
                    return self._unbuffer(searched)
                self._buffer += data

    async def readexactly(self, count: int) -> bytes:
        """Read count bytes, no fewer.

        Raises:
            IncompleteReadError: the stream ended before; `.partial` holds what had come.
            TimeoutError: `read_timeout` seconds passed.
            ValueError: count is negative.
            anyio.BrokenResourceError: the connection broke.

        Cancellation: safe; what had come stays for the next read.
        """
        if count < 0:
            raise ValueError(f"count must be at least 0, not {count}")
        with self._reading:
            if len(self._buffer) >= count:
                await self._step()
                return self._unbuffer(count)
            data = await self._gather(count, self._budget("readexactly"))
            if len(data) < count:
                raise IncompleteReadError(data, count)
            return data

    async def write(self, data: Buffer) -> None:
        """Write all of data, from any buffer object.

        Raises:
            TimeoutError: `write_timeout` seconds passed; the stream is broken if a part went out.
            anyio.BrokenResourceError: the connection broke, or an earlier write was cut short.
            anyio.ClosedResourceError: the stream is closed, or `send_eof` has ended sending.

        Cancellation: breaks the stream if a part of data has gone out already.
        """
        view = bytes_view(data)
        with self._writing:
            await self._pace.step()
            self._check_whole()
            budget = self._budget("write")
            size = view.nbytes
            try:
                while view.nbytes:
                    view = view[await self._put(view, budget) :]
                    if view.nbytes:  # else all has gone out, and nothing can be cut any more
                        await self._pace.step()
                while self._channel.has_unsent:
                    await self._await_peer("write", budget)
            except BaseException as error:
                if view.nbytes < size or isinstance(error, anyio.BrokenResourceError):
                    self._break_off()
                raise

    async def _step(self) -> None:
        """What a call does that has nothing to wait for."""
        await self._pace.step()
        self._check_open()

    async def receive(self, max_bytes: int = MAX_RECEIVE_BYTES) -> bytes:
        """As `read`, but with anyio's sign for the end.

        Raises:
            anyio.EndOfStream: the peer has ended the stream.

        Cancellation: safe.
        """
        if max_bytes < 1:
            raise ValueError(f"max_bytes must be a positive integer, not {max_bytes}")
        data = await self.read(max_bytes)
        if not data:
            raise anyio.EndOfStream
        return data

    async def send(self, item: Buffer) -> None:
        """As `write`. Cancellation: breaks the stream if a part of item has gone out."""
        await self.write(item)

    async def send_eof(self) -> None:
        """Tell the peer that nothing more comes; reading goes on.

        Once that has been said, saying it again does nothing.

        Raises:
            TimeoutError: `write_timeout` seconds passed; the stream is broken then.
            anyio.BrokenResourceError: the connection broke, or an earlier write was cut short.

        Cancellation: breaks the stream, unless it comes before anything is done.
        """
        with self._writing:
            await self._step()
            if not self._channel.has_ended:
                self._check_whole()
                try:
                    await self._budget("send_eof").wait(self._channel.send_eof, is_try=True)
                except BaseException:
                    self._break_off()
                    raise

    def close(self) -> None:
        """Close at once, without close_notify; unread and unsent bytes are lost."""
        self._buffer.clear()
        self._channel.close()

    async def aclose(self) -> None:
        """Close in bounded time: a silent peer cannot hold it up.

        Cancellation: closes all the same.
        """
        try:
            await self._channel.aclose()
        finally:
            self._buffer.clear()

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        return self.stream.extra_attributes

    @property
    def nbytes_buffered(self) -> int:
        """How many bytes have been received and not read."""
        return len(self._buffer)

    @property
    def is_closed(self) -> bool:
        """Whether it was closed on this side."""
        return self._channel.is_closed

    def _check_open(self) -> None:
        if self._channel.is_closed:
            raise anyio.ClosedResourceError

    def _check_whole(self) -> None:
        channel = self._channel
        if channel.is_closed:
            raise anyio.ClosedResourceError
        if channel.has_ended:
            raise anyio.ClosedResourceError("sending has ended")
        if self._was_cut:
            raise anyio.BrokenResourceError("an earlier write was cut short")

    @contextmanager
    def _alone(self, direction: Direction) -> Iterator[None]:
        """For what moves bytes by other means than the methods here, as the kernel's copies do.

        Raises:
            anyio.BusyResourceError: another task is using this direction.
            anyio.BrokenResourceError: an earlier write was cut short.
        """
        with self._reading if direction == "read" else self._writing:
            if self._was_cut and direction == "write":
                self._check_whole()
            yield

    def _unbuffer(self, count: int) -> bytes:
        data = bytes(memoryview(self._buffer)[:count])
        del self._buffer[:count]
        return data

    async def _gather(self, count: int | None, budget: Budget) -> bytes:
        """Take count bytes, or all to the end; what has come stays if that does not succeed.

        They are put together once: the block that grows is the one that is given.
        """
        gathered = io.BytesIO()
        gathered.write(self._buffer)
        self._buffer.clear()
        try:
            while (missing := MAX_RECEIVE_BYTES if count is None else count - gathered.tell()) > 0:
                data = await self._take(missing, budget)
                if not data:
                    break
                gathered.write(data)
        except BaseException:
            if not self.is_closed:
                self._buffer[:0] = gathered.getbuffer()
            raise
        return gathered.getvalue()

    async def __aenter__(self) -> Self:
        return self
