"""The core's streams in the form of asyncio's: `.reader` and `.writer` of the client's streams.

Reading goes straight to the core's stream, with one buffer for what a line or an exact read leaves
over; writing tries the socket at once. The classes are asyncio's own so that type checks agree.
"""

from __future__ import annotations

import asyncio
import io
from typing import Any

import anyftp

from .._ground._translation import translated_errors
from ._asyncio_as_core import extra_info

#: Longest line that `readline` returns; asyncio's own limit is the same.
MAX_LINE_BYTES = 65536
BLOCK_BYTES = 65536
#: What reading to the end asks for at once.
WHOLE_BYTES = 1 << 18
#: So much is taken without giving way to others.
YIELD_BYTES = 1 << 19


class CoreReader(asyncio.StreamReader):
    """An `asyncio.StreamReader` that reads from a stream of the core.

    A data connection of the client's is read ahead of small reads by a block; the core counts what
    has come. Its throttles have been taken away, so what has come already is taken at once.

    Args:
        stream: the core's stream.
        is_empty: whether nothing will ever come, as on the data connection of an upload.
    """

    def __init__(self, stream: anyftp.StreamIO, *, is_empty: bool = False) -> None:
        super().__init__(loop=asyncio.get_running_loop())
        self.core = stream
        self._data = stream if isinstance(stream, anyftp.DataConnectionThrottleStreamIO) else None
        self._block = b""  # what has come and was not asked for yet begins in it at `_start`
        self._start = 0
        self._is_at_end = is_empty
        self._nbytes_at_once = 0

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.core!r}>"

    def end(self) -> None:
        """Nothing more comes; what has come can still be read."""
        self._is_at_end = True

    def at_eof(self) -> bool:
        return self._is_at_end and self._start == len(self._block)

    async def read(self, n: int = -1) -> bytes:
        if n < 0:
            return await self._read_to_end()
        if self._start == len(self._block) and n:
            data = await self._next(n if self._data is None else max(n, BLOCK_BYTES))
            if len(data) <= n:
                return data
            self._block, self._start = data, 0
        return self._take(n)

    async def _read_to_end(self) -> bytes:
        gathered = io.BytesIO()  # grows in place, and gives away what it holds without a copy
        gathered.write(self._take(len(self._block)))
        try:
            while data := await self._next(WHOLE_BYTES):
                gathered.write(data)
        except BaseException:
            self._block, self._start = gathered.getvalue(), 0
            raise
        return gathered.getvalue()

    async def readline(self) -> bytes:
        searched = 0
        while not (end := self._block.find(b"\n", self._start + searched) + 1):
            searched = len(self._block) - self._start
            if searched > MAX_LINE_BYTES:
                raise ValueError(f"no line ending within {MAX_LINE_BYTES} bytes")
            if not await self._receive():
                return self._take(searched)
        return self._take(end - self._start)

    async def readexactly(self, n: int) -> bytes:
        if n < 0:
            raise ValueError("readexactly size can not be less than zero")
        while len(self._block) - self._start < n:
            if not await self._receive(n):
                raise asyncio.IncompleteReadError(self._take(n), n)
        return self._take(n)

    async def readuntil(self, separator: Any = b"\n") -> bytes:
        searched = 0
        while (place := self._block.find(separator, self._start + searched)) < 0:
            searched = max(0, len(self._block) - self._start + 1 - len(separator))
            if not await self._receive():
                raise asyncio.IncompleteReadError(self._take(len(self._block)), None)
        return self._take(place + len(separator) - self._start)

    async def _receive(self, wanted: int = 0) -> bool:
        """Put more behind the block; False at the end of the stream."""
        missing = wanted - (len(self._block) - self._start)
        data = await self._next(max(missing, BLOCK_BYTES))
        self._block, self._start = self._block[self._start :] + data, 0
        return bool(data)

    async def _next(self, nbytes: int) -> bytes:
        if self._is_at_end:
            return b""
        data = self._at_once(nbytes)
        if data is None:
            self._nbytes_at_once = 0
            with translated_errors():
                data = await self.core.read(nbytes)
        self._is_at_end = self._is_at_end or not data
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

    def _take(self, count: int) -> bytes:
        data = self._block[self._start : self._start + count]
        self._start += len(data)
        return data


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

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        stream: Any = self.channel
        match name:
            case "ssl_object":
                return getattr(stream, "ssl_object", default)
            case "sslcontext":
                return getattr(getattr(stream, "ssl_object", None), "context", default)
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
