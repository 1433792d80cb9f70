"""aioftp's throttled streams over connected sockets."""

import asyncio
import socket
from collections.abc import Sequence
from typing import Any

import aioftp


class Streams:
    """Opens streams, puts one throttle on all of them, changes its limit."""

    def __init__(self) -> None:
        self._throttle = aioftp.Throttle()

    async def open(self, sock: socket.socket) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """asyncio's pair for a connected socket."""
        sock.setblocking(False)
        return await asyncio.open_connection(sock=sock)

    def throttle(self, opened: Sequence[Any], limit: int) -> list[Any]:
        """A throttled stream on each, sharing one throttle for both directions."""
        self._throttle = aioftp.Throttle(limit=limit)
        shared = {"shared": aioftp.StreamThrottle(self._throttle, self._throttle)}
        return [
            aioftp.ThrottleStreamIO(reader, writer, throttles=shared) for reader, writer in opened
        ]

    def change(self, limit: int) -> None:
        """Set the limit of the shared throttle."""
        self._throttle.limit = limit

    def close(self, stream: Any) -> None:
        """Close at once."""
        stream.writer.transport.abort()
