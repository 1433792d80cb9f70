"""The sockets that a server listens on: bound by asyncio as told, served by the core."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from typing import Any

from ._state import ServerState


class ListeningServer:
    """What aioftp keeps in `server.server`: asyncio's server, while the core does the serving."""

    def __init__(self, server: ServerState, bound: asyncio.Server) -> None:
        self._server = server
        self._bound = bound

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bound, name)

    def is_serving(self) -> bool:
        """Whether connections are taken."""
        return self._server.is_serving and bool(self._bound.sockets)

    def close(self) -> None:
        """Take no more connections; those that are there go on."""
        self._bound.close()
        if self._server.is_serving:
            self._server.core.change(admit=lambda host: "The server is going down.")


async def bind(
    host: str | Sequence[str] | None, port: int, options: dict[str, Any]
) -> asyncio.Server:
    """Bind as `asyncio.start_server` does, which obeys or refuses the options; nobody accepts yet.

    Cancellation: nothing stays open.
    """
    return await asyncio.start_server(_nobody, host, port, **{**options, "start_serving": False})


def _nobody(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Connections are accepted by the core."""


def sockets_of(bound: asyncio.Server) -> list[socket.socket]:
    """The same sockets again, for the core, which closes them."""
    return [
        socket.fromfd(sock.fileno(), sock.family, sock.type, sock.proto) for sock in bound.sockets
    ]


class Status:
    """Hears from the core that it listens."""

    def __init__(self) -> None:
        self.has_started: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def started(self, value: object = None) -> None:
        """Take note."""
        if not self.has_started.done():
            self.has_started.set_result(None)
