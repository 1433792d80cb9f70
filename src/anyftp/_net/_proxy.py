"""Dialling through a proxy: SOCKS 4, 4a, 5 and HTTP CONNECT, as python-socks speaks them.

The connection to the proxy is ours. python-socks is handed it as if it were one of its own, and
speaks to the proxy over it; so what carries the data afterwards is our own socket stream. And it
is read no further than the proxy's answer goes: an FTP server speaks first, and its greeting may
come in the same piece.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any
from urllib.parse import unquote, urlsplit

import anyio

from anyftp._errors import LocalProtocolError
from anyftp._net._dial import Dialler, connect_tcp
from anyftp._streams import SocketStream

#: By scheme: python-socks's name for it, whether the proxy looks names up, and the usual port.
_SCHEMES = {
    "socks5": ("SOCKS5", True, 1080),
    "socks5h": ("SOCKS5", True, 1080),
    "socks4": ("SOCKS4", False, 1080),
    "socks4a": ("SOCKS4", True, 1080),
    "http": ("HTTP", True, 8080),
}

_HEADER_END = b"\r\n\r\n"
_MAX_HEADER = 65536


@dataclass(frozen=True, slots=True)
class _Proxy:
    kind: str
    resolves: bool
    host: str
    port: int
    user: str | None
    password: str | None = field(repr=False)


def proxy_dialler(url: str) -> Dialler:
    """Make what connects through a proxy, to be given to a client as its `dialler`.

    Control and data connections go through it. Names are looked up by the proxy, save with
    SOCKS 4; so a client that asks for data ports by EPSV reaches the server that the proxy means.

    Args:
        url: `socks5://user:password@host:port`, or `socks4`, `socks4a`, `http` (for CONNECT)
            instead; user and password only where the proxy wants them. The port is 1080 if none is
            named, 8080 for `http`.

    Returns:
        A dialler. It raises OSError where the proxy cannot be reached or refuses; no message of
        it holds the password, and nothing stays open.

    Raises:
        LocalProtocolError: the URL is not like that.
        ImportError: python-socks is not there: python -m pip install "anyftp[socks]".
    """
    proxy = _parse(url)
    if find_spec("python_socks") is None:
        raise ImportError('proxies need python-socks: python -m pip install "anyftp[socks]"')

    return ProxyDialler(proxy)


@dataclass(frozen=True, slots=True)
class ProxyDialler:
    """Connects through a proxy."""

    proxy: _Proxy

    async def __call__(self, host: str, port: int) -> SocketStream:
        return await _dial(self.proxy, host, port)


def _parse(url: str) -> _Proxy:
    try:
        parts = urlsplit(url)
        kind, resolves, usual_port = _SCHEMES[parts.scheme]
        host, port = parts.hostname, parts.port or usual_port
        is_bare = parts.path in ("", "/") and not parts.query and not parts.fragment
    except (KeyError, ValueError):
        host, is_bare = None, False
    if not host or not is_bare:
        # Not the URL itself: there may be a password in it.
        schemes = ", ".join(_SCHEMES)
        raise LocalProtocolError(f"a proxy must be SCHEME://HOST:PORT, SCHEME one of {schemes}")
    user = unquote(parts.username or "") or None
    password = unquote(parts.password or "") if user else None
    return _Proxy(kind, resolves, host, port, user, password)


async def _dial(proxy: _Proxy, host: str, port: int) -> SocketStream:
    """Connect to a host through the proxy. Cancellation: safe; nothing stays open."""
    from python_socks import ProxyError, ProxyTimeoutError, ProxyType
    from python_socks.async_.anyio.v2 import Proxy

    where = f"the proxy {proxy.host} port {proxy.port}"
    link = _Link(where)
    speaker = Proxy(
        ProxyType[proxy.kind],
        proxy.host,
        proxy.port,
        username=proxy.user,
        password=proxy.password,
        rdns=proxy.resolves,
        forward=_as_proxy(link),
    )
    try:
        await speaker.connect(dest_host=host, dest_port=port)
        return link.stream
    except ProxyTimeoutError as error:
        raise TimeoutError(f"{where} did not connect us to {host} port {port}") from error
    except ProxyError as error:
        refusal = f"{where} did not connect us to {host} port {port}: {error}"
        raise ConnectionRefusedError(refusal) from None  # the cause may hold what was sent
    except anyio.BrokenResourceError as error:
        raise ConnectionResetError(f"{where} hung up") from error


def _as_proxy(link: _Link) -> Any:
    """It is asked for a connection as the proxy in front of this one would be."""
    return link


class _Link:
    """Our connection to the proxy, with the methods that python-socks calls."""

    stream: SocketStream

    def __init__(self, where: str) -> None:
        self._where = where

    async def connect(self, dest_host: str, dest_port: int, **options: object) -> _Link:
        try:
            self.stream = await connect_tcp(dest_host, dest_port)
        except OSError as error:
            raise OSError(error.errno, f"{self._where}: {error.strerror or error}") from error
        return self

    async def write(self, data: bytes) -> None:
        await self.stream.send(data)

    async def read(self, max_bytes: int = _MAX_HEADER) -> bytes:
        """The header of a reply to CONNECT, and not a byte more."""
        header = b""
        while not header.endswith(_HEADER_END):
            if len(header) >= _MAX_HEADER:
                raise ConnectionRefusedError(f"{self._where} does not end its header")
            matched = next(n for n in range(4, -1, -1) if header.endswith(_HEADER_END[:n]))
            header += await self.read_exactly(len(_HEADER_END) - matched)
        return header

    async def read_exactly(self, n: int) -> bytes:
        data = bytearray(n)
        view = memoryview(data)
        while view.nbytes:
            nbytes = await self.stream.receive_into(view)
            if not nbytes:
                raise ConnectionResetError(f"{self._where} hung up")
            view = view[nbytes:]
        return bytes(data)

    async def close(self) -> None:
        self.stream.close()
