"""The client's data connections: streams by any command, and connections given to the program."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import PurePosixPath
from typing import Literal, TypeAlias

from .._ground._codes import wrap_with_container
from .._ground._errors import StatusCodeError
from .._ground._patchable import patchable
from .._ground._timeouts import AsyncEnterableInstanceProtocol, async_enterable
from .._ground._translation import translated_errors
from ._base_client import BaseClient
from ._core_stream import CoreDataStream
from ._data_stream import DataConnectionThrottleStreamIO
from ._dialling import is_open_connection_replaced

RemotePath: TypeAlias = str | PurePosixPath
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
        ways: dict[str, Callable[[], Awaitable[tuple[str, int]]]] = {
            "epsv": self._do_epsv,
            "pasv": self._do_pasv,
        }
        if not names:
            raise ValueError("no passive commands")
        await self.command(f"TYPE {conn_type}", "200")
        for number, name in enumerate(names, 1):
            if name.lower() not in ways:
                raise ValueError(f"{name!r} not in {set(ways)!r}")
            try:
                host, port = await ways[name.lower()]()
            except StatusCodeError as error:
                is_unknown = error.received_codes[-1].matches(_UNKNOWN_COMMAND)
                if number == len(names) or not is_unknown:
                    raise
            else:
                break
        async with asyncio.timeout(self.connection_timeout or None):
            return await self._open_connection(host or self.server_host, port)

    async def _do_epsv(self) -> tuple[str, int]:
        """Where the server listens, by EPSV."""
        _, info = await self._ask("EPSV", "229")
        _, port = self.parse_epsv_response(info[-1])
        return self.server_host, port

    async def _do_pasv(self) -> tuple[str, int]:
        """Where the server listens, by PASV."""
        _, info = await self._ask("PASV", "227")
        host, port = self.parse_pasv_response(info[-1])
        return (host if self.trust_server_pasv_ipv4_address else self.server_host), port

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
        if command is None or self._is_replaced():
            reader, writer = await self.get_passive_connection(conn_type)
            try:
                if offset:
                    await self.command(f"REST {offset}", "350")
                await self.command(command, expected_codes, wait_codes, censor_after)
            except BaseException:
                writer.close()
                raise
            stream: DataConnectionThrottleStreamIO = patchable(
                "client", "DataConnectionThrottleStreamIO"
            )(
                self,
                reader,
                writer,
                throttles={"_": self.throttle},
                timeout=self.socket_timeout,
            )
            return stream
        core = self._connected()
        verb, _, argument = command.partition(" ")
        with translated_errors(wrap_with_container(expected_codes)):
            opened = await core.get_stream(verb, argument, kind=conn_type, offset=offset)
        self._open_stream = CoreDataStream(self, opened, is_upload=verb.upper() in _UPLOADS)
        return self._open_stream

    def _trace(self, direction: Literal["sent", "received"], line: str) -> None:
        super()._trace(direction, line)
        if direction == "received" and self._open_stream is not None:
            self._open_stream.hear(line)

    async def abort(self, *, wait: bool = True) -> None:
        """Break off the transfer that is open.

        What had come before can still be read; then the stream is at its end.

        Args:
            wait: for the server's word that it has done so.

        Cancellation: not interrupted while a transfer is open; bounded.
        """
        stream = self._open_stream
        is_open = stream is not None and not stream.is_settled
        if not wait:
            if stream is not None:
                stream.is_aborted = is_open
            await self.command("ABOR")
        elif stream is not None and is_open:
            await stream.abandon()
        else:
            await self.command("ABOR", "226", "426")

    def _is_replaced(self) -> bool:
        """Whether data connections have to be made by what the program has put in our place."""
        return (
            self._has_own_command()
            or self._opens_by_itself()
            or tuple(self._passive_commands) != self._passive_commands_of_core
            or is_open_connection_replaced()
            or any(
                getattr(getattr(self, name), "__func__", None) is not method
                for name, method in _WAYS.items()
            )
            or patchable("client", "DataConnectionThrottleStreamIO")
            is not DataConnectionThrottleStreamIO
        )


#: What the core does its own way; where a program has put something else there, that way is gone.
_WAYS = {
    name: getattr(DataConnections, name)
    for name in ("get_passive_connection", "_do_epsv", "_do_pasv")
}
