"""Breaking a connection as a crash does."""

from __future__ import annotations

import contextlib
import socket
import struct

import anyio
from anyio.abc import ByteStream, SocketAttribute

from anyftp.testing._memory import MemoryAttribute


def reset_stream(stream: ByteStream) -> bool:
    """Break a stream abruptly: a TCP connection by RST, a memory stream by `MemoryStream.reset`.

    Whatever wraps the socket or the memory stream says no farewell.

    Returns:
        Whether that was possible; other streams cannot be reset.
    """
    memory = stream.extra(MemoryAttribute.stream, None)
    if memory is not None:
        memory.reset()
        return True
    sock = stream.extra(SocketAttribute.raw_socket, None)
    close = getattr(stream, "close", None)
    if sock is None or sock.family not in (socket.AF_INET, socket.AF_INET6) or close is None:
        return False
    with contextlib.suppress(OSError):  # it is gone already
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    close()
    with contextlib.suppress(anyio.ClosedResourceError):
        sock.close()
    return True
