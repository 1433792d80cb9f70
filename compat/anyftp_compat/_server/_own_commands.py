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

import anyftp

from .._ground._connection import Connection
from .._streams._core_as_asyncio import CoreReader, CoreWriter
from .._streams._throttled import ThrottleStreamIO
from . import _answers
from ._replies import reply_of
from ._session_connection import connection_of, synchronise
from ._state import ServerState

OwnHandler = Callable[[Connection, str], Awaitable[object]]

_ROOT = PurePosixPath("/")

_KEY = "anyftp_compat.transfer"


class Exchange:
    """One command of a user's own in one session.

    Args:
        server: whose command it is.
        session: the core's session.
        verb: of the command.
    """

    def __init__(self, server: ServerState, session: anyftp.Session, verb: str) -> None:
        self._server = server
        self._session = session
        self._replies: asyncio.Queue[anyftp.Reply | None] = asyncio.Queue()
        self._stack = contextlib.AsyncExitStack()
        self._has_moved_data = False
        self.connection = connection_of(server, session)
        #: Another command's transfer is under way, and that one sees to its tasks.
        transfer, known = session.transfer, session.attachments.get(_KEY)
        self._is_beside = transfer is not None and (transfer.verb != verb or known is transfer)
        if not self._is_beside:
            session.attachments[_KEY] = transfer
        self._others: frozenset[asyncio.Future[object]] = frozenset(self.connection.extra_workers)

    async def run(self, handler: OwnHandler, rest: str) -> None:
        """Run a handler to its end and send what it says.

        Cancellation: cancels the handler and its tasks.
        """
        connection = self.connection
        hooks = {
            "response": self._respond,
            "_provide": self._provide,
            "_perform": self.perform,
        }
        before = {name: connection[name].result() for name in hooks if name in connection}
        for name, hook in hooks.items():
            setattr(connection, name, hook)
        task = asyncio.ensure_future(handler(connection, rest))
        running: set[asyncio.Future[object]] = {task}
        task.add_done_callback(lambda _: self._replies.put_nowait(None))
        try:
            while (reply := await self._next(running)) is not None:
                await self._session.control.send(reply)
            is_open = await task
            for worker in running:
                if not worker.cancelled():
                    worker.result()
            if not is_open:
                self._session.ending.is_due = True
        finally:
            for each in running:
                each.cancel()
            await self._stack.aclose()
            self._take_back()
            if self._is_beside:
                for name, hook in before.items():
                    setattr(connection, name, hook)

    async def perform(self, verb: str, rest: str) -> bool:
        """What the server itself does for a verb; whether the session goes on."""
        self._take_back()
        reply = await _answers.answer(self._server, verb, self._session, str(rest))
        if reply is not None:
            self._replies.put_nowait(reply)
        synchronise(self._server, self._session, self.connection)
        over, self._session.ending.is_due = self._session.ending.is_due, False
        return not over

    async def _next(self, running: set[asyncio.Future[object]]) -> anyftp.Reply | None:
        """The next reply; None once everything that could give one is done."""
        while True:
            for worker in self.connection.extra_workers - running - self._others:
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
        if self._session.port is None or self._is_beside:
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
            self._session.protection.context = self._server.ssl
            self._session.protection.protects_data = True
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

    async def __aexit__(self, *args: object) -> None:
        if not self.writer.is_closing():
            await self.writer.drain()
        await self.core.aclose()
