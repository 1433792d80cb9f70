"""Commands written by users, run inside a session of the core's server.

A handler of aioftp's says what it has to say by `connection.response(…)`, whenever it likes, and
may start tasks that go on saying things. Here the handler runs as a task of its own while the
session waits and sends its replies one after the other, until the handler and the tasks that it
has left in `connection.extra_workers` are done.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import anyftp

from ._connection import Connection
from ._facade import CoreReader, CoreWriter
from ._throttled import ThrottleStreamIO

if TYPE_CHECKING:
    from ._server import Server

OwnHandler = Callable[[Connection, str], Awaitable[Any]]

_KEY = "anyftp_compat.connection"


class Exchange:
    """One command of a user's own in one session.

    Args:
        server: whose command it is.
        session: the core's session.
    """

    def __init__(self, server: Server, session: anyftp.Session) -> None:
        self._server = server
        self._session = session
        self._replies: asyncio.Queue[anyftp.Reply | None] = asyncio.Queue()
        self._stack = contextlib.AsyncExitStack()
        self.connection = connection_of(server, session)

    async def run(self, handler: OwnHandler, rest: str) -> None:
        """Run a handler to its end and send what it says.

        Cancellation: cancels the handler and its tasks.
        """
        connection = self.connection
        connection.response = self._respond
        connection.wanted = self._provide
        task = asyncio.ensure_future(handler(connection, rest))
        running: set[asyncio.Future[Any]] = {task}
        task.add_done_callback(lambda _: self._replies.put_nowait(None))
        try:
            while (reply := await self._next(running)) is not None:
                await self._session.control.send(reply)
            if not await task:
                self._session.is_over = True
        finally:
            for each in running:
                each.cancel()
            await self._stack.aclose()
            self._take_back()

    async def perform(self, verb: str, rest: str) -> bool:
        """What the server itself does for a verb; whether the session goes on."""
        core = self._server.core
        reply = await core.perform(self._session, verb, str(rest))
        if reply is not None:
            self._replies.put_nowait(reply)
        _synchronise(self._server, self._session, self.connection)
        over, self._session.is_over = self._session.is_over, False
        return not over

    async def _next(self, running: set[asyncio.Future[Any]]) -> anyftp.Reply | None:
        """The next reply; None once everything that could give one is done."""
        while True:
            for worker in self.connection.extra_workers - running:
                running.add(worker)
                worker.add_done_callback(lambda _: self._replies.put_nowait(None))
            if self._replies.empty() and all(each.done() for each in running):
                return None
            reply = await self._replies.get()
            if reply is not None:
                return reply

    def _respond(self, code: str, lines: str | Sequence[str] = "", list: bool = False) -> None:
        """What handlers call: a reply of one line or several."""
        texts = (lines,) if isinstance(lines, str) else tuple(lines)
        if list:
            texts = (*texts[:1], *(f" {text}" for text in texts[1:-1]), *texts[1:][-1:])
        self._replies.put_nowait(anyftp.Reply(code, texts))

    async def _provide(self, names: Sequence[str]) -> None:
        """Make the data connection once it is asked for."""
        if "data_connection" not in names or self.connection["data_connection"].done():
            return
        if self._session.port is None:
            return
        context = self._server.core.data_connection(self._session, None)
        stream = await self._stack.enter_async_context(context)
        reader = CoreReader(stream)
        self.connection.data_connection = _ServerDataStream(stream, reader)

    def _take_back(self) -> None:
        """Keep what the handler has changed about the session."""
        connection = self.connection
        current = connection.get("current_directory")
        if current is not None and current.done():
            self._session.cwd = PurePosixPath(current.result())


class _ServerDataStream(ThrottleStreamIO):
    """A data connection for handlers; the core's stream below pays its throttles."""

    def __init__(self, core: anyftp.ThrottleStreamIO, reader: CoreReader) -> None:
        super().__init__(reader, CoreWriter(core, reader))
        self.core = core

    async def __aexit__(self, *args: Any) -> None:
        if not self.writer.is_closing():
            await self.writer.drain()
        await self.core.aclose()


def known_connection(session: anyftp.Session) -> Connection | None:
    """The session in the form that handlers know, if one of them has seen it."""
    found: Connection | None = session.attachments.get(_KEY)
    return found


def connection_of(server: Server, session: anyftp.Session) -> Connection:
    """The session in the form that handlers know, made at its first command of a user's own."""
    connection = session.attachments.get(_KEY)
    if connection is None:
        connection = Connection(
            client_host=session.peer_host,
            server_host=session.local_host,
            passive_server_port=0,
            server_port=server.server_port,
            socket_timeout=server.socket_timeout,
            idle_timeout=server.idle_timeout,
            wait_future_timeout=server.wait_future_timeout,
            block_size=server.block_size,
            path_io_factory=server.path_io_factory,
            path_timeout=server.path_timeout,
            extra_workers=set(),
            acquired=True,
            restart_offset=0,
            _dispatcher=asyncio.current_task(),
        )
        connection.path_io = server.path_io_factory(
            timeout=server.path_timeout, connection=connection
        )
        session.attachments[_KEY] = connection
    _synchronise(server, session, connection)
    return connection


def _synchronise(server: Server, session: anyftp.Session, connection: Connection) -> None:
    """Let the connection show what has become of the session."""
    user = None if session.user is None else server.user_behind(session.user)
    if user is None:
        for name in ("user", "logged", "current_directory"):
            connection.pop(name, None)
    else:
        connection.user = user
        connection.logged = True
        connection.current_directory = session.cwd
    if session.port is None:
        connection.pop("passive_server", None)
    else:
        connection.passive_server = session.port
