"""From names to addresses."""

from __future__ import annotations

import functools
import ipaddress
import socket
from typing import Any

import anyio

from anyftp._errors import LocalProtocolError


async def resolve(host: str, port: int) -> list[tuple[socket.AddressFamily, tuple[str, int]]]:
    """All addresses of a host, in the system's order, each once.

    A numeric one needs no worker thread. A link-local one keeps its scope ("fe80::1%2").

    Raises:
        OSError: the name is unknown, or can be no name.
        LocalProtocolError: there is no such port.

    Cancellation: safe.
    """
    if not 0 <= port < 65536:
        raise LocalProtocolError(f"port must be from 0 to 65535, not {port}")
    family = numeric_family(host)
    if family is not None:
        return [(family, (host, port))]
    found = await _look_up(host, port)
    return list(dict.fromkeys((family, _scoped(address)) for family, *_, address in found))


@functools.lru_cache(maxsize=1024)  # of a server it is asked once a file
def numeric_family(host: str) -> socket.AddressFamily | None:
    """The family of a numeric address, None if it is a name."""
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        return None
    return socket.AF_INET if version == 4 else socket.AF_INET6


async def _look_up(host: str, port: int) -> list[Any]:
    try:
        return await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # no form in ASCII (RFC 5891)
        raise socket.gaierror(socket.EAI_NONAME, f"{host!r} is no name of a host") from error


def _scoped(address: tuple[Any, ...]) -> tuple[str, int]:
    host, port, *rest = address
    scope = rest[1] if len(rest) > 1 and "%" not in host else 0
    return f"{host}%{scope}" if scope else host, port
