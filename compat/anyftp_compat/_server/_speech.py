"""How the core has a server of aioftp's greet, read and write.

Where nobody has overridden a method the core reads and writes by itself.
"""

from __future__ import annotations

import functools
from typing import cast

import anyftp

from .._ground._codes import END_OF_LINE
from .._ground._connection import Connection
from .._ground._patchable import patched
from .._streams._stream import StreamIO
from ._own_commands import Exchange
from ._session_connection import connection_of
from ._state import ServerState
from ._stock_commands import StockCommands


async def greet(server: ServerState, session: anyftp.Session, argument: str) -> None:
    """Begin a session: see to hooks, let `greeting` speak, count the connection.

    Cancellation: as `greeting`'s.
    """
    connection = connection_of(server, session)
    place = connection.client_host, connection.client_port
    patched.server.logger.info("new connection from %s:%s", *place)
    session.at_end(functools.partial(_leave, server, connection))
    if _is_own(server, "write_response") or _is_own(server, "write_line"):
        session.control.sender = functools.partial(_write, server, session)
    if _is_own(server, "parse_command"):
        session.control.rewriter = functools.partial(_parse, server)
    await Exchange(server, session, "").run(server.greeting, "")


def _is_own(server: ServerState, name: str) -> bool:
    return getattr(getattr(server, name), "__func__", None) is not getattr(StockCommands, name)


def _leave(server: ServerState, connection: Connection) -> None:
    place = connection.client_host, connection.client_port
    patched.server.logger.info("closing connection from %s:%s", *place)
    if connection.acquired:
        connection.acquired = False
        server.available_connections.release()


async def _write(server: ServerState, session: anyftp.Session, reply: anyftp.Reply) -> None:
    stream = connection_of(server, session).command_connection
    is_list = len(reply.lines) > 1 and not isinstance(reply.lines[-1], anyftp.CodedLine)
    lines = reply.lines[0] if len(reply.lines) == 1 else list(reply.lines)
    await server.write_response(stream, reply.code, lines, is_list)


async def _parse(server: ServerState, line: bytes) -> bytes:
    stream = cast("StreamIO", _OneLine(line))
    verb, rest = await server.parse_command(stream)
    return f"{verb} {rest}".rstrip().encode(server.encoding, "surrogateescape")


class _OneLine:
    """A stream in which one line has come."""

    def __init__(self, line: bytes) -> None:
        self._line = line

    async def readline(self) -> bytes:
        """Give it, with its ending."""
        return self._line + END_OF_LINE.encode()
