"""How connections are made: by the core, through a SOCKS proxy, or as a program wants it."""

from __future__ import annotations

import asyncio
import functools
import ssl
import sys
from collections.abc import Awaitable, Callable
from typing import TypeAlias, TypedDict
from urllib.parse import quote

import anyftp

from .._ground._patchable import patched
from .._streams._asyncio_as_core import AsyncioByteStream
from .._streams._pairs import Pair, detach

OpenConnection: TypeAlias = Callable[[str, int], Awaitable[Pair]]


class SocksOptions(TypedDict, total=False):
    """The keywords that name a SOCKS proxy."""

    socks_host: str | None
    socks_port: int | None
    socks_version: int | None
    username: str | None
    password: str | None


#: What `asyncio.open_connection` and aioftp's name for it are unless somebody has replaced them.
_GENUINE = asyncio.streams.open_connection

#: aioftp has the proxy look names up, whatever the version.
_SCHEMES = {4: "socks4a", 5: "socks5"}


def dialler(
    options: SocksOptions, open_connection: OpenConnection | None = None
) -> anyftp.Dialler | None:
    """What connects as the program wants it; None where the core does.

    Whoever has put another function in the place of `aioftp.client.open_connection` has it called.

    Args:
        options: the keywords that name a SOCKS proxy.
        open_connection: a method of the program's own.

    Raises:
        TypeError: an unknown keyword.
        ValueError: an unknown version.
        ImportError: python-socks is not there (extra socks).
    """
    proxy = _proxy(options)
    if open_connection is None:
        if not is_open_connection_replaced():
            return proxy
        open_connection = functools.partial(open_pair, options)

    async def dial(host: str, port: int) -> AsyncioByteStream:
        return AsyncioByteStream(*await open_connection(host, port))

    return dial


async def open_pair(
    options: SocksOptions,
    host: str,
    port: int,
    context: ssl.SSLContext | None = None,
    server_hostname: str | None = None,
) -> Pair:
    """Connect, by `aioftp.client.open_connection` as it is now or by the proxy.

    Args:
        options: the keywords that name a SOCKS proxy.
        context, server_hostname: for a TLS handshake, if there is to be one.

    Cancellation: as that function's.
    """
    proxy = _proxy(options)
    function = _open_connection()
    if proxy is not None and function is _GENUINE:
        return await detach(await proxy(host, port), context, server_hostname)
    name = {} if context is None else {"server_hostname": server_hostname}
    return await function(host, port, ssl=context, **name)


def is_open_connection_replaced() -> bool:
    """Whether a program has put another function in the place of asyncio's."""
    return _open_connection() is not _GENUINE


def _open_connection() -> Callable[..., Awaitable[Pair]]:
    """As it is now; with siosocks aioftp calls what `asyncio.open_connection` is then."""
    named_there = patched.client.open_connection
    return asyncio.open_connection if named_there is _GENUINE else named_there


def _proxy(options: SocksOptions) -> anyftp.Dialler | None:
    """What connects through the proxy that the keywords name; None without one."""
    unknown = options.keys() - SocksOptions.__annotations__.keys()
    if unknown:
        raise TypeError(f"unexpected keyword arguments: {', '.join(sorted(unknown))}")
    host = options.get("socks_host")
    if host is None:
        return None
    version = options.get("socks_version") or 5
    if version not in _SCHEMES:
        raise ValueError(f"no such version of SOCKS: {version!r}")
    words = options.get("username"), options.get("password")
    login = ":".join(quote(word or "", safe="") for word in words)
    place = f"[{host}]" if ":" in host else host
    port = options.get("socks_port") or 1080
    dial = anyftp.proxy_dialler(f"{_SCHEMES[version]}://{login}@{place}:{port}")
    return functools.partial(_by_proxy, dial)


async def _by_proxy(dial: anyftp.Dialler, host: str, port: int) -> anyftp.AnyStream:
    try:
        return await dial(host, port)
    except OSError as error:
        refusal = _as_siosocks(error)
        if refusal is None:
            raise
        raise refusal from error


def _as_siosocks(error: OSError) -> Exception | None:
    """What aioftp's library raises for a refusal of the proxy's, where that library is loaded."""
    exceptions = sys.modules.get("siosocks.exceptions")
    is_refusal = type(error.__context__).__module__.partition(".")[0] == "python_socks"
    if exceptions is None or not is_refusal:
        return None
    refusal: Exception = exceptions.SocksException(str(error))
    return refusal
