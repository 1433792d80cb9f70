"""trio's streams under the names that anyio has for calls and errors.

Loaded when a stream of trio's comes in, and never before.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import anyio
import trio
from anyio.abc import ByteStream, SocketAttribute

from anyftp._streams._flow import MAX_RECEIVE_BYTES
from anyftp._streams._optimistic import reset_when_closed
from anyftp._streams._trio_stream import TrioStream


class FromTrio(ByteStream):
    """A stream of trio's as one of anyio's.

    The extra attributes are those of the socket below it, except the socket itself: trio's is not
    the standard library's.

    Args:
        stream: the stream to wrap; it is owned from now on.
    """

    def __init__(self, stream: TrioStream) -> None:
        self._stream = stream

    async def receive(self, max_bytes: int = MAX_RECEIVE_BYTES) -> bytes:
        """Receive at least one byte.

        Raises:
            anyio.EndOfStream: the peer has ended the stream.
            anyio.BrokenResourceError: the connection broke.

        Cancellation: that of the stream below.
        """
        with _in_words_of_anyio():
            data = await self._stream.receive_some(max_bytes)
        if not data:
            raise anyio.EndOfStream
        return bytes(data)

    async def send(self, item: bytes) -> None:
        """Send all of item. Cancellation: that of the stream below."""
        with _in_words_of_anyio():
            await self._stream.send_all(item)

    async def send_eof(self) -> None:
        """End sending, if the stream can be half-closed. Cancellation: that of the stream below."""
        send_eof = getattr(self._stream, "send_eof", None)
        if send_eof is None:
            raise NotImplementedError(f"{type(self._stream).__name__} cannot be half-closed")
        with _in_words_of_anyio():
            await send_eof()

    async def aclose(self) -> None:
        """Close the stream below. Cancellation: that of the stream below."""
        with _in_words_of_anyio():
            await self._stream.aclose()

    def close(self) -> None:
        """Close the socket at once, if there is one below; others need `aclose`."""
        sock = _socket_below(self._stream)
        if sock is not None:
            sock.close()

    def end_in_reset(self) -> None:
        """Have the connection end in a reset when it is closed, if there is a socket below."""
        sock = _socket_below(self._stream)
        if sock is not None:
            reset_when_closed(sock)

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        sock = _socket_below(self._stream)
        if sock is None:
            return {}
        attributes: dict[Any, Callable[[], Any]] = {
            SocketAttribute.family: lambda: sock.family,
            SocketAttribute.local_address: sock.getsockname,
            SocketAttribute.remote_address: sock.getpeername,
        }
        if sock.family in (trio.socket.AF_INET, trio.socket.AF_INET6):
            attributes[SocketAttribute.local_port] = lambda: sock.getsockname()[1]
            attributes[SocketAttribute.remote_port] = lambda: sock.getpeername()[1]
        return attributes


def _socket_below(stream: object) -> Any:
    """The socket under any number of `trio.SSLStream`s; None if there is none."""
    while isinstance(stream, trio.SSLStream):
        stream = stream.transport_stream
    return stream.socket if isinstance(stream, trio.SocketStream) else None


@contextlib.contextmanager
def _in_words_of_anyio() -> Iterator[None]:
    try:
        yield
    except trio.BrokenResourceError as error:
        raise anyio.BrokenResourceError(*error.args) from error
    except trio.ClosedResourceError as error:
        raise anyio.ClosedResourceError(*error.args) from error
    except trio.BusyResourceError as error:
        raise anyio.BusyResourceError("using") from error
