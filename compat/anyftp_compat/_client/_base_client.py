"""BaseClient: the control connection's commands and replies, and parsers of replies."""

from __future__ import annotations

from pathlib import Path, PurePath, PurePosixPath
from typing import TypeAlias, TypedDict, Unpack

import anyftp

from .._ground._codes import DEFAULT_PORT, Code, wrap_into_codes, wrap_with_container
from .._ground._errors import InvalidCommand, StatusCodeError
from .._ground._patchable import patched
from .._ground._translation import raw_info, raw_lines, translated_errors
from ._connecting import Connecting
from ._parsers import Parsers, is_own, stock

Answer: TypeAlias = tuple[Code, list[str]]
RemotePath: TypeAlias = str | PurePosixPath


def pure_path(path: RemotePath) -> PurePosixPath:
    """As it is where it is one already: taking it apart once more costs more than a command."""
    return path if type(path) is PurePosixPath else PurePosixPath(path)


def local_path(path: str | PurePath) -> Path:
    """As `pure_path`."""
    return path if isinstance(path, Path) else Path(path)


class Censoring(TypedDict, total=False):
    """As for `BaseClient.command`."""

    censor_after: int | None


class BaseClient(Connecting, Parsers):
    """The control connection of a client; see `Client`."""

    async def connect(self, host: str, port: int = DEFAULT_PORT) -> object:
        """Connect. The greeting is the reply that `command(None, "220", "120")` gives then.

        Raises:
            OSError: the server could not be reached.
            asyncio.TimeoutError: not within `connection_timeout`.
            StatusCodeError: the server sent us away.

        Cancellation: nothing stays open.
        """
        self._unread = anyftp.Reply("220", await self._connect(host, port))
        self._lines = []
        return None

    @stock
    async def parse_line(self) -> tuple[Code, str]:
        """Receive one line of a reply; returns the first three characters, and the rest.

        Raises:
            ConnectionResetError: the server closed the connection.
            asyncio.TimeoutError: it did not come within `socket_timeout`.

        Cancellation: safe.
        """
        if not self._lines:
            reply = await self._next_reply()
            self._lines = raw_lines(reply.code, reply.lines)
        line = self._lines.pop(0)
        return Code(line[:3]), line[3:]

    @stock
    async def parse_response(self) -> tuple[Code, list[str]]:
        """Receive a whole reply: its code, and its lines as they stand behind the code.

        Raises:
            ConnectionResetError: the server closed the connection, or sent what is no reply.
            asyncio.TimeoutError: it did not come within `socket_timeout`.

        Cancellation: safe; what had come stays for the next call.
        """
        if is_own(self, "parse_line"):
            return await self._response_by_lines()
        reply = await self._next_reply()
        return patched.client.Code(reply.code), raw_info(reply.lines)

    async def _response_by_lines(self) -> tuple[Code, list[str]]:
        code, line = await self.parse_line()
        start, info = "", [line]
        while info[0].startswith("-") and not (line.startswith(" ") and start == code):
            start, line = await self.parse_line()
            info.append(line if start == code else f"{start}{line}")
        return code, info

    async def _next_reply(self) -> anyftp.Reply:
        core = self._connected()
        reply, self._unread = self._unread, None
        if reply is not None:
            return reply
        with translated_errors():
            try:
                return await core.receive_reply()
            except anyftp.ConnectionLost as lost:
                if not lost.received_codes:
                    raise
                return anyftp.Reply(lost.received_codes[0], tuple(lost.info))  # one like others

    @stock
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

    @stock
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
        self._unread = None
        self._censor_after = censor_after
        try:
            with translated_errors():
                await core.send_command(verb, argument, in_transfer=True)
        finally:
            self._censor_after = None

    async def _ask(
        self, command: str, expected: str | tuple[str, ...], **options: Unpack[Censoring]
    ) -> Answer:
        """A command of which a reply is expected."""
        answer = await self.command(command, expected, **options)
        assert answer is not None
        return answer
