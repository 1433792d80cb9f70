"""How a client connects, and its control connection as programs see it."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import Literal, TypedDict, Unpack

import anyftp
from anyftp import Client as CoreClient  # with all it needs, so that no `connect` waits for it

from .._ground._patchable import patched
from .._ground._tls import SSLSessionBoundContext, default_context
from .._ground._translation import translated_errors
from .._pathio._interface import AnyPathIO
from .._pathio._local import PathIO
from .._streams._pairs import Pair, control_pair
from .._streams._throttle import StreamThrottle
from .._streams._throttled import ThrottleStreamIO
from ._dialling import SocksOptions, dialler, open_pair
from ._parsers import ParseListLineCustomCallable, is_own, stock

#: What a logger's method is unless somebody has replaced it.
_DEBUG = logging.Logger.debug


class _Settings(TypedDict, total=False):
    """Keywords that each client takes."""

    socket_timeout: float | int | None
    connection_timeout: float | int | None
    read_speed_limit: int | None
    write_speed_limit: int | None
    path_timeout: float | int | None
    path_io_factory: type[AnyPathIO]
    encoding: str
    ssl: ssl.SSLContext | bool | None
    parse_list_line_custom: ParseListLineCustomCallable | None
    parse_list_line_custom_first: bool
    passive_commands: tuple[str, ...]


class BaseClientArgs(_Settings, total=False):
    """Keywords of `BaseClient`, for `Unpack`, as aioftp names them."""

    siosocks_asyncio_kwargs: object


class ContextArgs(_Settings, total=False):
    """Keywords of `Client.context` beside its own; the password of a proxy is none of them."""

    trust_server_pasv_ipv4_address: bool
    socks_host: str | None
    socks_port: int | None
    socks_version: int | None
    username: str | None


class Connecting:
    """A client's settings and its connections; see `Client`."""

    _tls: ssl.SSLContext | None = None
    _opened: Pair | None = None
    #: A reply that the core has heard and nobody has asked for; no command has been sent since.
    _unread: anyftp.Reply | None = None
    _censor_after: int | None = None
    #: Told of each line that comes, once ABOR has been sent.
    _hear: Callable[[str], None] | None = None
    _core_passive_commands: tuple[str, ...] = ()

    def __init__(
        self,
        *,
        socket_timeout: float | int | None = None,
        connection_timeout: float | int | None = None,
        read_speed_limit: int | None = None,
        write_speed_limit: int | None = None,
        path_timeout: float | int | None = None,
        path_io_factory: type[AnyPathIO] = PathIO,
        encoding: str = "utf-8",
        ssl: ssl.SSLContext | bool | None = None,
        parse_list_line_custom: ParseListLineCustomCallable | None = None,
        parse_list_line_custom_first: bool = True,
        passive_commands: tuple[str, ...] = ("epsv", "pasv"),
        trust_server_pasv_ipv4_address: bool = False,
        **siosocks_asyncio_kwargs: Unpack[SocksOptions],
    ) -> None:
        self.socket_timeout = socket_timeout
        self.connection_timeout = connection_timeout
        self.throttle: StreamThrottle = patched.client.StreamThrottle.from_limits(
            read_speed_limit, write_speed_limit
        )
        self.path_timeout = path_timeout
        self.path_io: AnyPathIO = path_io_factory(timeout=path_timeout)
        self.encoding = encoding
        self.ssl = ssl
        self.parse_list_line_custom = parse_list_line_custom
        self.parse_list_line_custom_first = parse_list_line_custom_first
        self.trust_server_pasv_ipv4_address = trust_server_pasv_ipv4_address
        self.server_host: str = ""
        self.server_port: int = 0
        self._passive_commands = passive_commands
        self._siosocks_asyncio_kwargs = siosocks_asyncio_kwargs
        self._stream: ThrottleStreamIO | None = None
        self._core: anyftp.Client | None = None
        self._lines: list[str] = []

    async def _connect(self, host: str, port: int) -> tuple[str, ...]:
        """Connect and receive the greeting's lines. Cancellation: nothing stays open."""
        self.server_host, self.server_port = host, port
        self._stream = self._unread = None
        self._tls = await default_context() if self.ssl is True else self.ssl or None
        core = self._make_core()
        is_tls = False
        if is_own(self, "_open_connection"):
            async with asyncio.timeout(self.connection_timeout or None):
                self._opened = await self._open_connection(host, port)
            is_tls = self._opened[1].get_extra_info("ssl_object") is not None
        name = "localhost" if host is None else host
        with translated_errors(("220",)):
            greeting = await core.connect(
                name, _port_number(port), tls="implicit" if self.ssl and not is_tls else None
            )
        self._core = core
        self._stream = patched.client.ThrottleStreamIO(
            *self._control_pair(), throttles={"_": self.throttle}, timeout=self.socket_timeout
        )
        return tuple(greeting)

    @property
    def stream(self) -> ThrottleStreamIO:
        """The control connection.

        Raises:
            ConnectionError: not connected yet.
        """
        if self._stream is None:
            raise ConnectionError("Connect first")
        return self._stream

    def close(self) -> None:
        """Close at once, without a word."""
        if self._core is not None:
            self._core.close()
        if self._stream is not None:
            self._stream.close()

    @stock
    async def _open_connection(self, host: str, port: int) -> Pair:
        """Connect: the control connection in clear text, data connections protected as it is.

        What a subclass puts here makes all connections of its clients.

        Cancellation: nothing stays open.
        """
        is_plain = self._tls is None or self._stream is None
        context = None if is_plain else self._data_context()
        return await open_pair(self._siosocks_asyncio_kwargs, host, port, context, self.server_host)

    async def _open_for_core(self, host: str, port: int) -> Pair:
        opened, self._opened = self._opened, None
        return opened or await self._open_connection(host, port)

    def _data_context(self) -> ssl.SSLContext:
        """For data connections of asyncio's: it resumes the control connection's session."""
        session = getattr(self._connected().control_stream, "session", None)
        assert self._tls is not None
        return SSLSessionBoundContext(ssl.PROTOCOL_TLS_CLIENT, self._tls, session)  # type: ignore[arg-type]  # None without one

    def _control_pair(self) -> Pair:
        return control_pair(anyftp.StreamIO(self._connected().control_stream), self._begin_tls)

    async def _begin_tls(self, context: ssl.SSLContext, server_hostname: str | None) -> None:
        """Do the handshake after AUTH, whoever sent it. Cancellation: breaks the connection."""
        with translated_errors():
            await self._connected().start_tls(context, server_hostname)
        self._tls = context
        self.stream.reader, self.stream.writer = self._control_pair()  # it stays the same object

    def _is_connected(self) -> bool:
        return self._core is not None and self._core.is_connected

    def _connected(self) -> anyftp.Client:
        """The core's client.

        Raises:
            ConnectionError: there is no connection.
        """
        if self._core is None:
            raise ConnectionError("Connect first")
        if not self._core.is_connected:
            raise ConnectionResetError("Connection lost")
        return self._core

    def _make_core(self) -> anyftp.Client:
        self._core_passive_commands = tuple(self._passive_commands)
        return CoreClient(
            timeout=self.socket_timeout or None,
            connection_timeout=self.connection_timeout or None,
            login_timeout=None,
            encoding=self.encoding,
            ssl_context=self._tls,
            dialler=dialler(
                self._siosocks_asyncio_kwargs,
                self._open_for_core if is_own(self, "_open_connection") else None,
            ),
            passive_commands=_names_in_core(self._passive_commands),
            trust_passive_host=self.trust_server_pasv_ipv4_address,
            strict_replies=True,
            trace=_Log(self),
        )


class _Log:
    """Lines of the control connection as aioftp logs them, and for who waits for a reply's."""

    def __init__(self, client: Connecting) -> None:
        self._client = client

    def is_wanted(self) -> bool:
        """Whether a line would be read: the logger hears it, or is no longer as it was."""
        logger = patched.client.logger
        is_genuine = getattr(logger.debug, "__func__", None) is _DEBUG
        is_wanted: bool = not is_genuine or logger.isEnabledFor(logging.DEBUG)
        return is_wanted or self._client._hear is not None

    def __call__(self, direction: Literal["sent", "received"], line: str) -> None:
        """Take a line; the core has put stars in place of passwords."""
        client = self._client
        if direction == "sent":
            if client._censor_after is not None:
                line = line[: client._censor_after] + "****"
        elif client._hear is not None:
            client._hear(line)
        patched.client.logger.debug("%s", line.rstrip())


def _port_number(port: int | str | None) -> int:
    """A port as `asyncio.open_connection` takes it: a number, digits, a service, or nothing.

    Raises:
        socket.gaierror: there is no such service.
    """
    if isinstance(port, int) or port is None:
        return port or 0
    return int(socket.getaddrinfo(None, port, type=socket.SOCK_STREAM)[0][4][1])


def _names_in_core(names: Sequence[str]) -> list[Literal["EPSV", "PASV"]]:
    """The core's names for passive commands; another one is refused when it is to be used."""
    known: dict[str, Literal["EPSV", "PASV"]] = {"epsv": "EPSV", "pasv": "PASV"}
    return [known[name.lower()] for name in names if name.lower() in known]
