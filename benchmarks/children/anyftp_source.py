"""anyftp's streams over a stream that is always ready, or over a socket."""

import socket
from collections.abc import Awaitable, Callable

from anyftp._streams import OptimisticStream, SocketStream, StreamIO, ThrottleStreamIO
from anyftp._throttle import StreamThrottle


class ReadyStream(OptimisticStream):
    """The same block at once, for ever."""

    def __init__(self, block: bytes) -> None:
        super().__init__()
        self._block = block

    def try_receive_into(self, view: memoryview) -> int:
        """Claims to have filled the view."""
        return len(view)

    def try_receive(self, max_bytes: int) -> bytes:
        """The block."""
        return self._block if max_bytes >= len(self._block) else self._block[:max_bytes]

    def try_send(self, view: memoryview) -> int:
        """Takes everything."""
        return len(view)

    async def until_readable(self) -> None:
        """At once."""

    async def until_writable(self) -> None:
        """At once."""

    def close(self) -> None:
        """Nothing to close."""

    async def send_eof(self) -> None:
        """Nothing to end."""

    async def aclose(self) -> None:
        """Nothing to close."""


async def reader(
    kind: str, block: int, sock: socket.socket | None, limit: int
) -> Callable[[int], Awaitable[bytes]]:
    """The read method of the wanted stack."""
    stream: OptimisticStream = ReadyStream(bytes(block))
    if sock is not None:
        sock.setblocking(False)
        stream = SocketStream(sock)
    throttles = {
        str(number): StreamThrottle.from_limits(None if kind == "unlimited" else limit)
        for number in range(4 if kind == "limited4" else 1)
    }
    match kind:
        case "bare":
            return stream.receive
        case "plain":
            return StreamIO(stream).read
        case "timeout":
            return StreamIO(stream, timeout=10).read
        case _:
            return ThrottleStreamIO(stream, throttles).read
