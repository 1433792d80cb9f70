"""Connecting to a peer by one's own non-blocking socket."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Awaitable, Callable

import anyio
from anyio.abc import ByteStream

from anyftp._net._names import resolve
from anyftp._streams import SocketStream, end_in_reset

#: Anything that connects to a host and port: directly, through a proxy, or to memory.
Dialler = Callable[[str, int], Awaitable[ByteStream]]

_IN_PROGRESS = frozenset({0, errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EALREADY})


async def connect_tcp(
    host: str, port: int, *, local_address: tuple[str, int] | None = None
) -> SocketStream:
    """Connect to the first address of a host that answers.

    Args:
        host: a name or a numeric address.
        local_address: where the connection is to come from.

    Raises:
        OSError: the name is unknown, or no address of it could be reached; the last address's
            error.

    Cancellation: safe; nothing stays open.
    """
    failure: OSError | None = None
    for family, address in await resolve(host, port):
        try:
            return await _connect(family, address, local_address)
        except OSError as error:
            failure = error
    raise failure or OSError(errno.EADDRNOTAVAIL, f"no address is known for {host}")


async def _connect(
    family: socket.AddressFamily, address: tuple[str, int], local_address: tuple[str, int] | None
) -> SocketStream:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        if local_address is not None:
            sock.bind(local_address)
        code = sock.connect_ex(address)
        if code in _IN_PROGRESS:
            await anyio.wait_writable(sock)
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, f"{os.strerror(code)}: {address[0]} port {address[1]}")
        return SocketStream(sock)
    except BaseException:
        anyio.notify_closing(sock)
        end_in_reset(sock)  # it may stand by now; an orderly end would look like an empty upload
        sock.close()
        raise
