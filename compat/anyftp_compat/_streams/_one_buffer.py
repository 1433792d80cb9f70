"""asyncio's reader, fed from one buffer: its transports make a new block for each arrival."""

from __future__ import annotations

import asyncio
import contextlib

#: As much as asyncio's readers take in before they pause their transport.
_BYTES = 1 << 17


class _OneBuffer(asyncio.BufferedProtocol):
    """Hands on to the protocol of asyncio's streams what their transport says and receives."""

    def __init__(self, behind: asyncio.StreamReaderProtocol) -> None:
        self._behind = behind
        self._view = memoryview(bytearray(_BYTES))

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._view

    def buffer_updated(self, nbytes: int) -> None:
        self._behind.data_received(self._view[:nbytes])  # type: ignore[arg-type]  # copied there

    def data_received(self, data: bytes) -> None:
        """For a transport that knows no buffers."""
        self._behind.data_received(data)

    def eof_received(self) -> bool | None:
        return self._behind.eof_received()

    def pause_writing(self) -> None:
        self._behind.pause_writing()

    def resume_writing(self) -> None:
        self._behind.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._behind.connection_lost(exc)


def receive_into_one_buffer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Have the transport of a download fill one buffer again and again.

    The reader gets the same bytes in the same order, and pauses its transport as before. TLS, and
    what is not asyncio's own, stays as it is.
    """
    if type(reader) is not asyncio.StreamReader or type(writer) is not asyncio.StreamWriter:
        return
    if writer.get_extra_info("sslcontext") is not None:
        return
    with contextlib.suppress(NotImplementedError):  # a transport of somebody's own
        protocol = writer.transport.get_protocol()
        if type(protocol) is asyncio.StreamReaderProtocol:
            writer.transport.set_protocol(_OneBuffer(protocol))
