"""Ports where we wait for data connections, and those that rest because nobody came.

A listener serves one connection. Whoever connects from another address than the control
connection's is closed, and the listener goes on waiting for the right one. Where two have come from
the right address, one of them is somebody else's, and nobody can say which: neither is served.

Whoever was told a port may still dial it after it was closed: its connection was cut, say, and it
does not know yet. Were the port another session's by then, that session would take a stranger from
the same address for its own client, and an upload that the stranger ends at once for a whole file
of no bytes. So a port that nobody has come to rests before it is used again, where others are left.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Collection
from contextlib import suppress
from typing import Self

import anyio
from anyio.abc import SocketAttribute
from anyio.lowlevel import checkpoint

from anyftp._errors import LocalProtocolError, NoDataPort
from anyftp._net import Network, PortListener
from anyftp._protocol import Networks, plain_host
from anyftp._server._ports._proxied import NoHeader, ends_of, true_ends
from anyftp._server._refusals import Refused
from anyftp._streams import OptimisticStream, SocketStream

logger = logging.getLogger("anyftp.server")

#: The text of 425 where nobody has connected.
NOTHING_CAME = "No data connection was made."
#: Seconds that a port rests; clients dial within moments, or give up after as long.
REST_SECONDS = 60.0
#: Ports that are remembered: more than a system gives out by itself.
_MOST = 32_768
#: Ports that the system gives us in turn until one is found that does not rest.
_TRIES = 8


class RecentPorts:
    """The ports that rest. Arithmetic; the time is passed in."""

    def __init__(self) -> None:
        self._closed: dict[int, float] = {}

    def add(self, port: int, now: float) -> None:
        """A listener was closed before anybody came."""
        self._closed.pop(port, None)
        self._closed[port] = now
        oldest = next(iter(self._closed))
        while len(self._closed) > _MOST or not self.is_resting(oldest, now):
            del self._closed[oldest]
            oldest = next(iter(self._closed))

    def is_resting(self, port: int, now: float) -> bool:
        """Whether a port had better not be used yet."""
        return now < self._closed.get(port, -math.inf) + REST_SECONDS

    def rested(self, ports: Collection[int], now: float) -> Collection[int]:
        """Those of some ports that may be used."""
        if not self._closed:
            return ports
        return [port for port in ports if not self.is_resting(port, now)]

    def resting(self, ports: Collection[int], now: float) -> list[int]:
        """Those that had better not, the one closed first at the beginning."""
        wanted = set(ports)
        return [port for port in self._closed if port in wanted and self.is_resting(port, now)]


class PassivePort:
    """A listener for one data connection."""

    def __init__(
        self, listener: PortListener, proxies: Networks | None, recent: RecentPorts
    ) -> None:
        self._listener = listener
        self._proxies = proxies
        self._recent = recent
        self._is_open = True

    @classmethod
    async def open(
        cls,
        network: Network,
        host: str,
        ports: Collection[int] | None,
        proxies: Networks | None,
        recent: RecentPorts,
        now: float,
    ) -> Self:
        """Listen on a free port of host, a random one of ports if given.

        Args:
            recent: ports that are not used where others are left.
            proxies: from there, the data connection has to tell by a PROXY header who it is of.
            now: on the event loop's clock.

        Raises:
            Refused: no port is to be had.

        Cancellation: safe; nothing stays open.
        """
        try:
            return cls(await _listen(network, host, ports, recent, now), proxies, recent)
        except (NoDataPort, OSError) as error:
            logger.warning("no port for a data connection: %s", error)
            raise Refused("425", "No port for a data connection is free.") from error

    @property
    def number(self) -> int:
        """The port's number."""
        return self._listener.port

    async def connect(self, peer_host: str, timeout: float) -> OptimisticStream:
        """Wait for the data connection from peer_host.

        Raises:
            Refused: it did not come within timeout seconds.

        Cancellation: safe; the listener is closed.
        """
        try:
            stream = self._come_already(peer_host)
            if stream is None:
                with anyio.fail_after(timeout):
                    stream = await self.accept(peer_host)
            await self.settle(stream, peer_host)
            return stream
        except (TimeoutError, OSError, anyio.ClosedResourceError) as error:
            raise Refused("425", NOTHING_CAME) from error
        finally:
            self.close()

    def _come_already(self, peer_host: str) -> OptimisticStream | None:
        """What most clients have done before they say what they want."""
        if self._proxies is not None:
            return None
        stream = self._listener.try_accept()
        if stream is None or _is_directly_from(stream, peer_host):
            return stream
        stream.close()
        return None

    async def accept(self, peer_host: str) -> OptimisticStream:
        """Wait for the first connection from peer_host; the port stays open, see `settle`.

        Raises:
            OSError: nothing can be accepted.
            anyio.ClosedResourceError: the port was closed.

        Cancellation: safe.
        """
        while not await is_from(stream := await self._listener.accept(), peer_host, self._proxies):
            stream.close()
        return stream

    async def settle(self, stream: OptimisticStream, peer_host: str) -> None:
        """The transfer begins: close the port, unless a second connection has come.

        Raises:
            Refused: one has; both are closed.

        Cancellation: closes the second one.
        """
        if await self._has_rival(peer_host):
            stream.close()
            raise Refused("425", "Two data connections were made; which is yours?")
        self._listener.close()
        self._is_open = False

    async def _has_rival(self, peer_host: str) -> bool:
        """Whether one more connection has come from the same address."""
        while (rival := self._listener.try_accept()) is not None:
            try:
                if await is_from(rival, peer_host, self._proxies):
                    return True
            finally:
                rival.close()
            await checkpoint()  # strangers that come one after the other hold up nobody else
        return False

    def close(self) -> None:
        """Stop listening."""
        if self._is_open:
            self._is_open = False
            self._listener.close()
            self._recent.add(self.number, anyio.current_time())


async def _listen(
    network: Network, host: str, ports: Collection[int] | None, recent: RecentPorts, now: float
) -> PortListener:
    """Listen on a port that does not rest, or, if there is none, on one that does."""
    if ports is not None:
        for choice in (recent.rested(ports, now), *([port] for port in recent.resting(ports, now))):
            with suppress(NoDataPort):
                return await network.listen(host, ports=choice)
        raise NoDataPort(f"all {len(ports)} ports for data connections are in use")
    passed_over: list[PortListener] = []
    try:
        for _ in range(_TRIES):
            listener = await network.listen(host)
            if not recent.is_resting(listener.port, now):
                return listener
            passed_over.append(listener)
        return passed_over.pop()
    finally:
        for listener in passed_over:
            listener.close()


async def is_from(stream: OptimisticStream, host: str, proxies: Networks | None) -> bool:
    """Whether a connection comes from host, given in its shortest form.

    Cancellation: closes the connection.
    """
    if proxies is None:
        return _is_directly_from(stream, host)
    ends = ends_of(stream)
    if ends is None:  # gone already
        return False
    try:
        if ends.client in proxies:
            ends = await true_ends(stream, ends)
    except NoHeader as error:
        logger.warning("closed a data connection from %s: %s", ends.client, error)
        return False
    except BaseException:
        stream.close()
        raise
    return _is_right(ends.client, host)


def _is_directly_from(stream: OptimisticStream, host: str) -> bool:
    try:
        if type(stream) is SocketStream:
            client = stream.remote_address[0]
        else:
            client = str(stream.extra(SocketAttribute.remote_address)[0])
        return _is_right(plain_host(client), host)
    except (OSError, LocalProtocolError):  # gone already
        return False


def _is_right(client: str, host: str) -> bool:
    if client != host:
        logger.warning("closed a data connection from %s that was meant for %s", client, host)
    return client == host
