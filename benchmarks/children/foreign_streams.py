"""anyftp's throttled streams over anyio's own socket streams, of which anyftp knows nothing."""

import socket
from collections.abc import Sequence

from anyio import aclose_forcefully, create_task_group, wait_all_tasks_blocked
from anyio.abc import SocketStream

from anyftp._streams import ThrottleStreamIO
from anyftp._throttle import StreamThrottle, Throttle


class Streams:
    """Opens streams, puts one throttle on all of them, changes its limit."""

    def __init__(self) -> None:
        self._throttle = Throttle()

    async def open(self, sock: socket.socket) -> SocketStream:
        """anyio's stream for a connected socket."""
        sock.setblocking(False)
        return await SocketStream.from_socket(sock)

    async def request(self, stream: SocketStream) -> None:
        """Have the far end push.

        On one backend such a stream takes in all that comes until its first `receive` has waited;
        so that has to begin before the far end does, or memory has no bound.
        """
        async with create_task_group() as tasks:
            tasks.start_soon(stream.receive, 1)
            await wait_all_tasks_blocked()
            await stream.send(b"!")

    def throttle(self, opened: Sequence[SocketStream], limit: int) -> list[ThrottleStreamIO]:
        """A throttled stream on each, sharing one throttle for both directions."""
        self._throttle = Throttle(limit=limit)
        shared = {"shared": StreamThrottle(self._throttle, self._throttle)}
        return [ThrottleStreamIO(stream, dict(shared)) for stream in opened]

    def change(self, limit: int) -> None:
        """Set the limit of the shared throttle."""
        self._throttle.limit = limit

    async def close(self, stream: ThrottleStreamIO) -> None:
        """Close at once."""
        await aclose_forcefully(stream)
