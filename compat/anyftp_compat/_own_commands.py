"""Commands written by users, run inside a session of the core's server.

A handler of aioftp's says what it has to say by `connection.response(…)`, whenever it likes, and
may start tasks that go on saying things. Here the handler runs as a task of its own while the
session waits and sends its replies one after the other, until the handler and the tasks that it
has left in `connection.extra_workers` are done.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import anyftp

from ._connection import Connection
from ._control_stream import control_pair
from ._facade import CoreReader, CoreWriter
from ._handing_over import Pair
from ._live import live
from ._throttled import ThrottleStreamIO

if TYPE_CHECKING:
    from ._server import Server

OwnHandler = Callable[[Connection, str], Awaitable[Any]]

_KEY = "anyftp_compat.connection"
_ROOT = PurePosixPath("/")


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
        self._has_moved_data = False
        self.connection = connection_of(server, session)

    async def run(self, handler: OwnHandler, rest: str) -> None:
        """Run a handler to its end and send what it says.

        Cancellation: cancels the handler and its tasks.
        """
        connection = self.connection
        connection.response = self._respond
        connection._provide = self._provide
        task = asyncio.ensure_future(handler(connection, rest))
        running: set[asyncio.Future[Any]] = {task}
        task.add_done_callback(lambda _: self._replies.put_nowait(None))
        try:
            while (reply := await self._next(running)) is not None:
                await self._session.control.send(reply)
            is_open = await task
            for worker in running:
                if not worker.cancelled():
                    worker.result()
            if not is_open:
                self._session.is_over = True
        finally:
            for each in running:
                each.cancel()
            await self._stack.aclose()
            self._take_back()

    async def perform(self, verb: str, rest: str) -> bool:
        """What the server itself does for a verb; whether the session goes on."""
        core = self._server.core
        self._take_back()
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
        self._replies.put_nowait(reply_of(code, lines, list))

    async def _provide(self, names: Sequence[str]) -> None:
        """Make the data connection once it is asked for."""
        if "data_connection" not in names or self.connection["data_connection"].done():
            return
        if self._session.port is None:
            return
        self._has_moved_data = True
        context = self._server.core.data_connection(self._session, None)
        stream = await self._stack.enter_async_context(context)
        reader = CoreReader(stream)
        self.connection.data_connection = _ServerDataStream(stream, reader)

    def _take_back(self) -> None:
        """Keep what the handler has changed about the session."""
        state, connection = self._session.state, self.connection
        if self._server.ssl is not None and self._session.control.is_secure:
            # as in aioftp it is the server's attribute that protects data connections
            self._session.tls_context = self._server.ssl
            self._session.protects_data = True
        told = {name: future.result() for name, future in connection.items() if future.done()}
        if "current_directory" in told:
            self._session.cwd = PurePosixPath(told["current_directory"])
        state.offset = 0 if self._has_moved_data else told.get("restart_offset", 0)
        if told.get("transfer_type") in ("A", "I"):
            state.type_ = type(state.type_)(told["transfer_type"])
        state.rename_from = None
        if "rename_from" in told and "user" in told:
            state.rename_from = _ROOT / told["rename_from"].relative_to(told["user"].base_path)


class _ServerDataStream(ThrottleStreamIO):
    """A data connection for handlers; the core's stream below pays its throttles."""

    def __init__(self, core: anyftp.ThrottleStreamIO, reader: CoreReader) -> None:
        super().__init__(reader, CoreWriter(core, reader))
        self.core = core

    async def __aexit__(self, *args: Any) -> None:
        if not self.writer.is_closing():
            await self.writer.drain()
        await self.core.aclose()


class CodedReply(anyftp.Reply):
    """A reply with its code before each of its lines."""

    def encode(self, encoding: str = "utf-8") -> bytes:
        """Encode for the wire."""
        *lines, last = (anyftp.Reply(self.code, (text,)).encode(encoding) for text in self.lines)
        return b"".join([*(line[:3] + b"-" + line[4:] for line in lines), last])


def reply_of(code: str, lines: str | Sequence[str], is_list: bool) -> anyftp.Reply:
    """A reply of one line or several, in aioftp's form of those."""
    texts = (lines,) if isinstance(lines, str) else tuple(lines)
    if not is_list:
        return CodedReply(code, texts or ("",))
    return anyftp.Reply(code, (*texts[:1], *(f" {text}" for text in texts[1:-1]), *texts[1:][-1:]))


def connection_of(server: Server, session: anyftp.Session) -> Connection:
    """The session in the form that handlers know, made when it is first asked for."""
    connection: Connection | None = session.attachments.get(_KEY)
    if connection is None:
        connection = _made(server, session)
        session.attachments[_KEY] = connection
    _synchronise(server, session, connection)
    return connection


def _made(server: Server, session: anyftp.Session) -> Connection:
    reader, writer = _control_pair_of(session)
    connection: Connection = live("server", "Connection")(
        client_host=session.peer_host,
        client_port=(writer.get_extra_info("peername") or ("", 0))[1],
        server_host=session.local_host,
        passive_server_port=0,
        server_port=server.server_port,
        command_connection=live("server", "ThrottleStreamIO")(reader, writer),
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
    connection.path_io = server.path_io_factory(timeout=server.path_timeout, connection=connection)
    return connection


def _control_pair_of(session: anyftp.Session) -> Pair:
    async def begin_tls(context: ssl.SSLContext, server_hostname: str | None) -> None:
        await session.control.start_tls(context, session.options.handshake_timeout)
        session.tls_context = context
        stream = session.attachments[_KEY].command_connection
        stream.reader, stream.writer = _control_pair_of(session)

    return control_pair(session.control.stream, begin_tls)


def _synchronise(server: Server, session: anyftp.Session, connection: Connection) -> None:
    """Let the connection show what has become of the session."""
    user = server.user_behind(session.user)
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
