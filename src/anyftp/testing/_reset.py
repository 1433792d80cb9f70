"""Breaking a connection as a crash does."""

from __future__ import annotations

import socket

import anyio
from anyio.abc import ByteStream, SocketAttribute

from anyftp._streams import reset_when_closed
from anyftp.testing._memory import MemoryAttribute


def reset_stream(stream: ByteStream) -> bool:
    """Break a stream abruptly: a TCP connection by RST, a memory stream by `MemoryStream.reset`.

    Whatever wraps the socket or the memory stream sends no close_notify.

    Returns:
        Whether that was possible; other streams cannot be reset.
    """
    memory = stream.extra(MemoryAttribute.stream, None)
    if memory is not None:
        memory.reset()
        return True
    sock = _tcp_socket(stream)
    close = getattr(stream, "close", None)
    if sock is None or close is None:
        return False
    reset_when_closed(sock)
    close()
    try:
        sock.close()
    except anyio.ClosedResourceError:
        pass
    except (AttributeError, TypeError):  # shown, but not to be closed
        return False
    return True


async def break_connection(stream: ByteStream) -> bool:
    """As `reset_stream`, but for streams too that can only be closed by `aclose`."""
    if reset_stream(stream):
        return True
    sock = _tcp_socket(stream)
    if sock is None:
        return False
    reset_when_closed(sock)
    await anyio.aclose_forcefully(stream)
    return True


def _tcp_socket(stream: ByteStream) -> socket.socket | None:
    sock: socket.socket | None = stream.extra(SocketAttribute.raw_socket, None)
    is_tcp = sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6)
    return sock if is_tcp else None
