"""The pool of a file system, and the streams that open files keep in it between two reads.

A file that is read piece by piece goes on with one RETR. Between two pieces it keeps a client, and
its readers may be many more than the server lets in; so whoever has to wait for a client takes
one of these, and the file begins anew where it was.
"""

from __future__ import annotations

import math
from typing import Any

import anyio

from anyftp import (
    Client,
    ClientPool,
    ConnectionLost,
    DataConnectionError,
    DataConnectionThrottleStreamIO,
    FTPError,
    FTPTimeoutError,
    IncompleteReadError,
)

#: What is read off and dropped rather than that a new transfer is begun behind it.
_SKIP_BYTES = 128 * 1024

#: Connections have to be short for so many times as long as one takes, and not longer than this.
_PATIENCE, _MOST_PATIENCE_SECONDS = 4, 0.5

#: Where breaking off takes so long, something else is done meanwhile.
_NOTICEABLE_SECONDS = 0.01

_BROKEN = (
    ConnectionLost,
    DataConnectionError,
    FTPTimeoutError,
    TimeoutError,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
)


class Connections(ClientPool):
    """A pool that grows slowly, and from which streams that are only kept can be taken back.

    Another connection is made when there have been more hands than connections for several times as
    long as one takes to be made: a hundred small files are there before a second login is.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._kept: dict[Reader, None] = {}
        self._allowed = 1
        self._short_since = self._last_short = -math.inf

    @property
    def limit(self) -> int:
        """How many connections there may be by now."""
        return min(super().limit, self._allowed)

    def allow(self, nconnections: int) -> None:
        """Let there be so many: whoever says so has enough to do for them."""
        self._allowed = max(self._allowed, nconnections)

    async def make_room(self) -> None:
        """Grow, or have the reader that has waited longest give its client back, or wait."""
        now = anyio.current_time()
        patience = min(_PATIENCE * self.seconds_to_connect, _MOST_PATIENCE_SECONDS)
        if now > self._last_short + patience:
            self._short_since = now
        self._last_short = now
        if self._allowed < super().limit and now >= self._short_since + patience:
            self._allowed *= 2
            self._short_since = now
        elif self._kept:
            await next(iter(self._kept)).aclose()
        elif self._allowed < super().limit:
            with anyio.move_on_after(self._short_since + patience - now):
                await super().make_room()
            self._last_short = anyio.current_time()
        else:
            await super().make_room()

    def keep(self, reader: Reader) -> None:
        """Note that a reader is between two reads."""
        self._kept[reader] = None

    def take_up(self, reader: Reader) -> None:
        """Note that a reader is about to read, or is over."""
        self._kept.pop(reader, None)

    async def aclose(self) -> None:
        for reader in list(self._kept):
            await reader.aclose()
        await super().aclose()


class Reader:
    """One file that is read from here and there, one read at a time."""

    def __init__(self, connections: Connections, path: str, size: int) -> None:
        self._connections = connections
        self._path = path
        self._size = size
        self._position = 0
        self._loan: Any = None
        self._stream: DataConnectionThrottleStreamIO | None = None
        self._turn = anyio.Lock()
        self._seconds_to_close = 0.0

    async def read(self, start: int, end: int) -> bytes:
        """Read the bytes from start up to end; fewer if the file has fewer.

        Raises:
            FTPError: the server refused, or the connection broke, also a second time.

        Cancellation: safe; the stream is closed.
        """
        async with self._turn:
            self._connections.take_up(self)
            if self._stream is not None:
                try:
                    return await self._read_on(start, end)
                except _BROKEN:
                    pass  # the server may have lost patience between two reads
            await self._open(start)
            return await self._read_on(start, end)

    async def _read_on(self, start: int, end: int) -> bytes:
        try:
            if not 0 <= start - self._position <= _SKIP_BYTES:
                await self._jump(start)
            stream = self._stream
            assert stream is not None
            await read_up_to(stream, start - self._position)
            data = await read_up_to(stream, end - start)
        except BaseException:
            await self._close()
            raise
        self._position = start + len(data)
        if self._position < end or end >= self._size:
            await self._finish()
        elif self._connections.is_wanted:
            await self._close()
        else:
            self._connections.keep(self)
        return data

    async def _jump(self, offset: int) -> None:
        """Begin elsewhere. Over a long way another client does so while this one breaks off."""
        if self._seconds_to_close < _NOTICEABLE_SECONDS:
            await self._close()
            await self._open(offset)
            return
        self._connections.allow(2)
        failure: Exception | None = None
        async with anyio.create_task_group() as group:
            group.start_soon(self._let_go, *self._leave())
            try:
                await self._open(offset)
            except (OSError, FTPError) as error:
                failure = error
        if failure is not None:
            raise failure

    async def _open(self, offset: int) -> None:
        loan = self._connections.client()
        client: Client = await loan.__aenter__()
        try:
            self._stream = await client.download_stream(self._path, offset=offset)
        except BaseException as error:
            await loan.__aexit__(type(error), error, error.__traceback__)
            raise
        self._loan, self._position = loan, offset

    async def _finish(self) -> None:
        """Hear the server's word that this was the end."""
        stream = self._stream
        try:
            if stream is not None:
                await stream.finish()
        finally:
            await self._close()

    async def _close(self) -> None:
        """Break off what is not finished, and give the client back.

        Cancellation: not interrupted; it is bounded.
        """
        await self._let_go(*self._leave())

    def _leave(self) -> tuple[DataConnectionThrottleStreamIO | None, Any]:
        """What has to be closed; the reader has nothing any more."""
        left = self._stream, self._loan
        self._stream = self._loan = None
        return left

    async def _let_go(self, stream: DataConnectionThrottleStreamIO | None, loan: Any) -> None:
        began = anyio.current_time()
        try:
            if stream is not None:
                await stream.abandon()
        except FTPError:
            pass  # the client is of no use any more, as the pool will see
        finally:
            if loan is not None:
                with anyio.CancelScope(shield=True):
                    await loan.__aexit__(None, None, None)
        self._seconds_to_close = anyio.current_time() - began

    async def aclose(self) -> None:
        """Give the client back, if there is one; a later read gets another.

        Cancellation: closed nonetheless.
        """
        self._connections.take_up(self)
        await self._close()


async def read_up_to(stream: DataConnectionThrottleStreamIO, nbytes: int) -> bytes:
    """So many bytes, or fewer at the end."""
    if not nbytes:
        return b""
    try:
        return await stream.readexactly(nbytes)
    except IncompleteReadError as error:
        return error.partial
