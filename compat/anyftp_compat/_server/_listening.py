"""What a server of aioftp's shows of the sockets that it listens on."""

from __future__ import annotations

import asyncio
from typing import Any

from ._state import ServerState


class ListeningServer:
    """What aioftp keeps in `server.server`: the sockets listened on."""

    def __init__(self, server: ServerState, address: tuple[str, int]) -> None:
        self._server = server
        self.sockets: tuple[_ListeningSocket, ...] = (_ListeningSocket(address),)

    def is_serving(self) -> bool:
        """Whether connections are taken."""
        return self._server.is_serving


class _ListeningSocket:
    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address

    def getsockname(self) -> tuple[str, int]:
        """Host and port."""
        return self._address


class Status:
    """Hears from the core where it listens."""

    def __init__(self) -> None:
        self.addresses: asyncio.Future[list[tuple[str, int]]] = (
            asyncio.get_running_loop().create_future()
        )

    def started(self, value: Any = None) -> None:
        """Take note."""
        if not self.addresses.done():
            self.addresses.set_result(value)
