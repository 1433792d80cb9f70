"""aioftp's streams over a reader that is always ready, or over a socket."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import aioftp

KEPT: list[Any] = []  # a writer that nobody holds closes its connection


class ReadyReader:
    """In place of an asyncio.StreamReader: the same block at once, for ever."""

    def __init__(self, block: bytes) -> None:
        self._block = block

    async def read(self, count: int = -1) -> bytes:
        """The block."""
        return self._block


async def reader(
    kind: str, block: int, sock: socket.socket | None, limit: int
) -> Callable[[int], Awaitable[bytes]]:
    """The read method of the wanted stack."""
    source: Any = ReadyReader(bytes(block))
    writer: Any = None
    if sock is not None:
        sock.setblocking(False)
        source, writer = await asyncio.open_connection(sock=sock)
    throttles = {
        str(number): aioftp.StreamThrottle.from_limits(None if kind == "unlimited" else limit)
        for number in range(4 if kind == "limited4" else 1)
    }
    match kind:
        case "bare":
            KEPT.append(writer)
            read = source.read
        case "plain":
            read = aioftp.StreamIO(source, writer).read
        case "timeout":
            read = aioftp.StreamIO(source, writer, timeout=10).read
        case _:
            read = aioftp.ThrottleStreamIO(source, writer, throttles=throttles).read
    return read  # type: ignore[no-any-return]
