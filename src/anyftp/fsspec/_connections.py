"""The pool of a file system, and the streams that open files keep in it between two reads.

A file that is read piece by piece goes on with one RETR. Between two pieces it keeps a client, and
its readers may be many more than the server lets in; so whoever has to wait for a client takes
one of these, and the file begins anew where it was.
"""

from __future__ import annotations

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
)

#: What is read off and dropped rather than that a new transfer is begun behind it.
_SKIP_BYTES = 128 * 1024

_BLOCK_BYTES = 1024 * 1024

_BROKEN = (
    ConnectionLost,
    DataConnectionError,
    FTPTimeoutError,
    TimeoutError,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
)


class Connections(ClientPool):
    """A pool from which streams that are only kept can be taken back."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._kept: dict[Reader, None] = {}

    async def make_room(self) -> bool:
        """Have the reader that has waited longest give its client back."""
        for reader in self._kept:
            await reader.aclose()
            return True
        return False

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
                await self._close()
                await self._open(start)
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
        stream, self._stream = self._stream, None
        loan, self._loan = self._loan, None
        try:
            if stream is not None:
                await stream.abandon()
        except FTPError:
            pass  # the client is of no use any more, as the pool will see
        finally:
            if loan is not None:
                with anyio.CancelScope(shield=True):
                    await loan.__aexit__(None, None, None)

    async def aclose(self) -> None:
        """Give the client back, if there is one; a later read gets another.

        Cancellation: closed nonetheless.
        """
        self._connections.take_up(self)
        await self._close()


async def read_up_to(stream: DataConnectionThrottleStreamIO, nbytes: int) -> bytes:
    """So many bytes, or fewer at the end."""
    blocks = []
    while nbytes and (block := await stream.read(min(nbytes, _BLOCK_BYTES))):
        blocks.append(block)
        nbytes -= len(block)
    return b"".join(blocks)
