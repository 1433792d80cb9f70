"""Client: aioftp's methods over the core's client."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path, PurePosixPath
from typing import Any, Literal, Self, TypeAlias

from . import _by_command, _trees
from ._base_client import _passive_commands
from ._codes import (
    DEFAULT_ACCOUNT,
    DEFAULT_BLOCK_SIZE,
    DEFAULT_PASSWORD,
    DEFAULT_PORT,
    DEFAULT_USER,
    wrap_with_container,
)
from ._commands import Commands, RemotePath
from ._core_stream import CoreDataStream
from ._data_stream import DataConnectionThrottleStreamIO
from ._handing_over import hand_over, secure
from ._live import live
from ._timeouts import AsyncEnterableInstanceProtocol, async_enterable
from ._translation import translated_errors

ConnType: TypeAlias = Literal["I", "A", "E", "L"]

_UPLOADS = {"STOR", "STOU", "APPE"}


class Client(Commands):
    """An FTP client.

    Args:
        socket_timeout: seconds for a reply, and for data to move.
        connection_timeout: seconds to connect.
        read_speed_limit, write_speed_limit: bytes per second.
        path_timeout: seconds for an operation on local files.
        path_io_factory: makes the local file system.
        encoding: of names.
        ssl: a context, or True for the default one: TLS from the first byte.
        parse_list_line_custom: a parser of lines of LIST of one's own.
        parse_list_line_custom_first: whether it is asked first or last.
        passive_commands: "epsv" and "pasv" in the order in which they are to be tried.
        trust_server_pasv_ipv4_address: connect to the address in the reply to PASV.
        siosocks_asyncio_kwargs: a SOCKS proxy: socks_host, socks_port, socks_version, username,
            password.
    """

    _open_stream: CoreDataStream | None = None

    async def connect(self, host: str, port: int = DEFAULT_PORT) -> list[str]:
        """Connect; returns the lines of the greeting. See `BaseClient.connect`."""
        info: list[str] = await super().connect(host, port)
        return info

    async def upgrade_to_tls(self, sslcontext: ssl.SSLContext | None = None) -> None:
        """Protect the connection by AUTH TLS, and data connections after it.

        Raises:
            ssl.SSLError: the certificate does not verify.
            StatusCodeError: the server refused.

        Cancellation: closes the connection.
        """
        core = self._connected()
        with translated_errors():
            self._tls = sslcontext or ssl.create_default_context()
            await core.upgrade_to_tls(self._tls)
        self._present_stream()

    async def login(
        self,
        user: str = DEFAULT_USER,
        password: str = DEFAULT_PASSWORD,
        account: str = DEFAULT_ACCOUNT,
    ) -> None:
        """Log in.

        Raises:
            StatusCodeError: user or password are refused.

        Cancellation: safe.
        """
        if self._has_own_command():
            await _by_command.log_in(self, user, password, account)
            return
        core = self._connected()
        with translated_errors(("230", "33x")):
            await core.login(user, password, account)

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

    async def upload(
        self,
        source: str | Path,
        destination: RemotePath = "",
        *,
        write_into: bool = False,
        block_size: int = DEFAULT_BLOCK_SIZE,
    ) -> None:
        """Upload a file, or a folder with everything in it.

        Args:
            source: local file or folder.
            destination: remote folder to put it in; or its name, with write_into.
            write_into: take the destination for the name of the copy.
            block_size: bytes for one read of a file system of one's own.

        Cancellation: leaves the control connection in step.
        """
        await _trees.upload(self, Path(source), PurePosixPath(destination), write_into, block_size)

    def download_stream(
        self, source: RemotePath, *, offset: int = 0
    ) -> AsyncEnterableInstanceProtocol[DataConnectionThrottleStreamIO]:
        """Read a remote file (RETR), from offset on. See `get_stream`."""
        return self.get_stream(f"RETR {source}", "1xx", offset=offset)

    async def download(
        self,
        source: RemotePath,
        destination: RemotePath = "",
        *,
        write_into: bool = False,
        block_size: int = DEFAULT_BLOCK_SIZE,
    ) -> None:
        """Download a file, or a folder with everything in it.

        Args:
            source: remote file or folder.
            destination: local folder to put it in; or its name, with write_into.
            write_into: take the destination for the name of the copy.
            block_size: bytes for one read of the stream into a file system of one's own.

        Cancellation: leaves the control connection in step, and a part of a file behind.
        """
        await _trees.download(
            self, PurePosixPath(source), Path(destination), write_into, block_size
        )

    async def quit(self) -> None:
        """Say goodbye (QUIT) and close; bounded. Cancellation: closes at once."""
        if self._has_own_command():
            await self.command("QUIT", "2xx")
            self.close()
            return
        core = self._connected()
        with translated_errors():
            await core.quit()

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
        if self._has_own_command() and self._tls is None:
            names = self._passive_commands if commands is None else commands
            return await _by_command.open_data_connection(self, conn_type, names)
        core = self._connected()
        wanted = _passive_commands(commands) if commands else None
        with translated_errors(("227",)):
            stream = await core.open_data_connection(kind=conn_type, commands=wanted)
            if self._tls is not None:
                session = getattr(core.control_stream, "session", None)
                return await secure(stream, self._tls, self.server_host, session)
        return await hand_over(stream)

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
            if offset:
                await self.command(f"REST {offset}", "350")
            await self.command(command, expected_codes, wait_codes, censor_after)
            stream: DataConnectionThrottleStreamIO = live(
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
        if stream is not None and not stream.is_settled:
            await stream.abandon()
        elif wait:
            await self.command("ABOR", "226", "426")
        else:
            await self.command("ABOR")

    @classmethod
    @asynccontextmanager
    async def context(
        cls,
        host: str,
        port: int = DEFAULT_PORT,
        user: str = DEFAULT_USER,
        password: str = DEFAULT_PASSWORD,
        account: str = DEFAULT_ACCOUNT,
        upgrade_to_tls: bool = False,
        **kwargs: Any,
    ) -> AsyncGenerator[Self, None]:
        """Connect, log in, and quit at the end of the block.

        Args:
            upgrade_to_tls: protect the connection before the login.
            kwargs: as for `Client`.

        Cancellation: closes everything.
        """
        client = cls(**kwargs)
        try:
            await client.connect(host, port)
            if upgrade_to_tls:
                await client.upgrade_to_tls()
            await client.login(user, password, account)
        except BaseException:
            client.close()
            raise
        try:
            yield client
        except asyncio.CancelledError:
            client.close()
            raise
        finally:
            if client._core is not None and client._core.is_connected:
                await client.quit()

    def _is_replaced(self) -> bool:
        """Whether data connections have to be made by what the program has put in our place."""
        return (
            self._has_own_command()
            or getattr(self.get_passive_connection, "__func__", None) is not _GET_PASSIVE_CONNECTION
            or live("client", "DataConnectionThrottleStreamIO")
            is not DataConnectionThrottleStreamIO
        )


#: What runs the core's way; where a program has put something else there, its own way is gone.
_GET_PASSIVE_CONNECTION = Client.get_passive_connection
