"""Passive data connections as aioftp's server makes them: one listener for PASV and EPSV.

It accepts at once, whatever command comes. Whoever connects from elsewhere is closed, and so is
whoever comes second; where both are from the client's address nobody knows which one is the
client, so neither is served.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import math
import socket
from collections.abc import Callable

import anyftp

from .._ground._errors import NoAvailablePort

#: Ports for data connections, the one that has rested longest first.
Ports = asyncio.PriorityQueue[tuple[int, int]]


class PassiveListener:
    """Listens for one session; a `anyftp.DataPort`.

    Args:
        sock: listens.
        peer_host: the client's address.
        release: called once, when listening ends.
    """

    def __init__(self, sock: socket.socket, peer_host: str, release: Callable[[], None]) -> None:
        sock.setblocking(False)
        self.number: int = sock.getsockname()[1]
        self.is_open = True
        self._sock = sock
        self._peer_host = peer_host
        self._release = release
        self._loop = asyncio.get_running_loop()
        self._waiting: socket.socket | None = None
        self._given: anyftp.SocketStream | None = None
        self._has_come = asyncio.Event()
        self._has_rival = False
        self._loop.add_reader(sock, self._accept)

    def _accept(self) -> None:
        try:
            sock, address = self._sock.accept()
        except OSError:  # gone already, or no descriptor is left for it
            return
        if plain_host(address[0]) != self._peer_host:
            sock.close()
        elif self._has_come.is_set():
            sock.close()
            self._has_rival = True
            if self._given is not None:
                self._given.close()
        else:
            self._waiting = sock
            self._has_come.set()

    async def connect(self, peer_host: str, timeout: float) -> anyftp.OptimisticStream:
        async with asyncio.timeout(None if timeout == math.inf else timeout):
            await self._has_come.wait()
        if self._has_rival or self._waiting is None:
            raise ConnectionRefusedError("two data connections were made")
        self._given = anyftp.SocketStream(self._waiting)
        self._waiting = None
        return self._given

    def forget(self) -> None:
        """Close who has connected, and wait for somebody else."""
        if self._waiting is not None:
            self._waiting.close()
        self._waiting = self._given = None
        self._has_come.clear()
        self._has_rival = False

    def close(self) -> None:
        """Stop listening; the port may be used again."""
        if self.is_open:
            self.is_open = False
            self._loop.remove_reader(self._sock)
            self._sock.close()
            self.forget()
            self._release()


def listen(session: anyftp.Session, ports: Ports | None) -> PassiveListener:
    """Listen where the control connection has come in, on one of some ports or on any.

    Raises:
        NoAvailablePort: none is to be had.
    """
    host, peer_host = session.local_host, plain_host(session.peer_host)
    if ports is None:
        return PassiveListener(_bound(host, 0), peer_host, lambda: None)
    for _ in range(ports.qsize()):
        used, port = ports.get_nowait()
        place = used + 1, port

        def release(place: tuple[int, int] = place) -> None:
            ports.put_nowait(place)

        try:
            return PassiveListener(_bound(host, port), peer_host, release)
        except OSError as error:
            release()
            if error.errno != errno.EADDRINUSE:
                raise
    raise NoAvailablePort


def _bound(host: str, port: int) -> socket.socket:
    family, _, _, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
    )[0]
    return socket.create_server(address, family=family)


def plain_host(host: str) -> str:
    """An address in its shortest form, without a zone."""
    address = ipaddress.ip_address(host.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
