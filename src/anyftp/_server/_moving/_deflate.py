"""MODE Z (draft-preston-ftpext-deflate-04): what goes over a data connection is one zlib stream.

A layer between the data connection's throttles and time-outs, which see the compressed bytes, and
whoever transfers, who sees the file's. It holds one compressed block and no more than a block of
what comes out of it, however much that would be in the end: a bomb fills the disk (quotas are for
that), never the memory. Blocks are computed in worker threads, small ones at once.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import Any

import anyio
from anyio.abc import ByteStream

from anyftp._server._session._session import Session
from anyftp._streams import StreamIO

_WIRE_BYTES = 65536
_FILE_BYTES = 1 << 18
#: Up to here a hop to a worker thread and back costs more than the computing.
_AT_ONCE_BYTES = 4096


class BrokenDeflateError(anyio.BrokenResourceError):
    """What the peer has sent is no zlib stream, or not all of one, or more than one."""


class DeflateStream(ByteStream):
    """Compresses what is sent and decompresses what is received.

    Args:
        session: whose data connection it is.
        inner: the connection; owned from now on.
    """

    def __init__(self, session: Session, inner: StreamIO) -> None:
        self._session = session
        self._inner = inner
        self._compressor = zlib.compressobj(session.state.deflate_level)
        self._decompressor = zlib.decompressobj()
        self._wire = b""
        self._has_received = False
        self._has_more = False

    async def receive(self, max_bytes: int = _FILE_BYTES) -> bytes:
        """Receive at least one byte, at most max_bytes.

        Raises:
            anyio.EndOfStream: the zlib stream is complete and the connection has ended.
            BrokenDeflateError: the connection has ended and it is not, or it is no zlib stream.

        Cancellation: safe.
        """
        while True:
            if not (self._wire or self._has_more):
                self._wire = await self._inner.read(_WIRE_BYTES)
                if not self._wire:
                    self._check_complete()
                    raise anyio.EndOfStream
                self._has_received = True
            if data := await self._inflate(min(max_bytes, _FILE_BYTES)):
                return data

    async def _inflate(self, limit: int) -> bytes:
        decompressor = self._decompressor
        if decompressor.eof:
            raise BrokenDeflateError("bytes behind the end of the compressed data")
        try:
            data = await self._compute(decompressor.decompress, self._wire, limit)
        except zlib.error as error:
            raise BrokenDeflateError(str(error)) from error
        # What does not fit stays, part of it inside zlib where it cannot be seen.
        self._wire = decompressor.unconsumed_tail or decompressor.unused_data
        self._has_more = len(data) == limit and not decompressor.eof
        return data

    def _check_complete(self) -> None:
        # Some clients send nothing at all for an empty file.
        if self._has_received and not self._decompressor.eof:
            raise BrokenDeflateError("the compressed data ends too early")

    async def send(self, item: bytes | bytearray | memoryview) -> None:
        """Send all of item, or hold it until there is more to compress with it.

        Cancellation: breaks the stream.
        """
        view = memoryview(item)
        for start in range(0, view.nbytes, _FILE_BYTES):
            piece = view[start : start + _FILE_BYTES]
            if wire := await self._compute(self._compressor.compress, piece):
                await self._inner.write(wire)

    async def _compute(self, function: Callable[..., bytes], data: Any, *more: int) -> bytes:
        if len(data) <= _AT_ONCE_BYTES:
            return function(data, *more)
        return await self._session.compute(function, data, *more)

    async def send_eof(self) -> None:
        """Not there: a data connection is used in one direction, and ends by being closed."""
        raise NotImplementedError("a data connection ends by being closed")

    def close(self) -> None:
        """Close at once; what is held is lost."""
        self._inner.close()

    async def aclose(self) -> None:
        """Send what is held and the end of the zlib stream, unless something was received; close.

        Cancellation: closes all the same.
        """
        try:
            if not self._has_received:
                await self._inner.write(self._compressor.flush())
            await self._inner.aclose()
        finally:
            self._inner.close()

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        return self._inner.extra_attributes
