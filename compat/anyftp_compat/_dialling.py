"""How connections are made: by the core, through a SOCKS proxy, or as a program wants it."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

import anyftp

from ._live import live
from ._streams_of_asyncio import AsyncioByteStream

_KEYWORDS = {"socks_host", "socks_port", "socks_version", "username", "password"}

#: What `aioftp.client.open_connection` is unless somebody has replaced it.
_GENUINE = asyncio.open_connection

#: aioftp has the proxy look names up, whatever the version.
_SCHEMES = {4: "socks4a", 5: "socks5"}


def dialler(options: dict[str, Any]) -> anyftp.Dialler | None:
    """What connects through the proxy that the keywords name; None where the core does.

    Whoever has put another function in the place of `aioftp.client.open_connection` has it called.

    Raises:
        TypeError: an unknown keyword.
        ValueError: an unknown version.
        ImportError: python-socks is not there (extra socks).
    """
    unknown = options.keys() - _KEYWORDS
    if unknown:
        raise TypeError(f"unexpected keyword arguments: {', '.join(sorted(unknown))}")
    if live("client", "open_connection") is not _GENUINE:
        return _by_open_connection
    host = options.get("socks_host")
    if host is None:
        return None
    version = options.get("socks_version") or 5
    if version not in _SCHEMES:
        raise ValueError(f"no such version of SOCKS: {version!r}")
    login = ":".join(quote(options.get(name) or "", safe="") for name in ("username", "password"))
    place = f"[{host}]" if ":" in host else host
    port = options.get("socks_port") or 1080
    return anyftp.proxy_dialler(f"{_SCHEMES[version]}://{login}@{place}:{port}")


async def _by_open_connection(host: str, port: int) -> AsyncioByteStream:
    """Connect as `aioftp.client.open_connection` does at this moment.

    Cancellation: as that function's.
    """
    reader, writer = await live("client", "open_connection")(host, port, ssl=None)
    return AsyncioByteStream(reader, writer)
