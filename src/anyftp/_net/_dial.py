"""Connecting to a peer by one's own non-blocking socket."""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import anyio
from anyio.lowlevel import checkpoint_if_cancelled

from anyftp._net._names import numeric_family, resolve
from anyftp._net._race import NothingArrived, first_to_arrive, in_turns
from anyftp._streams import AnyStream, SocketStream, reset_when_closed

#: Anything that connects to a host and port: directly, through a proxy, or to memory.
Dialler = Callable[[str, int], Awaitable[AnyStream]]

_IN_PROGRESS = frozenset({errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EALREADY})
_STREAM = socket.SOCK_STREAM | getattr(socket, "SOCK_NONBLOCK", 0)


async def connect_tcp(
    host: str, port: int, *, local_address: tuple[str, int] | None = None
) -> SocketStream:
    """Connect to the address of a host that answers first.

    IPv6 and IPv4 addresses are tried in turns. Each has a quarter of a second before the next one
    is tried beside it; whichever connects first is taken, and the others are closed (RFC 8305).

    Args:
        host: a name or a numeric address.
        local_address: where the connection is to come from.

    Raises:
        OSError: the name is unknown, or no address of it could be reached. Then the message has the
            reason of each, and the number is the last one's.
        LocalProtocolError: there is no such port.

    Cancellation: safe; nothing stays open.
    """
    family = numeric_family(host)
    if family is not None and 0 <= port < 65536:
        await checkpoint_if_cancelled()
        return await _connect(family, (host, port), local_address)
    found = await resolve(host, port)
    if len(found) == 1:
        return await _connect(*found[0], local_address)
    ways = [
        partial(_connect, family, address, local_address)
        for family, address in in_turns(found, lambda one: one[0])
    ]
    try:
        return await first_to_arrive(ways, _discard)
    except NothingArrived as error:
        raise OSError(error.failures[-1].errno, _reasons(host, error.failures)) from error


async def connect_within(seconds: float, host: str, port: int) -> SocketStream:
    """As `connect_tcp`, in bounded time; where no wait is needed, no clock is read.

    Nor is it looked then whether the task is cancelled: what is done with the connection next does.

    Raises:
        TimeoutError: the seconds have passed; it has no `errno`.

    Cancellation: safe; nothing stays open.
    """
    family = numeric_family(host)
    if family is not None and 0 <= port < 65536:
        return await _connect(family, (host, port), None, seconds)
    with anyio.fail_after(seconds):
        return await connect_tcp(host, port)


def _reasons(host: str, failures: Sequence[OSError]) -> str:
    reasons = [failure.strerror or str(failure) for failure in failures]
    return f"no address of {host} could be reached: {'; '.join(reasons)}"


def _discard(stream: SocketStream) -> None:
    stream.end_in_reset()
    stream.close()


async def _connect(
    family: socket.AddressFamily,
    address: tuple[str, int],
    local_address: tuple[str, int] | None,
    seconds: float | None = None,
) -> SocketStream:
    try:
        sock = socket.socket(family, _STREAM)
    except OSError as error:
        raise _failure(error.errno, address) from error
    try:
        if _STREAM == socket.SOCK_STREAM:
            sock.setblocking(False)
        if local_address is not None:
            sock.bind(local_address)
        code = sock.connect_ex(address)
        if code in _IN_PROGRESS and sys.platform == "linux":
            code = sock.connect_ex(address)  # which tells of the first: at home it is over by now
        if code in _IN_PROGRESS:
            with anyio.fail_after(seconds):
                await anyio.wait_writable(sock)
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise _failure(code, address)
        return SocketStream(sock)
    except BaseException:
        anyio.notify_closing(sock)
        # It may stand by now, and an orderly end would look like an empty upload.
        reset_when_closed(sock)
        sock.close()
        raise


def _failure(code: int | None, address: tuple[str, int]) -> OSError:
    return OSError(code, f"{os.strerror(code or 0)}: {address[0]} port {address[1]}")
