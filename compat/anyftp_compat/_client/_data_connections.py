"""The client's data connections: streams by any command, and connections given to the program."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal, TypeAlias

from .._ground._codes import wrap_with_container
from .._ground._errors import StatusCodeError
from .._ground._patchable import patched
from .._ground._timeouts import AsyncEnterableInstanceProtocol, async_enterable
from .._ground._translation import translated_errors
from .._streams._one_buffer import receive_into_one_buffer
from ._base_client import BaseClient, RemotePath
from ._data_streams import CoreDataStream, DataConnectionThrottleStreamIO
from ._dialling import is_open_connection_replaced
from ._parsers import has_any_own, stock

ConnType: TypeAlias = Literal["I", "A", "E", "L"]

_UPLOADS = {"STOR", "STOU", "APPE"}
_UNKNOWN_COMMAND = "50x"


class DataConnections(BaseClient):
    """What opens a data connection and hands it out; see `Client`."""

    _open_stream: CoreDataStream | None = None

    def upload_stream(
        self, destination: RemotePath, *, offset: int = 0
    ) -> AsyncEnterableInstanceProtocol[DataConnectionThrottleStreamIO]:
        """Write a remote file (STOR), from offset on. See `get_stream`."""
        return self.get_stream(f"STOR {destination}", "1xx", offset=offset)

    def append_stream(
        self, destination: RemotePath, *, offset: int = 0
    ) -> AsyncEnterableInstanceProtocol[DataConnectionThrottleStreamIO]:
        """Write at the end of a remote file (APPE). See `get_stream`."""
        return self.get_stream(f"APPE {destination}", "1xx", offset=offset)

    def download_stream(
        self, source: RemotePath, *, offset: int = 0
    ) -> AsyncEnterableInstanceProtocol[DataConnectionThrottleStreamIO]:
        """Read a remote file (RETR), from offset on. See `get_stream`."""
        return self.get_stream(f"RETR {source}", "1xx", offset=offset)

    @stock
    async def get_passive_connection(
        self, conn_type: ConnType = "I", commands: Sequence[str] | None = None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect a data connection and leave the rest to the caller.

        Where the control connection uses TLS this does the handshake at once, for which some
        servers wait until they have had a command; `get_stream` is right with all of them.

        Args:
            conn_type: the transfer type to have in force.
            commands: passive commands to try instead of the client's.

        Raises:
            StatusCodeError: the server refused.
            OSError: no port answered.
            ValueError: there is no such passive command, or none at all.

        Cancellation: nothing stays open.
        """
        names = list(commands or self._passive_commands)
        ways: dict[str, Callable[[], Awaitable[tuple[str | None, int]]]] = {
            "epsv": self._do_epsv,
            "pasv": self._do_pasv,
        }
        if not names:
            raise ValueError("no passive commands")
        await self.command(f"TYPE {conn_type}", "200")
        for number, name in enumerate(names, 1):
            way = name.lower()
            if way not in ways:
                raise ValueError(f"{way!r} not in {set(ways)!r}")
            try:
                host, port = await ways[way]()
            except StatusCodeError as error:
                is_unknown = error.received_codes[-1].matches(_UNKNOWN_COMMAND)
                if number == len(names) or not is_unknown:
                    raise
            else:
                break
        async with asyncio.timeout(self.connection_timeout or None):
            return await self._open_connection(host or self.server_host, port)

    @stock
    async def _do_epsv(self) -> tuple[str | None, int]:
        """Where the server listens, by EPSV; no host is that of the control connection."""
        _, info = await self._ask("EPSV", "229")
        return self.parse_epsv_response(info[-1])

    @stock
    async def _do_pasv(self) -> tuple[str | None, int]:
        """Where the server listens, by PASV; as `_do_epsv`."""
        _, info = await self._ask("PASV", "227")
        host, port = self.parse_pasv_response(info[-1])
        return (host if self.trust_server_pasv_ipv4_address else None), port

    @async_enterable
    async def get_stream(
        self,
        command: str | None = None,
        expected_codes: str | tuple[str, ...] = (),
        wait_codes: str | tuple[str, ...] = (),
        censor_after: int | None = None,
        conn_type: ConnType = "I",
        offset: int = 0,
    ) -> DataConnectionThrottleStreamIO:
        """Open the data connection of any command that has one: await it, or enter it.

        Args:
            command, expected_codes, wait_codes, censor_after: as for `command`.
            conn_type: the transfer type to have in force.
            offset: where in the file to begin (REST).

        Raises:
            StatusCodeError: the server refused.

        Cancellation: leaves the control connection in step.
        """
        expected = wrap_with_container(expected_codes)
        is_usual = "1xx" in expected and not wait_codes
        if command is None or not is_usual or self._is_replaced():
            return await self._stream_by_command(
                conn_type, offset, command, expected_codes, wait_codes, censor_after
            )
        verb, _, argument = command.partition(" ")
        with translated_errors(expected):
            opened = await self._connected().get_stream(
                verb, argument, kind=conn_type, offset=offset
            )
        self._hear = self._unread = None
        self._open_stream = CoreDataStream(self, opened, is_upload=verb.upper() in _UPLOADS)
        return self._open_stream

    async def _stream_by_command(
        self,
        conn_type: ConnType,
        offset: int,
        command: str | None,
        expected_codes: str | tuple[str, ...],
        wait_codes: str | tuple[str, ...],
        censor_after: int | None,
    ) -> DataConnectionThrottleStreamIO:
        """As aioftp does it step by step, each of which a program may have replaced."""
        reader, writer = await self.get_passive_connection(conn_type)
        if command is None or command.partition(" ")[0].upper() not in _UPLOADS:
            receive_into_one_buffer(reader, writer)
        try:
            if offset:
                await self.command(f"REST {offset}", "350")
            await self.command(command, expected_codes, wait_codes, censor_after)
        except BaseException:
            writer.close()
            raise
        kind = patched.client.DataConnectionThrottleStreamIO
        stream: DataConnectionThrottleStreamIO = kind(
            self, reader, writer, throttles={"_": self.throttle}, timeout=self.socket_timeout
        )
        return stream

    async def abort(self, *, wait: bool = True) -> None:
        """Break off the transfer that is open.

        What had come before can still be read; then the stream is at its end.

        Args:
            wait: for the server's word that it has done so.

        Cancellation: not interrupted while a transfer is open; bounded.
        """
        stream = self._open_stream
        if stream is not None and stream.is_settled:
            stream = None
        if not wait:
            self._hear = None if stream is None else stream.hear
            await self.command("ABOR")
        elif stream is not None:
            await stream.abandon()
        else:
            await self.command("ABOR", "226", "426")

    def _is_replaced(self) -> bool:
        """Whether data connections have to be made by what the program has put in our place."""
        return (
            has_any_own(self)
            or tuple(self._passive_commands) != self._core_passive_commands
            or is_open_connection_replaced()
            or patched.client.DataConnectionThrottleStreamIO is not DataConnectionThrottleStreamIO
        )
