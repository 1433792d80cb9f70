"""StreamIO over an asyncio reader and writer: time-outs, and nothing of its own in between.

There is no buffer here: what is not read stays in the reader, so calls on the reader and on the
stream may be mixed, and a read that times out or is cancelled loses nothing.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import Awaitable, Callable
from typing import Self, TypeVar

_Result = TypeVar("_Result")


class StreamIO:
    """A stream with time-outs.

    Args:
        reader: where bytes come from.
        writer: where bytes go to.
        timeout: seconds for reads and writes that have no time-out of their own.
        read_timeout: seconds for one read.
        write_timeout: seconds for one write.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        timeout: float | None = None,
        read_timeout: float | None = None,
        write_timeout: float | None = None,
    ) -> None:
        self.reader = reader
        self.writer = writer
        # As in aioftp, 0 is taken for not given.
        self.read_timeout: float | None = read_timeout or timeout
        self.write_timeout: float | None = write_timeout or timeout

    async def readline(self) -> bytes:
        r"""Read through the next b"\n", or to the end of the stream.

        Raises:
            asyncio.TimeoutError: `read_timeout` seconds passed.
            ValueError: the line is longer than the reader's limit.

        Cancellation: safe; what had come stays in the reader.
        """
        if self.read_timeout is None:
            return await self.reader.readline()
        return await _within(self.read_timeout, self.reader.readline)

    async def read(self, count: int = -1) -> bytes:
        r"""Read up to count bytes; with -1, to the end of the stream. b"" at the end.

        Raises:
            asyncio.TimeoutError: `read_timeout` seconds passed.

        Cancellation: safe; what had come stays in the reader.
        """
        if count < 0 and type(self.reader) is asyncio.StreamReader:
            return await _within(self.read_timeout, lambda: read_to_end(self.reader))
        if self.read_timeout is None:
            return await self.reader.read(count)
        return await _within(self.read_timeout, lambda: self.reader.read(count))

    async def readexactly(self, count: int) -> bytes:
        """Read count bytes.

        Raises:
            asyncio.IncompleteReadError: the stream ended before, with `.partial` and `.expected`.
            asyncio.TimeoutError: `read_timeout` seconds passed.

        Cancellation: safe; what had come stays in the reader.
        """
        return await _within(self.read_timeout, lambda: self.reader.readexactly(count))

    async def write(self, data: bytes) -> None:
        """Write all of data.

        Raises:
            asyncio.TimeoutError: `write_timeout` seconds passed; the writer keeps what is unsent.

        Cancellation: data will still be sent.
        """
        self.writer.write(data)
        if self.write_timeout is None:
            await self.writer.drain()
        else:
            await _within(self.write_timeout, self.writer.drain)

    def close(self) -> None:
        """Close the writer; it sends what it still has by itself."""
        self.writer.close()

    async def start_tls(
        self, sslcontext: ssl.SSLContext, server_hostname: str | None = None
    ) -> None:
        """Turn this connection into a TLS connection, in place.

        Args:
            sslcontext: what to trust.
            server_hostname: the name that the certificate must carry.

        Raises:
            ssl.SSLError: the certificate does not verify, or TLS cannot be agreed on.
            ConnectionError: plain bytes lie unread; they may have been slipped in by somebody to
                be taken for protected ones.

        Cancellation: breaks the connection.
        """
        if unread(self.reader):
            self.writer.close()
            raise ConnectionAbortedError("plain bytes lie unread where TLS is about to begin")
        await self.writer.start_tls(sslcontext, server_hostname=server_hostname)


class AsyncStreamIterator:
    """Iterates until a read gives nothing.

    Args:
        read_coro: called for each item.
    """

    def __init__(self, read_coro: Callable[[], Awaitable[bytes]]) -> None:
        self.read_coro = read_coro

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        """The next item. Cancellation: safe."""
        data = await self.read_coro()
        if data:
            return data
        raise StopAsyncIteration


async def read_to_end(reader: asyncio.StreamReader) -> bytes:
    """All that comes. Unlike `reader.read(-1)` this keeps everything in the reader until then."""
    try:
        return await reader.readexactly(sys.maxsize)
    except asyncio.IncompleteReadError as end:
        return end.partial


def unread(reader: asyncio.StreamReader) -> bytearray:
    """What has come and nobody has read: the reader's own, for asyncio lets nobody look."""
    buffer: bytearray = getattr(reader, "_buffer", bytearray())
    return buffer


async def _within(seconds: float | None, operation: Callable[[], Awaitable[_Result]]) -> _Result:
    if seconds is None:
        return await operation()
    async with asyncio.timeout(seconds):
        return await operation()
