"""The client's data connections: streams by any command, and connections given to the program."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Literal, TypeAlias

from .._ground._codes import wrap_with_container
from .._ground._patchable import patchable
from .._ground._timeouts import AsyncEnterableInstanceProtocol, async_enterable
from .._ground._translation import translated_errors
from .._streams._detach import detach
from . import _own_command
from ._base_client import BaseClient
from ._connecting import _passive_commands
from ._core_stream import CoreDataStream
from ._data_stream import DataConnectionThrottleStreamIO

RemotePath: TypeAlias = str | PurePosixPath
ConnType: TypeAlias = Literal["I", "A", "E", "L"]

_UPLOADS = {"STOR", "STOU", "APPE"}


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

        Cancellation: nothing stays open.
        """
        if self._has_own_command():
            names = self._passive_commands if commands is None else commands
            return await _own_command.open_data_connection(self, conn_type, names)
        core = self._connected()
        wanted = _passive_commands(commands) if commands else None
        with translated_errors(("227",)):
            stream = await core.open_data_connection(kind=conn_type, commands=wanted)
            if self._opens_by_itself() and self._opened is not None:
                pair, self._opened = self._opened, None
                return pair
            if self._tls is None:
                return await detach(stream)
            async with asyncio.timeout(self.connection_timeout or None):
                return await detach(stream, self._data_context(), self.server_host)

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

    async def abort(self, *, wait: bool = True) -> None:
        """Break off the transfer that is open.

        Args:
            wait: read the reply to ABOR; where a transfer is open it is read in any case.

        Cancellation: not interrupted; bounded.
        """
        stream = self._open_stream
        if stream is not None and self._has_open_stream():
            await stream.abandon()
        elif wait:
            await self.command("ABOR", "226", "426")
        else:
            await self.command("ABOR")

    def _has_open_stream(self) -> bool:
        return self._open_stream is not None and not self._open_stream.is_settled

    def _is_replaced(self) -> bool:
        """Whether data connections have to be made by what the program has put in our place."""
        return (
            self._has_own_command()
            or (self._opens_by_itself() and self._tls is not None)
            or getattr(self.get_passive_connection, "__func__", None) is not _GET_PASSIVE_CONNECTION
            or patchable("client", "DataConnectionThrottleStreamIO")
            is not DataConnectionThrottleStreamIO
        )


#: What runs the core's way; where a program has put something else there, its own way is gone.
_GET_PASSIVE_CONNECTION = DataConnections.get_passive_connection
