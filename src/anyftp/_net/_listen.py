"""Listening by one's own non-blocking sockets."""

from __future__ import annotations

import errno
import functools
import secrets
import socket
from collections.abc import Collection
from pathlib import Path

import anyio

from anyftp._errors import NoDataPort
from anyftp._net._names import numeric_family, resolve
from anyftp._streams import Readiness, SocketStream

#: The largest queue the kernel keeps for us: hundreds of clients may connect in one moment.
BACKLOG = 1024
#: The peer was gone before it was accepted: nobody's failure.
_VANISHED = frozenset({errno.ECONNABORTED, errno.EPROTO, errno.EINTR})
#: Somebody else has a port, or nobody may.
_TAKEN = frozenset({errno.EADDRINUSE, errno.EACCES})
#: Ports that are tried where any will do, before the system is asked for one.
_TRIES = 20


class Listener:
    """One listening socket; made by `listen_tcp`."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._socket = sock
        self._readiness = Readiness(sock)
        self._is_closed = False
        host, port = sock.getsockname()[:2]
        self.address: tuple[str, int] = (host, port)

    @property
    def port(self) -> int:
        """The port listened on."""
        return self.address[1]

    async def accept(self) -> SocketStream:
        """Wait for a connection.

        Raises:
            OSError: the process has no descriptor left, or the like; try again later.
            anyio.ClosedResourceError: the listener was closed.

        Cancellation: safe; no connection is lost.
        """
        await anyio.lowlevel.checkpoint_if_cancelled()
        while True:
            if self._is_closed:
                raise anyio.ClosedResourceError
            try:
                return SocketStream(*self._socket.accept())
            except BlockingIOError:
                await self._readiness.wait(anyio.wait_readable)
            except OSError as error:
                if error.errno not in _VANISHED:
                    raise

    def try_accept(self) -> SocketStream | None:
        """A connection that has come already; None if there is none."""
        try:
            return SocketStream(*self._socket.accept())
        except OSError:  # none, or it is gone already, or the process has no descriptor left
            return None

    def close(self) -> None:
        """Stop listening at once; who waits in `accept` gets `anyio.ClosedResourceError`."""
        if not self._is_closed:
            self._is_closed = True
            self._readiness.close()

    async def aclose(self) -> None:
        """As `close`. Cancellation: closes all the same."""
        self.close()
        await anyio.lowlevel.checkpoint()


async def listen_tcp(
    host: str, port: int = 0, *, backlog: int = BACKLOG, ports: Collection[int] | None = None
) -> Listener:
    """Listen on one address.

    Args:
        host: a numeric address, or a name whose first address is taken.
        port: 0 for any free one.
        ports: instead of port: some to pick from at random, so that nobody can guess it.

    Raises:
        NoDataPort: every one of the ports is in use.
        OSError: the address cannot be listened on.
        LocalProtocolError: there is no such port.

    Cancellation: safe; nothing stays open.
    """
    address, family = host, numeric_family(host)
    if family is None or not 0 <= port < 65536:
        family, (address, _) = (await resolve(host, port))[0]
    if ports is None:
        return (
            _listen(family, address, port, backlog)
            if port
            else _listen_anywhere(family, address, backlog)
        )
    untried = list(ports)
    while untried:
        chosen = untried.pop(secrets.randbelow(len(untried)))
        try:
            return _listen(family, address, chosen, backlog)
        except OSError as error:
            if error.errno not in _TAKEN:
                raise
    raise NoDataPort(f"all {len(ports)} ports for data connections are in use")


def listen_on(sock: socket.socket) -> Listener:
    """Listen on a socket that is bound already, by whoever has started this process for instance.

    The socket is the listener's from now on, which closes it.

    Raises:
        ValueError: it is no TCP socket.
        OSError: it cannot be listened on; it is connected, for instance.
    """
    if sock.family not in (socket.AF_INET, socket.AF_INET6) or sock.type != socket.SOCK_STREAM:
        raise ValueError(f"sockets must be TCP sockets, not {sock}")
    sock.listen(BACKLOG)
    return Listener(sock)


@functools.cache
def _free_for_all() -> range:
    """The ports that the system gives out by itself; none where it does not say."""
    try:
        first, last = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    except OSError:  # no Linux
        return range(0)
    return range(int(first), int(last) + 1)


def _listen_anywhere(family: socket.AddressFamily, host: str, backlog: int) -> Listener:
    """Listen on any port that is free, a random one.

    Linux would give us one by itself, but none where a connection has ended within the last minute.
    After some thousand transfers it takes a millisecond to find one, after 28,000 there is none.
    Who names a port gets those as well, for a listener knows new connections from old ones.
    """
    ports = _free_for_all()
    for _ in range(min(_TRIES, len(ports))):
        try:
            return _listen(family, host, ports[secrets.randbelow(len(ports))], backlog)
        except OSError as error:
            if error.errno not in _TAKEN:
                raise
    return _listen(family, host, 0, backlog)


def _listen(family: socket.AddressFamily, host: str, port: int, backlog: int) -> Listener:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(backlog)
        return Listener(sock)
    except BaseException:
        sock.close()
        raise
