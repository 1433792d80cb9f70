"""A network in memory: servers listen on its ports, clients dial them, each by a `Link`."""

from __future__ import annotations

import errno
import os
import random
from collections import deque
from collections.abc import Callable, Collection
from typing import Any

import anyio
from anyio.abc import SocketAttribute

from anyftp._errors import NoDataPort
from anyftp.testing._link import Link
from anyftp.testing._memory import Attributes, MemoryStream, memory_stream_pair

#: Who talks to whom there; addresses for examples (RFC 5737).
SERVER_HOST, CLIENT_HOST = "192.0.2.1", "192.0.2.2"

_FIRST_FREE_PORT = 49152
_LAST_PORT = 65535

#: Chooses the link of a connection, by the network's random numbers and the port dialled.
ChooseLink = Callable[[random.Random, int], Link]


class MemoryListener:
    """One port on which a server listens; made by `MemoryNetwork.listen`."""

    def __init__(self, network: MemoryNetwork, port: int) -> None:
        self.address: tuple[str, int] = (SERVER_HOST, port)
        self._network = network
        self._waiting: deque[MemoryStream] = deque()
        self._is_closed = False
        self._changed = anyio.Event()

    @property
    def port(self) -> int:
        """The port listened on."""
        return self.address[1]

    async def accept(self) -> MemoryStream:
        """Wait for a connection.

        Raises:
            anyio.ClosedResourceError: the listener was closed.

        Cancellation: safe; no connection is lost.
        """
        await anyio.lowlevel.checkpoint()
        while not self._waiting:
            if self._is_closed:
                raise anyio.ClosedResourceError
            self._changed = anyio.Event()
            await self._changed.wait()
        return self._waiting.popleft()

    def try_accept(self) -> MemoryStream | None:
        """A connection that has come already; None if there is none."""
        return self._waiting.popleft() if self._waiting else None

    def close(self) -> None:
        """Stop listening at once; connections that nobody has accepted are reset."""
        self._is_closed = True
        self._network.forget(self)
        while self._waiting:
            self._waiting.popleft().reset()
        self._changed.set()

    def arrive(self, stream: MemoryStream) -> None:
        """Take in a connection that was dialled."""
        self._waiting.append(stream)
        self._changed.set()


class MemoryNetwork:
    """A network in memory between one server and its clients.

    Nothing in it starts a task or a thread, so it works under clocks that jump. What goes wrong in
    it goes wrong in the same way each time: it has random numbers of its own, made from `seed`.

        def choose(random, port):  # data connections are lost somewhere in the first MiB
            return Link() if port == 21 else Link(lost_after=random.randrange(1 << 20))

        network = MemoryNetwork(choose, seed=7)

    Args:
        link: what every connection is like, or a function that chooses it for each.
        capacity: bytes that may be on their way in each direction before a sender has to wait.
        seed: of the random numbers.
    """

    def __init__(
        self, link: Link | ChooseLink | None = None, *, capacity: int = 65536, seed: int = 0
    ) -> None:
        self._link = Link() if link is None else link
        self._capacity = capacity
        self._random = random.Random(seed)
        self._listeners: dict[int, MemoryListener] = {}
        self._next_port = _FIRST_FREE_PORT
        self._next_client_port = _FIRST_FREE_PORT

    @property
    def ports(self) -> list[int]:
        """Those that are listened on at the moment."""
        return sorted(self._listeners)

    async def dial(self, host: str, port: int) -> MemoryStream:
        """Connect to a port that the server listens on, whatever the server is called.

        It takes one round trip.

        Raises:
            ConnectionRefusedError: nobody listens on it.

        Cancellation: safe; nothing stays open.
        """
        link = self._link if isinstance(self._link, Link) else self._link(self._random, port)
        await anyio.sleep(2 * link.latency)
        listener = self._listeners.get(port)
        if listener is None:
            reason = os.strerror(errno.ECONNREFUSED)
            raise ConnectionRefusedError(errno.ECONNREFUSED, f"{reason}: {host} port {port}")
        client, server = (CLIENT_HOST, self._next_client_port), listener.address
        self._next_client_port += 1
        here, there = memory_stream_pair(
            self._capacity, link=link, attributes=(_names(None, server), _names(server, client))
        )
        listener.arrive(there)
        return here

    async def listen(
        self, host: str, port: int = 0, *, ports: Collection[int] | None = None
    ) -> MemoryListener:
        """Listen on a port, as `anyftp.Server` does.

        Args:
            host: without meaning here: one network has one server.
            port: 0 for any free one.
            ports: instead of port: some to pick from.

        Raises:
            NoDataPort: every one of the ports is in use.
            OSError: the port is in use.

        Cancellation: safe; nothing stays open.
        """
        await anyio.lowlevel.checkpoint()
        free = [number for number in ports or () if number not in self._listeners]
        if ports is not None and not free:
            raise NoDataPort(f"all {len(ports)} ports for data connections are in use")
        chosen = self._random.choice(free) if free else port or self._free_port()
        if chosen in self._listeners:
            raise OSError(errno.EADDRINUSE, f"{os.strerror(errno.EADDRINUSE)}: port {chosen}")
        listener = self._listeners[chosen] = MemoryListener(self, chosen)
        return listener

    async def connect(self, host: str, port: int) -> MemoryStream:
        """Connect from the server to a client, which listens on nothing here.

        Raises:
            ConnectionRefusedError: always.

        Cancellation: safe.
        """
        await anyio.lowlevel.checkpoint()
        raise ConnectionRefusedError(errno.ECONNREFUSED, "clients in memory listen on nothing")

    def forget(self, listener: MemoryListener) -> None:
        """Be told that a port is not listened on any more."""
        if self._listeners.get(listener.port) is listener:
            del self._listeners[listener.port]

    def _free_port(self) -> int:
        while self._next_port in self._listeners:
            self._next_port += 1
        chosen, self._next_port = self._next_port, self._next_port + 1
        if self._next_port > _LAST_PORT:
            self._next_port = _FIRST_FREE_PORT
        return chosen


def _names(local: tuple[str, int] | None, remote: tuple[str, int]) -> Attributes:
    names: dict[object, Callable[[], Any]] = {SocketAttribute.remote_address: lambda: remote}
    if local is not None:  # a client that knew its own would try to listen there, with a socket
        names[SocketAttribute.local_address] = lambda: local
    return names
