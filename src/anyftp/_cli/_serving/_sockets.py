"""Sockets that whoever has started this process listens on already: --fd, and systemd's."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence

from anyftp._cli._ending._failure import Failure, describe
from anyftp._cli._given._url import format_address

#: The first descriptor that systemd passes on (sd_listen_fds(3)).
_FIRST = 3


def descriptors_of_systemd(environ: Mapping[str, str], pid: int) -> tuple[int, ...]:
    """The descriptors that systemd has passed on to the process of this number.

    Raises:
        Failure: it says so, but not how many.
    """
    if environ.get("LISTEN_PID") != str(pid):
        return ()
    text = environ.get("LISTEN_FDS", "")
    if not (text.isascii() and text.isdigit()) or len(text) > 4:
        raise Failure(f"LISTEN_FDS must be a number of sockets, not {text!r}")
    return tuple(range(_FIRST, _FIRST + int(text)))


def bound(host: str, port: int) -> socket.socket:
    """Listen on an address while this process still may. Blocking.

    Raises:
        Failure: it cannot be listened on.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        raise Failure(f"{format_address(host, port)}: {describe(error)}") from error


def inherited(descriptors: Sequence[int]) -> list[socket.socket]:
    """Take over descriptors; our own child processes do not get them.

    Raises:
        Failure: one is no listening TCP socket, or is named twice.
    """
    found: list[socket.socket] = []
    try:
        for number in descriptors:
            if number in descriptors[: len(found)]:
                raise Failure(f"descriptor {number} is named twice")
            found.append(_inherited(number))
    except BaseException:
        for sock in found:
            sock.close()
        raise
    return found


def _inherited(number: int) -> socket.socket:
    try:
        sock = socket.socket(fileno=number)
        sock.set_inheritable(False)
    except OSError as error:
        raise Failure(f"descriptor {number}: {describe(error)}") from error
    is_tcp = sock.family in (socket.AF_INET, socket.AF_INET6) and sock.type == socket.SOCK_STREAM
    if not is_tcp or not sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        sock.close()
        raise Failure(f"descriptor {number}: not a listening TCP socket")
    return sock


def forget_systemd(environ: os._Environ[str]) -> None:
    """Take out what is meant for this process alone."""
    for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"):
        environ.pop(name, None)
