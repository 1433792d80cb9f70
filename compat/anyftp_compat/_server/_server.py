"""Server: aioftp's server over the core's."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Unpack, cast

import anyftp

from .._ground._connection import Connection
from .._ground._logs import log_line
from .._ground._patchable import patched
from .._streams._stream import StreamIO
from .._streams._throttle import StreamThrottle, for_core, ours
from ._command_table import AnsweredAtOnce, CommandTable
from ._listening import (
    AsyncIOStartServerKwargs,
    ListeningServer,
    Status,
    bind,
    sockets_of,
)
from ._logins import Logins
from ._permissions import User
from ._session_connection import connection_of
from ._state import ServerState, user_behind

_NO_LIMIT = 1 << 30
_NO_TIMEOUT = 10.0 * 365 * 24 * 3600


class Server(ServerState):
    """An FTP server.

    Args:
        users: users, or a manager of them; with None everybody may do everything.
        block_size: bytes for one read or write of files.
        socket_timeout: seconds that a data connection may stand still.
        idle_timeout: seconds without a command until a session is closed.
        wait_future_timeout: seconds that a data connection is waited for.
        path_timeout: seconds for one operation on files.
        path_io_factory: makes the file system.
        maximum_connections: sessions at once.
        read_speed_limit, write_speed_limit: bytes per second of all connections.
        read_speed_limit_per_connection, write_speed_limit_per_connection: of each one.
        ipv4_pasv_forced_response_address: what PASV names.
        data_ports: where to listen for data connections.
        encoding: kept as an attribute; names are UTF-8, other bytes in them survive.
        ssl: TLS from the first byte.
        welcome_message: text of the greeting.
        system_type: what SYST says.
    """

    server: asyncio.Server
    core: anyftp.Server
    server_host: str
    server_port: int

    async def start(
        self,
        host: str | None = None,
        port: int = 0,
        **kwargs: Unpack[AsyncIOStartServerKwargs],
    ) -> None:
        """Begin to serve, and return.

        Args:
            host: the address to listen on; all of them if None.
            port: 0 for a free one, see `address`.
            kwargs: of `asyncio.start_server`, which binds the sockets.

        Raises:
            OSError: the address cannot be listened on.

        Cancellation: nothing stays open.
        """
        self.server_port = port
        self._logins = Logins(self)
        self.core = self._make_core()
        bound = await bind(host, port, kwargs)
        self.server = cast("asyncio.Server", ListeningServer(self, bound))
        self.server_host, self.server_port = bound.sockets[0].getsockname()[:2]
        status = Status()
        task = asyncio.create_task(self._serve(bound, status))
        try:
            both: set[asyncio.Future[None]] = {task, status.has_started}
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                await task
        except BaseException:
            task.cancel()
            raise
        self._task = task
        patched.server.logger.info("serving on %s:%s", *self.address)

    async def serve_forever(self) -> None:
        """Wait until the server is closed. Cancellation: the server goes on."""
        if self._task is not None:
            await asyncio.wait({self._task})

    async def run(
        self,
        host: str | None = None,
        port: int = 0,
        **kwargs: Unpack[AsyncIOStartServerKwargs],
    ) -> None:
        """Serve until cancelled. Cancellation: closes the server."""
        await self.start(host, port, **kwargs)
        try:
            await self.serve_forever()
        finally:
            await self.close()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that are listened on."""
        return self.server_host, self.server_port

    @property
    def connections(self) -> dict[StreamIO, Connection]:
        """The connections of this moment by their command connections."""
        found = (connection_of(self, session) for session in self._sessions())
        return {connection.command_connection: connection for connection in found}

    @property
    def throttle_per_user(self) -> dict[User, StreamThrottle]:
        """What all connections of a user share, of the users who are logged in."""
        found = {}
        for session in self._sessions():
            user = user_behind(session.user)
            if user is not None:
                read, write = session.throttles["user_global"]
                found[user] = StreamThrottle(ours(read), ours(write))
        return found

    async def close(self) -> None:
        """Close everything at once. Cancellation: closes all the same."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    async def _serve(self, bound: asyncio.Server, status: Status) -> None:
        try:
            await self.core.serve(sockets=sockets_of(bound), task_status=status)
        finally:
            bound.close()

    def _make_core(self) -> anyftp.Server:
        core = anyftp.Server(
            self._logins,
            ssl_context=self.ssl,
            implicit_tls=self.ssl is not None,
            passive_host=self.ipv4_pasv_forced_response_address,
            max_connections=_NO_LIMIT,
            max_connections_per_address=_NO_LIMIT,
            idle_timeout=self.idle_timeout or _NO_TIMEOUT,
            login_timeout=self.idle_timeout or _NO_TIMEOUT,
            login_delay=0.0,  # a wrong password is answered at once, as there
            stall_timeout=self.socket_timeout or _NO_TIMEOUT,
            accept_timeout=self.wait_future_timeout or _NO_TIMEOUT,
            welcome=self.welcome_message,
            system=self.system_type,
            handlers=CommandTable(self),
            answered_in_transfers=AnsweredAtOnce(),
            trace=log_line,
        )
        core.throttle = for_core(self.throttle)
        core.throttle_per_connection = for_core(self.throttle_per_connection)
        return core

    def _sessions(self) -> Sequence[anyftp.Session]:
        return () if self._task is None else self.core.sessions
