"""The sockets that a server listens on: bound by asyncio as told, served by the core."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Sequence
from typing import TypedDict

from ._state import ServerState


class AsyncIOStartServerKwargs(TypedDict, total=False):
    """Keywords of `asyncio.start_server`."""

    loop: asyncio.AbstractEventLoop | None
    limit: int
    ssl_handshake_timeout: float | None
    family: int
    flags: int
    sock: None
    backlog: int
    ssl: bool | ssl.SSLContext | None
    reuse_address: bool | None
    reuse_port: bool | None
    start_serving: bool


class ListeningServer:
    """What aioftp keeps in `server.server`: asyncio's server, while the core does the serving."""

    def __init__(self, server: ServerState, bound: asyncio.Server) -> None:
        self._server = server
        self._bound = bound

    def __getattr__(self, name: str) -> object:
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
    host: str | Sequence[str] | None, port: int, options: AsyncIOStartServerKwargs
) -> asyncio.Server:
    """Bind as `asyncio.start_server` does, which obeys or refuses the options; nobody accepts yet.

    Cancellation: nothing stays open.
    """
    told = {**options, "start_serving": False}
    return await asyncio.start_server(_nobody, host, port, **told)  # type: ignore[arg-type]  # it looks


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
