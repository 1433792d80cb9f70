"""The core's streams in the form of asyncio's: `.reader` and `.writer` of the client's streams.

Reading goes straight to the core's stream, with one buffer for what a line or an exact read leaves
over; writing tries the socket at once. The classes are asyncio's own so that type checks agree.
"""

from __future__ import annotations

import asyncio
import io

import anyftp

from .._ground._translation import translated_errors
from ._asyncio_as_core import extra_info

BLOCK_BYTES = 65536
#: What reading to the end asks for at once.
WHOLE_BYTES = 1 << 18
#: This much is taken without giving way to others.
YIELD_BYTES = 1 << 19


class CoreReader(asyncio.StreamReader):
    """An `asyncio.StreamReader` that asks a stream of the core where it has nothing left.

    A data connection of the client's is read ahead of small reads by a block; the core counts what
    has come. Its throttles have been taken away, so what has come already is taken at once.

    Args:
        stream: the core's stream.
    """

    _buffer: bytearray  # asyncio's own

    def __init__(self, stream: anyftp.StreamIO) -> None:
        super().__init__(loop=asyncio.get_running_loop())
        self.core = stream
        self._data = stream if isinstance(stream, anyftp.DataConnectionThrottleStreamIO) else None
        self._block = b""  # what small reads have not asked for yet begins in it at `_start`,
        self._start = 0  # behind what is in asyncio's buffer: a copy less
        self._nbytes_at_once = 0

    async def read(self, n: int = -1) -> bytes:
        if n < 0:
            return await self._read_to_end()
        if self._buffer or not n:
            return await super().read(n)
        if self._start == len(self._block):
            data = await self._next(n if self._data is None else max(n, BLOCK_BYTES))
            if len(data) <= n:
                return data
            self._block, self._start = data, 0
        data = self._block[self._start : self._start + n]
        self._start += len(data)
        return data

    async def _read_to_end(self) -> bytes:
        gathered = io.BytesIO()  # grows in place, and gives away what it holds without a copy
        gathered.write(self._buffer)
        gathered.write(self._rest_of_block())
        self._buffer.clear()
        try:
            while data := await self._next(WHOLE_BYTES):
                gathered.write(data)
        except BaseException:
            self._buffer += gathered.getvalue()
            raise
        return gathered.getvalue()

    async def _wait_for_data(self, func_name: str) -> None:
        """What each of asyncio's ways to read calls for more."""
        if data := self._rest_of_block() or await self._next(BLOCK_BYTES):
            self.feed_data(data)

    def feed_eof(self) -> None:
        self._buffer += self._rest_of_block()
        super().feed_eof()

    def _rest_of_block(self) -> bytes:
        data = self._block[self._start :]
        self._block, self._start = b"", 0
        return data

    async def _next(self, nbytes: int) -> bytes:
        if self.at_eof():
            return b""
        data = self._at_once(nbytes)
        if data is None:
            self._nbytes_at_once = 0
            with translated_errors():
                data = await self.core.read(nbytes)
        if not data:
            self.feed_eof()
        return data

    def _at_once(self, nbytes: int) -> bytes | None:
        """What lies there already; None if that is nothing, or others have waited for long."""
        if self._data is None or self._nbytes_at_once > YIELD_BYTES:
            return None
        stream: anyftp.OptimisticStream = self._data.stream  # type: ignore[assignment]  # never less
        try:
            data = stream.try_receive(nbytes)
        except Exception:  # the stream's own call will say why
            return None
        if data:
            self._nbytes_at_once += len(data)
            self._data.nbytes_received += len(data)
        return data or None


class CoreTransport(asyncio.Transport):
    """An `asyncio.Transport` that writes to a stream of the core.

    What the socket does not take at once is kept for `CoreWriter.drain`.
    """

    def __init__(self, stream: anyftp.StreamIO) -> None:
        super().__init__()
        self._core = stream
        self._is_closing = False
        self._failure: Exception | None = None
        self.unsent = bytearray()

    @property
    def channel(self) -> anyftp.OptimisticStream:
        """The core's stream below throttles and time-outs."""
        stream: anyftp.OptimisticStream = self._core.stream  # type: ignore[assignment]  # never less
        return stream

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._is_closing or self._failure is not None:
            return
        view = memoryview(data)
        if view.format != "B" or view.ndim != 1 or not view.contiguous:
            view = view.cast("B")
        if not self.unsent:
            try_send = self.channel.try_send
            try:
                while view:
                    nbytes = try_send(view)
                    if nbytes == len(view):
                        return
                    if not nbytes:
                        break
                    view = view[nbytes:]
            except Exception as error:
                self._failure = error
                return
        self.unsent += view

    async def flush(self) -> None:
        """Send what was kept. Cancellation: breaks the stream."""
        with translated_errors():
            if self._failure is not None:
                raise self._failure
            if self.unsent or self.channel.has_unsent:
                data, self.unsent = self.unsent, bytearray()
                await self._core.write(data)

    def close(self) -> None:
        if not self._is_closing:
            self._is_closing = True
            self._core.close()

    def abort(self) -> None:
        """As `close`."""
        self.close()

    def is_closing(self) -> bool:
        return self._is_closing

    def can_write_eof(self) -> bool:
        """No: `finish` says that this was all."""
        return False

    def get_write_buffer_size(self) -> int:
        return len(self.unsent)

    def get_extra_info(self, name: str, default: object = None) -> object:
        stream = self.channel
        if isinstance(stream, anyftp.TLSStream):
            match name:
                case "ssl_object":
                    return stream.ssl_object
                case "sslcontext":
                    return stream.ssl_object.context
        found = extra_info(stream, name)
        return default if found is None else found


class CoreWriter(asyncio.StreamWriter):
    """An `asyncio.StreamWriter` that writes to a stream of the core."""

    def __init__(self, stream: anyftp.StreamIO, reader: CoreReader) -> None:
        self._core_transport = CoreTransport(stream)
        protocol = asyncio.StreamReaderProtocol(reader, loop=asyncio.get_running_loop())
        super().__init__(self._core_transport, protocol, reader, asyncio.get_running_loop())

    def __del__(self, *args: object) -> None:
        """Nothing: the core's stream belongs to the core's client."""

    async def drain(self) -> None:
        if self._core_transport.is_closing():
            raise ConnectionResetError("Connection lost")
        await self._core_transport.flush()

    async def wait_closed(self) -> None:
        await asyncio.sleep(0)
