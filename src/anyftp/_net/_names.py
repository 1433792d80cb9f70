"""From names to addresses."""

from __future__ import annotations

import ipaddress
import socket

import anyio


async def resolve(host: str, port: int) -> list[tuple[socket.AddressFamily, tuple[str, int]]]:
    """All addresses of a host, in the system's order; a numeric one needs no worker thread.

    Raises:
        OSError: the name is unknown.

    Cancellation: safe.
    """
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [(family, (address[0], address[1])) for family, *_, address in found]
    return [(socket.AF_INET if version == 4 else socket.AF_INET6, (host, port))]
