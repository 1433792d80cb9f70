"""What a server listens and connects by: the system's TCP, or something of the same form."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from anyftp._net._dial import connect_tcp
from anyftp._net._listen import listen_tcp
from anyftp._streams import OptimisticStream


class PortListener(Protocol):
    """A port that is listened on.

    The streams that it accepts have `SocketAttribute.local_address` and `remote_address`.
    """

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""

    @property
    def port(self) -> int:
        """The port listened on."""

    async def accept(self) -> OptimisticStream:
        """Wait for a connection. Cancellation: safe; no connection is lost."""

    def try_accept(self) -> OptimisticStream | None:
        """A connection that has come already; None if there is none."""

    def close(self) -> None:
        """Stop listening; who waits in `accept` gets `anyio.ClosedResourceError`."""


class Network(Protocol):
    """Where a server listens, and from where it connects."""

    async def listen(
        self, host: str, port: int = 0, *, ports: Collection[int] | None = None
    ) -> PortListener:
        """As `listen_tcp`. Cancellation: safe; nothing stays open."""

    async def connect(self, host: str, port: int) -> OptimisticStream:
        """As `connect_tcp`. Cancellation: safe; nothing stays open."""


class TCP:
    """The network of the operating system."""

    listen = staticmethod(listen_tcp)
    connect = staticmethod(connect_tcp)
