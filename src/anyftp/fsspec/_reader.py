"""One open file that is read from here and there.

Who reads on gets more of one RETR. Who jumps begins another, and the next jump is prepared at once:
the transfer is broken off without waiting for the server's word on it, and the port of the next
data connection is asked for, so that both answers are there when they are needed. Where the server
is far away they are not, if the next jump comes at once; there two connections take turns.

Between two reads a file keeps its clients, and the files may be many more than the server lets in;
so whoever has to wait for a client takes those, and the file begins anew where it was.
"""

from __future__ import annotations

from collections import deque
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass

import anyio

from anyftp import (
    Client,
    ConnectionLost,
    DataConnectionError,
    DataConnectionThrottleStreamIO,
    FTPError,
    FTPTimeoutError,
    IncompleteReadError,
)
from anyftp.fsspec._connections import Connections

#: What is read off and dropped rather than that a new transfer is begun behind it.
_SKIP_BYTES = 128 * 1024

#: Where a transfer takes this long to begin, another connection is worthwhile; that is given up if
#: it takes this many times as long as the first one.
_NOTICEABLE_SECONDS = 0.01
_PATIENCE = 2.0

_BROKEN = (
    ConnectionLost,
    DataConnectionError,
    FTPTimeoutError,
    TimeoutError,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
)


@dataclass(slots=True, eq=False)
class _Kept:
    """A client that is kept, and the block to leave when it is given back."""

    client: Client
    loan: AbstractAsyncContextManager[Client]

    async def give_back(self) -> None:
        """Cancellation: given back nonetheless."""
        with anyio.CancelScope(shield=True):
            await self.loan.__aexit__(None, None, None)


class Reader:
    """One file that is read from here and there, one read at a time."""

    def __init__(self, connections: Connections, path: str, size: int) -> None:
        self._connections = connections
        self._path = path
        self._size = size
        self._position = 0
        self._reading: _Kept | None = None
        self._stream: DataConnectionThrottleStreamIO | None = None
        self._ready: deque[_Kept] = deque()
        self._has_begun = self._jumps = self._has_grown = False
        self._seconds_to_begin = 0.0
        self._turn = anyio.Lock(fast_acquire=True)

    async def read(self, start: int, end: int) -> bytes:
        """Read the bytes from start up to end; fewer if the file has fewer.

        Raises:
            FTPError: the server refused, or the connection broke, also a second time.

        Cancellation: safe; the stream is closed.
        """
        async with self._turn:
            self._connections.take_up(self)
            is_next = 0 <= start - self._position <= _SKIP_BYTES
            if self._stream is not None and is_next:
                with suppress(*_BROKEN):  # the server may have lost patience between two reads
                    return await self._go_on(start, end)
            self._jumps = self._has_begun and not is_next
            self._has_begun = True
            if self._stream is not None and self._jumps:
                with suppress(*_BROKEN):
                    await self._leave(self._stream)
            await self._close_stream()
            if self._jumps and not self._has_grown and self._seconds_to_begin > _NOTICEABLE_SECONDS:
                self._has_grown = True
                await self._grow()
            while self._ready:
                with suppress(*_BROKEN):
                    return await self._begin(self._ready.popleft(), start, end)
            return await self._begin(await self._another(), start, end)

    async def _grow(self) -> None:
        """Have one more client ready, if one can be had by itself."""
        self._connections.allow(len(self._ready) + 1)
        with (
            suppress(OSError, FTPError),
            anyio.move_on_after(_PATIENCE * self._connections.seconds_to_connect),
        ):
            loan = await self._connections.spare_client()
            if loan is not None:
                self._ready.append(_Kept(await loan.__aenter__(), loan))

    async def _another(self) -> _Kept:
        loan = self._connections.client()
        return _Kept(await loan.__aenter__(), loan)

    async def _begin(self, kept: _Kept, start: int, end: int) -> bytes:
        """Begin a transfer, and read from it."""
        self._reading = kept
        began = anyio.current_time()
        try:
            self._stream = await kept.client.download_stream(self._path, offset=start)
        except BaseException:
            await self._close_stream()
            raise
        self._seconds_to_begin = anyio.current_time() - began
        self._position = start
        return await self._go_on(start, end)

    async def _go_on(self, start: int, end: int) -> bytes:
        stream = self._stream
        assert stream is not None
        try:
            await read_up_to(stream, start - self._position)
            data = await read_up_to(stream, end - start)
            self._position = start + len(data)
            if self._position < end or end >= self._size:
                await stream.finish()
                await self._close_stream()
            elif self._jumps:
                await self._leave(stream)
        except BaseException:
            await self._close_stream()
            raise
        if self._connections.is_wanted:
            await self._close()
        elif self._stream is not None or self._ready:
            self._connections.keep(self)
        return data

    async def _leave(self, stream: DataConnectionThrottleStreamIO) -> None:
        """Have the client ready for another transfer, without waiting for it."""
        await stream.leave()
        assert self._reading is not None
        self._ready.append(self._reading)
        self._reading = self._stream = None

    async def _close_stream(self) -> None:
        """Break off what is not finished, and give its client back.

        Cancellation: not interrupted; it is bounded.
        """
        stream, reading = self._stream, self._reading
        self._stream = self._reading = None
        try:
            if stream is not None:
                await stream.abandon()
        except FTPError:
            pass  # the client is of no use any more, as the pool will see
        finally:
            if reading is not None:
                await reading.give_back()

    async def _close(self) -> None:
        await self._close_stream()
        while self._ready:
            await self._ready.popleft().give_back()

    async def aclose(self) -> None:
        """Give the clients back, if there are some; a later read gets others.

        Cancellation: closed nonetheless.
        """
        self._connections.take_up(self)
        await self._close()


async def read_up_to(stream: DataConnectionThrottleStreamIO, nbytes: int) -> bytes:
    """This many bytes, or fewer at the end."""
    if not nbytes:
        return b""
    try:
        return await stream.readexactly(nbytes)
    except IncompleteReadError as error:
        return error.partial
