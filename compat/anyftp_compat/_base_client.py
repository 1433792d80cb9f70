"""BaseClient: settings, the control connection's commands and replies, and parsers of replies."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from typing import Any, Literal

import anyftp

from ._codes import Code, wrap_into_codes, wrap_with_container
from ._dialling import dialler
from ._facade import CoreReader, CoreWriter
from ._live import live
from ._parsers import ParseListLineCustomCallable, Parsers
from ._throttle import StreamThrottle
from ._throttled import ThrottleStreamIO
from ._translation import raw_info, translated_errors
from .errors import InvalidCommand, StatusCodeError
from .pathio import AbstractPathIO, PathIO


class BaseClient(Parsers):
    """The control connection of a client; see `Client`."""

    _tls: ssl.SSLContext | None = None
    _censor_after: int | None = None

    def __init__(
        self,
        *,
        socket_timeout: float | int | None = None,
        connection_timeout: float | int | None = None,
        read_speed_limit: int | None = None,
        write_speed_limit: int | None = None,
        path_timeout: float | int | None = None,
        path_io_factory: type[AbstractPathIO[Any]] = PathIO,
        encoding: str = "utf-8",
        ssl: ssl.SSLContext | bool | None = None,
        parse_list_line_custom: ParseListLineCustomCallable | None = None,
        parse_list_line_custom_first: bool = True,
        passive_commands: tuple[str, ...] = ("epsv", "pasv"),
        trust_server_pasv_ipv4_address: bool = False,
        **siosocks_asyncio_kwargs: Any,
    ) -> None:
        self.socket_timeout = socket_timeout
        self.connection_timeout = connection_timeout
        self.throttle: StreamThrottle = live("client", "StreamThrottle").from_limits(
            read_speed_limit, write_speed_limit
        )
        self.path_timeout = path_timeout
        self.path_io: AbstractPathIO[Any] = path_io_factory(timeout=path_timeout)
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

    async def connect(self, host: str, port: int = 21) -> Any:
        """Connect and receive the greeting.

        Raises:
            OSError: the server could not be reached.
            asyncio.TimeoutError: not within `connection_timeout`.
            StatusCodeError: the server sent us away.

        Cancellation: nothing stays open.
        """
        self.server_host, self.server_port = host, port
        core = self._make_core()
        with translated_errors(("220",)):
            info = await core.connect(host, port, tls="implicit" if self.ssl else None)
        self._core = core
        self._lines = []
        self._present_stream()
        return raw_info(info)

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

    async def parse_line(self) -> tuple[Code, str]:
        """Receive one line of a reply; returns the first three characters, and the rest.

        Raises:
            ConnectionResetError: the server closed the connection.
            asyncio.TimeoutError: it did not come within `socket_timeout`.

        Cancellation: safe.
        """
        if not self._lines:
            code, info = await self.parse_response()
            first, last = [f"{code}{info[0]}"], [f"{code}{info[-1]}"]
            self._lines = first + (info[1:-1] + last if len(info) > 1 else [])
        line = self._lines.pop(0)
        return Code(line[:3]), line[3:]

    async def parse_response(self) -> tuple[Code, list[str]]:
        """Receive a whole reply: its code, and its lines as they stand behind the code.

        Raises:
            ConnectionResetError: the server closed the connection, or sent what is no reply.
            asyncio.TimeoutError: it did not come within `socket_timeout`.

        Cancellation: safe; what had come stays for the next call.
        """
        core = self._connected()
        with translated_errors():
            reply = await core.receive_reply()
        return live("client", "Code")(reply.code), raw_info(list(reply.lines))

    def check_codes(
        self, expected_codes: Code | tuple[Code, ...], received_code: Code, info: list[str]
    ) -> None:
        """Compare a code with masks.

        Raises:
            StatusCodeError: it matches none of them.
        """
        masks: tuple[Code, ...] = wrap_with_container(expected_codes)
        if not any(received_code.matches(mask) for mask in masks):
            raise StatusCodeError(expected_codes, received_code, info)

    async def command(
        self,
        command: str | None = None,
        expected_codes: str | tuple[str, ...] = (),
        wait_codes: str | tuple[str, ...] = (),
        censor_after: int | None = None,
    ) -> tuple[Code, list[str]] | None:
        """Send a command, read replies past those to wait for, check the last one.

        Args:
            command: the line; None sends nothing.
            expected_codes: masks of replies that are fine; without any, and without wait_codes,
                no reply is read.
            wait_codes: masks of replies after which another one comes.
            censor_after: how much of the line a log may show.

        Returns:
            The code and the lines of the last reply; None if none was read.

        Raises:
            StatusCodeError: the reply is none of the expected.
            InvalidCommand: the line holds a line ending.
            ConnectionError: not connected, or the connection is gone.

        Cancellation: safe; replies that were not read are read off before the next command.
        """
        expected = wrap_into_codes(wrap_with_container(expected_codes))
        waited = wrap_into_codes(wrap_with_container(wait_codes))
        if command:
            await self._send(command, censor_after)
        if not expected and not waited:
            return None
        code, info = await self.parse_response()
        while any(code.matches(mask) for mask in waited):
            code, info = await self.parse_response()
        if expected:
            self.check_codes(expected, code, info)
        return code, info

    async def _send(self, line: str, censor_after: int | None) -> None:
        if "\r" in line or "\n" in line:
            raise InvalidCommand("Command must not contain CR/LF")
        core = self._connected()
        verb, _, argument = line.partition(" ")
        self._lines = []
        self._censor_after = censor_after
        try:
            with translated_errors():
                await core.send_command(verb, argument)
        finally:
            self._censor_after = None

    def _trace(self, direction: Literal["sent", "received"], line: str) -> None:
        """Log a line of the control connection; the core has put stars in place of passwords."""
        if direction == "sent" and self._censor_after is not None:
            line = line[: self._censor_after] + "*" * 8
        live("client", "logger").debug("%s", line.rstrip())

    def _has_own_command(self) -> bool:
        """Whether commands have to go through what the program has put in the place of ours."""
        return getattr(self.command, "__func__", None) is not _COMMAND

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
        self._tls = None
        if self.ssl:
            self._tls = ssl.create_default_context() if self.ssl is True else self.ssl
        core = anyftp.Client(
            timeout=self.socket_timeout or None,
            connection_timeout=self.connection_timeout or None,
            login_timeout=None,
            encoding=self.encoding,
            ssl_context=self._tls,
            dialler=dialler(self._siosocks_asyncio_kwargs),
            passive_commands=_passive_commands(self._passive_commands),
            trust_passive_host=self.trust_server_pasv_ipv4_address,
            trace=self._trace,
        )
        core.throttle = self.throttle
        return core

    def _present_stream(self) -> None:
        """Show the control connection as a stream; again once it is protected."""
        stream = anyftp.StreamIO(self._connected().control_stream)
        reader = CoreReader(stream)
        self._stream = live("client", "ThrottleStreamIO")(
            reader,
            CoreWriter(stream, reader),
            throttles={"_": self.throttle},
            timeout=self.socket_timeout,
        )


#: What sends commands; where a program has put something else there, all goes through that.
_COMMAND = BaseClient.command


def _passive_commands(names: Sequence[str]) -> list[Literal["EPSV", "PASV"]]:
    """The core's names for passive commands.

    Raises:
        ValueError: there is no such command.
    """
    found: list[Literal["EPSV", "PASV"]] = []
    for name in names:
        match name.lower():
            case "epsv":
                found.append("EPSV")
            case "pasv":
                found.append("PASV")
            case _:
                raise ValueError(f"{name!r} not in {{'epsv', 'pasv'}}")
    return found
