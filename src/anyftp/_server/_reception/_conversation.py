"""One session's course: commands are read, answered in order, and transfers run beside.

Theory: the session's task reads commands and answers them. A command that moves data is run by a
child task, at most one at a time, and so is one that takes long, such as HASH; meanwhile, but for a
moment in which most transfers end, the session's task goes on reading. ABOR cancels the child at
once, NOOP and STAT are answered at once, everything else waits in a short queue until the transfer
has sent its last reply. So replies come in the order of commands, with one exception that RFC 959
wants: what is answered during a transfer comes before the transfer's own end.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable

import anyio
from anyio.abc import TaskGroup

from anyftp._errors import (
    SECRET_VERBS,
    ConnectionLost,
    FTPTimeoutError,
    RemoteProtocolError,
    TLSError,
)
from anyftp._protocol import Command, Reply, decode_command
from anyftp._server._events._events import CommandRefused
from anyftp._server._reception._command_rate import CommandRate
from anyftp._server._refusals import Dismissed, Refused
from anyftp._server._session._session import Session
from anyftp._server._session._transfer import Transfer
from anyftp._server._verbs._dispatch import answer, find, too_much_nonsense
from anyftp._server._verbs._request import Request
from anyftp._server._verbs._security import secure_control

logger = logging.getLogger("anyftp.server")

#: Commands held while a transfer runs; beyond, nothing more is read until it ends.
_MAX_HELD = 100

#: In `handlers`, what greets a client; commands have names.
GREETING = ""

#: A small file has gone by then, and to look for commands meanwhile would cost as much again.
_MOMENT_SECONDS = 0.02

_ABORTED = Reply("426", ("Transfer aborted.",))


class _Interrupted(Exception):
    """Commands were waited for, and something else has come."""


class Conversation:
    """Runs one session from its greeting to its end.

    Args:
        session: which one.
        tasks: for what runs beside it.
        shared_rate: of all commands from its client's address.
    """

    def __init__(self, session: Session, tasks: TaskGroup, shared_rate: CommandRate) -> None:
        self._session = session
        self._tasks = tasks
        self._held: list[Command | Refused] = []  # an empty deque takes ten times the memory
        self._waiting: anyio.CancelScope | None = None
        self._is_woken = False
        self._deadline: float | None = None
        self._has_waited = True
        self._has_just_begun = False
        self._is_at_end = False
        self._is_out_of_time = False
        self._out_of_time = ""
        self._rate = CommandRate.before_login()
        self._shared_rate = shared_rate
        session.tasks = tasks
        session.wake = self._wake

    async def run(self) -> None:
        """Talk until the client leaves, is idle for too long, or the server drains.

        Cancellation: safe; whoever runs this closes the connection.
        """
        session = self._session
        try:
            if session.implicit_tls:
                await secure_control(session)
                session.protection.protects_data = session.options.protects_data_at_once
            await self._greet()
            while not session.ending.is_due and (command := await self._next()) is not None:
                await self._obey(command)
        except (ConnectionLost, FTPTimeoutError, TLSError) as error:
            session.ending.reason = str(error)
        finally:
            self._tasks.cancel_scope.cancel()

    async def _greet(self) -> None:
        session = self._session
        greet = session.options.handlers.get(GREETING)
        reply: Reply | None = Reply("220", tuple(session.options.welcome.splitlines()) or ("",))
        if greet is not None:
            reply = await greet(session, "")
        if reply is not None:
            await session.control.send(reply)

    async def _next(self) -> Command | Refused | None:
        """The next command whose turn it is; None if there will be none."""
        session = self._session
        while not session.ending.is_due:
            if session.transfer is None:
                if session.ending.is_draining or self._is_out_of_time:
                    await self._close()
                    return None
                if self._held:
                    return self._held.pop(0)
                if self._is_at_end:
                    return None
            elif self._is_at_end or len(self._held) >= _MAX_HELD:
                await session.transfer.ended.wait()
                continue
            elif self._has_just_begun:
                self._has_just_begun = False
                with anyio.move_on_after(_MOMENT_SECONDS):
                    await session.transfer.ended.wait()
                continue
            await self._read()
            if self._held and self._passes(self._held[0]):
                return self._held.pop(0)
        return None

    async def _close(self) -> None:
        session = self._session
        reason = "The server is going down." if session.ending.is_draining else self._out_of_time
        session.ending.reason = reason
        await session.control.send(Reply("421", (reason,)))

    def _passes(self, command: Command | Refused) -> bool:
        """Whether a command that is first in the queue is answered while a transfer runs."""
        if self._session.transfer is None or len(self._held) > 1 or isinstance(command, Refused):
            return False
        row = self._session.options.verbs.get(command.verb)
        return row is not None and row.allowed_during_transfer

    async def _read(self) -> None:
        """Put the next command into the queue; nothing when woken, at the end, or out of time."""
        self._has_waited = self._is_woken = False
        self._deadline = None
        try:
            command = await self._receive()
        except _Interrupted:
            return
        except ConnectionLost as lost:
            logger.info("%s: %s", self._session.peer_host, lost)
            self._end_of_commands()
            return
        self._held.append(command)
        if isinstance(command, Command):
            self._look_ahead(command.verb)

    async def _wait(self, until_readable: Callable[[], Awaitable[None]]) -> None:
        """Wait for a command, unless something else comes first.

        Raises:
            _Interrupted: somebody has woken us, or time is up.

        Cancellation: safe.
        """
        if self._is_woken:
            raise _Interrupted
        self._has_waited = True
        if self._deadline is None:  # of the whole command: it may come a byte at a time
            self._deadline = self._next_deadline()
        deadline = self._deadline
        with anyio.CancelScope(deadline=min(deadline, self._session.port_deadline)) as scope:
            self._waiting = scope
            try:
                return await until_readable()
            finally:
                self._waiting = None
        now = anyio.current_time()
        if now >= self._session.port_deadline:
            self._session.use_port(None)
        self._is_out_of_time = now >= deadline
        raise _Interrupted

    def _look_ahead(self, verb: str) -> None:
        """Act on a command whose turn has not come yet."""
        if verb == "QUIT":
            self._session.ending.has_quit = True
        elif verb == "ABOR" and self._session.transfer is not None:
            self._session.transfer.scope.cancel()

    def _wake(self) -> None:
        self._is_woken = True
        if self._waiting is not None:
            self._waiting.cancel()

    async def _receive(self) -> Command | Refused:
        control, options = self._session.control, self._session.options
        try:
            line = await control.receive_line(self._wait)
        except RemoteProtocolError:
            if control.nbytes_discarded > options.max_discarded:
                return Dismissed("421", "Too many bytes that are no command.")
            return Refused("500", "The command is too long.")
        try:
            return decode_command(line, control.encoding)
        except RemoteProtocolError:
            return too_much_nonsense(self._session) or Refused(
                "501", "A command holds no CR and no NUL."
            )

    def _next_deadline(self) -> float:
        session, options = self._session, self._session.options
        if session.transfer is not None:
            return math.inf
        idle = anyio.current_time() + options.idle_timeout
        self._out_of_time = "You were idle too long."
        if session.state.is_logged_in:
            return idle
        late = session.login.began + options.login_timeout
        if late <= idle:
            self._out_of_time = "The login took too long."
        return min(idle, late)

    def _end_of_commands(self) -> None:
        """The client is gone: abort its transfer, unless it had said QUIT."""
        self._is_at_end = True
        transfer = self._session.transfer
        if transfer is not None and not self._session.ending.has_quit:
            transfer.scope.cancel()

    async def _obey(self, command: Command | Refused) -> None:
        session = self._session
        session.shared.counters.commands += 1
        try:
            await self._pace(command)
            if isinstance(command, Refused):
                raise command
        except Refused as refusal:
            return await session.control.send(session.refuse(refusal))
        logger.debug("%s: %s", session.peer_host, command)
        if session.control.trace is not None:
            session.control.trace("received", str(command))
        if not command.verb:
            return None
        reply: Reply | None
        try:
            request = find(session, command)
        except Refused as refusal:
            reply = session.refuse(refusal)
        except RemoteProtocolError:
            reply = Reply("501", ("The argument makes no sense.",))
        else:
            if request.row.data or request.row.beside:
                self._begin(request)
                return None
            reply = await answer(session, request)
        if reply is not None:
            self._tell_of_refusal(command.verb, command.argument, reply)
            await session.control.send(reply)
        return None

    async def _pace(self, command: Command | Refused) -> None:
        """Wait until the client may have its next command obeyed; others come in between.

        Commands that move data are not counted by address: how many files a second come and go is
        what throttles are for.

        Raises:
            Dismissed: it has been too fast for too long.
        """
        session = self._session
        if session.state.is_logged_in and self._rate.is_before_login:
            self._rate = CommandRate(session.options.command_rate)
        now = anyio.current_time()
        seconds = self._rate.delay(now)
        if not self._moves_data(command):
            seconds = max(seconds, self._shared_rate.delay(now))
        if seconds > 0.0:
            await anyio.sleep(seconds)
        elif not self._has_waited:
            async with session.shared.turns:
                pass

    def _moves_data(self, command: Command | Refused) -> bool:
        if isinstance(command, Refused):
            return False
        row = self._session.options.verbs.get(command.verb)
        return row is not None and row.data

    def _tell_of_refusal(self, verb: str, argument: str, reply: Reply) -> None:
        if reply.code >= "4":
            session = self._session
            shown = "****" if argument and verb in SECRET_VERBS else argument
            event = CommandRefused(session.info, verb, shown, reply.code, reply.text)
            session.shared.publish(event)

    def _begin(self, request: Request) -> None:
        row = request.row
        transfer = Transfer(row.name, request.argument, str(request.path), uses_data=row.data)
        self._session.transfer = transfer
        self._has_just_begun = True
        self._tasks.start_soon(self._transfer, transfer, request)

    async def _transfer(self, transfer: Transfer, request: Request) -> None:
        """The child task: run the handler, send its reply, then let the next command pass."""
        session = self._session
        reply: Reply | None = _ABORTED
        try:
            try:
                with transfer.scope:
                    reply = await answer(session, request)
            finally:
                self._conclude(transfer, reply)
            if transfer.uses_data:
                session.use_port(None)
            if reply is not None:
                await session.control.send(reply)
        except (ConnectionLost, FTPTimeoutError) as error:
            session.end(str(error))
        finally:
            session.transfer = None
            transfer.ended.set()
            session.wake()

    def _conclude(self, transfer: Transfer, reply: Reply | None) -> None:
        if transfer.began is not None:
            self._session.conclude(transfer, "226" if reply is None else reply.code)
        elif reply is not None:
            self._tell_of_refusal(transfer.verb, transfer.argument, reply)
