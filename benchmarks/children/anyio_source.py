"""anyio's own socket stream, for comparison."""

import socket
from collections.abc import Awaitable, Callable

from anyio.abc import SocketStream


async def reader(
    kind: str, block: int, sock: socket.socket | None, limit: int
) -> Callable[[int], Awaitable[bytes]]:
    """The receive method of a stream over the socket."""
    assert sock is not None
    assert kind == "bare"
    stream = await SocketStream.from_socket(sock)
    return stream.receive
