"""How a server of aioftp's greets, reads and writes, and how the core has it do so.

Where nobody has overridden a method the core reads and writes by itself.
"""

from __future__ import annotations

import asyncio
import functools
import warnings
from collections.abc import Sequence
from typing import Any, cast

import anyftp

from .._ground._codes import END_OF_LINE
from .._ground._connection import Connection
from .._ground._patchable import patched
from .._streams._stream import StreamIO
from ._own_commands import Exchange
from ._replies import CodedReply, reply_of
from ._session_connection import connection_of
from ._state import ServerState

#: Called by nobody: the core runs sessions in their place.
_DEAD = ("dispatcher", "response_writer")


class Speech(ServerState):
    """The methods that speak; see `Server`."""

    async def dispatcher(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Not to be called here: the core runs the sessions."""
        raise NotImplementedError("sessions are run by anyftp's server")

    async def write_line(self, stream: StreamIO, line: str) -> None:
        """Write a line to a stream. Cancellation: breaks the stream."""
        await stream.write((line + END_OF_LINE).encode(self.encoding, "surrogateescape"))

    async def write_response(
        self, stream: StreamIO, code: str, lines: str | Sequence[str] = "", list: bool = False
    ) -> None:
        """Write a reply to a stream. Cancellation: breaks the stream."""
        reply = reply_of(code, lines, list).encode("utf-8").decode("utf-8", "surrogateescape")
        for line in reply.removesuffix(END_OF_LINE).split(END_OF_LINE):
            await self.write_line(stream, line)

    async def response_writer(self, stream: StreamIO, response_queue: asyncio.Queue[Any]) -> None:
        """Write replies from a queue until cancelled. Cancellation: ends it."""
        while True:
            arguments = await response_queue.get()
            try:
                await self.write_response(stream, *arguments)
            finally:
                response_queue.task_done()

    async def parse_command(
        self, stream: StreamIO, censor_commands: tuple[str] = ("pass",)
    ) -> tuple[str, str]:
        """Read a command from a stream: its verb in lower case, and the rest.

        Raises:
            ConnectionResetError: the client is gone.

        Cancellation: safe.
        """
        line = await stream.readline()
        if not line:
            raise ConnectionResetError
        verb, _, rest = line.decode(self.encoding).rstrip().partition(" ")
        return verb.lower(), rest


def warn_of_dead_hooks(server: Speech) -> None:
    """Say of overridden methods that nobody calls them."""
    for name in _DEAD:
        if getattr(type(server), name) is not getattr(Speech, name):
            warnings.warn(
                f"{type(server).__name__}.{name} is never called: anyftp runs the sessions",
                RuntimeWarning,
                stacklevel=3,
            )


async def greet(server: Speech, session: anyftp.Session, argument: str) -> None:
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
    await Exchange(server, session).run(server.greeting, "")


def _is_own(server: Speech, name: str) -> bool:
    return getattr(getattr(server, name), "__func__", None) is not getattr(Speech, name)


def _leave(server: Speech, connection: Connection) -> None:
    place = connection.client_host, connection.client_port
    patched.server.logger.info("closing connection from %s:%s", *place)
    if connection.acquired:
        connection.acquired = False
        server.available_connections.release()


async def _write(server: Speech, session: anyftp.Session, reply: anyftp.Reply) -> None:
    stream = connection_of(server, session).command_connection
    is_list = len(reply.lines) > 1 and not isinstance(reply, CodedReply)
    lines = reply.lines[0] if len(reply.lines) == 1 else list(reply.lines)
    await server.write_response(stream, reply.code, lines, is_list)


async def _parse(server: Speech, line: bytes) -> bytes:
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
