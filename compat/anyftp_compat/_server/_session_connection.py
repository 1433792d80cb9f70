"""A session of the core's server in the form of aioftp's `Connection`."""

from __future__ import annotations

import asyncio
import ssl

import anyftp

from .._ground._connection import Connection
from .._ground._patchable import patched
from .._streams._pairs import Pair, control_pair
from ._state import ServerState, user_behind

_KEY = "anyftp_compat.connection"


def connection_of(server: ServerState, session: anyftp.Session) -> Connection:
    """The session in the form that handlers know, made when it is first asked for."""
    connection: Connection | None = session.attachments.get(_KEY)
    if connection is None:
        connection = _made(server, session)
        session.attachments[_KEY] = connection
    synchronise(server, session, connection)
    return connection


def _made(server: ServerState, session: anyftp.Session) -> Connection:
    reader, writer = _control_pair_of(session)
    connection: Connection = patched.server.Connection(
        client_host=session.peer_host,
        client_port=(writer.get_extra_info("peername") or ("", 0))[1],
        server_host=session.local_host,
        passive_server_port=0,
        server_port=server.server_port,
        command_connection=patched.server.ThrottleStreamIO(reader, writer),
        socket_timeout=server.socket_timeout,
        idle_timeout=server.idle_timeout,
        wait_future_timeout=server.wait_future_timeout,
        block_size=server.block_size,
        path_io_factory=server.path_io_factory,
        path_timeout=server.path_timeout,
        extra_workers=set(),
        acquired=False,
        restart_offset=0,
        _dispatcher=asyncio.current_task(),
    )
    connection.path_io = server.path_io_factory(timeout=server.path_timeout, connection=connection)
    return connection


def _control_pair_of(session: anyftp.Session) -> Pair:
    async def begin_tls(context: ssl.SSLContext, server_hostname: str | None) -> None:
        await session.control.start_tls(context, session.options.handshake_timeout)
        session.protection.context = context
        stream = session.attachments[_KEY].command_connection
        stream.reader, stream.writer = _control_pair_of(session)

    return control_pair(session.control.stream, begin_tls)


def synchronise(server: ServerState, session: anyftp.Session, connection: Connection) -> None:
    """Let the connection show what has become of the session."""
    user = user_behind(session.user)
    renamed = session.state.rename_from
    values = {
        "user": user,
        "logged": None if user is None else True,
        "current_directory": None if user is None else session.cwd,
        "passive_server": session.port,
        "transfer_type": session.state.type_.value,
        "rename_from": renamed and user and user.base_path / renamed.relative_to("/"),
    }
    for name, value in values.items():
        if value is None:
            connection.pop(name, None)
        else:
            setattr(connection, name, value)
    connection.restart_offset = session.state.offset
