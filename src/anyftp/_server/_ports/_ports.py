"""Where a data connection is made: the client connects to us (`_passive`), or we connect to it."""

from __future__ import annotations

from typing import Protocol

import anyio
from anyio.abc import SocketAttribute

from anyftp._net import Network
from anyftp._server._refusals import Refused
from anyftp._streams import OptimisticStream


class DataPort(Protocol):
    """Where one data connection is made; `Session.use_port` takes any such object."""

    async def connect(self, peer_host: str, timeout: float) -> OptimisticStream:
        """Make the data connection with the host peer_host.

        Args:
            timeout: in seconds; may be infinite.

        Raises:
            TimeoutError: it was not made within timeout seconds.
            OSError: it cannot be made.

        Cancellation: nothing may stay open but what `close` closes.
        """

    def close(self) -> None:
        """Let go of everything but a connection that was made. It may be called again."""


class ActivePort:
    """The client's listener, as it named it."""

    def __init__(self, network: Network, host: str, number: int) -> None:
        self._network = network
        self._host = host
        self._number = number

    async def connect(self, peer_host: str, timeout: float) -> OptimisticStream:
        """Connect to the client.

        Raises:
            Refused: it could not be reached within timeout seconds.

        Cancellation: safe.
        """
        try:
            with anyio.fail_after(timeout):
                stream = await self._network.connect(self._host, self._number)
                if stream.extra(SocketAttribute.local_address) == stream.extra(
                    SocketAttribute.remote_address
                ):
                    # On one machine, TCP may connect a free port with itself.
                    stream.close()
                    raise ConnectionRefusedError
                return stream
        except (TimeoutError, OSError) as error:
            raise Refused("425", "The data connection could not be made.") from error

    def close(self) -> None:
        """Nothing is open."""
