"""anyftp's throttled streams over connected sockets."""

import socket
from collections.abc import Sequence

from anyftp._streams import SocketStream, ThrottleStreamIO
from anyftp._throttle import StreamThrottle, Throttle


class Streams:
    """Opens streams, puts one throttle on all of them, changes its limit."""

    def __init__(self) -> None:
        self._throttle = Throttle()

    async def open(self, sock: socket.socket) -> SocketStream:
        """The library's own stream for a connected socket."""
        sock.setblocking(False)
        return SocketStream(sock)

    def throttle(self, opened: Sequence[SocketStream], limit: int) -> list[ThrottleStreamIO]:
        """A throttled stream on each, sharing one throttle for both directions."""
        self._throttle = Throttle(limit=limit)
        shared = {"shared": StreamThrottle(self._throttle, self._throttle)}
        return [ThrottleStreamIO(stream, dict(shared)) for stream in opened]

    def change(self, limit: int) -> None:
        """Set the limit of the shared throttle."""
        self._throttle.limit = limit

    def close(self, stream: ThrottleStreamIO) -> None:
        """Close at once."""
        inner = stream.stream
        assert isinstance(inner, SocketStream)
        inner.close()
