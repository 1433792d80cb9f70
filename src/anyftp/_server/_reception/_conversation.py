"""One session's course: commands are read, answered in order, and transfers run meanwhile.

Theory: the session's task reads commands and answers them, those that move data included. Most
transfers are over in a moment. Beside one that is not, and beside a command that takes long, such
as HASH, a child task goes on reading. ABOR cancels the transfer at once, NOOP and STAT are answered
at once, everything else waits in a short queue until the transfer has sent its last reply. So
replies come in the order of commands, with one exception that RFC 959 wants: what is answered
during a transfer comes before the transfer's own end.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable

import anyio
from anyio.abc import TaskGroup
from anyio.lowlevel import checkpoint, checkpoint_if_cancelled

from anyftp._errors import (
    SECRET_VERBS,
    ConnectionLost,
    FTPTimeoutError,
    RemoteProtocolError,
    TLSError,
)
from anyftp._fs import acting_for
from anyftp._protocol import Command, Reply
from anyftp._server._events._events import CommandRefused
from anyftp._server._reception._clock import Attention, Clock
from anyftp._server._reception._command_rate import CommandRate
from anyftp._server._refusals import Refused
from anyftp._server._session._session import Session
from anyftp._server._session._transfer import Transfer
from anyftp._server._verbs._dispatch import answer, decoded, find, too_long
from anyftp._server._verbs._request import Request
from anyftp._server._verbs._security import secure_control

logger = logging.getLogger("anyftp.server")

#: Commands held while a transfer runs; beyond, nothing more is read until it ends.
_MAX_HELD = 100

#: In `handlers`, what greets a client; commands have names.
GREETING = ""

#: A small file has gone by then, and to look for commands meanwhile would cost as much again.
_MOMENT_SECONDS = 0.02

#: What these do takes less than a millisecond.
_MOST_IN_A_ROW = 4

_ABORTED = Reply("426", ("Transfer aborted.",))


class Conversation:
    """Runs one session from its greeting to its end.

    Args:
        session: which one.
        tasks: that it runs in, for what runs beside it.
        clock: says when it is to look up.
        shared_rate: of all commands from its client's address.
    """

    __slots__ = (
        "_alarm",
        "_attention",
        "_deadline",
        "_has_begun",
        "_held",
        "_in_a_row",
        "_is_alone",
        "_is_at_end",
        "_is_out_of_time",
        "_now",
        "_out_of_time",
        "_own",
        "_rate",
        "_session",
        "_shared_rate",
    )

    def __init__(
        self, session: Session, tasks: TaskGroup, clock: Clock, shared_rate: CommandRate
    ) -> None:
        self._session = session
        self._held: list[Command | Refused] = []  # an empty deque takes ten times the memory
        self._attention = self._own = Attention()
        self._has_begun = False
        self._alarm = clock.alarm(self._look_up)
        self._deadline: float | None = None
        self._in_a_row = 0  # commands that came without a wait between them
        self._now = -math.inf
        self._is_at_end = self._is_out_of_time = False
        self._out_of_time = ""
        self._is_alone: anyio.Event | None = None  # set once the child task has ended
        self._rate = CommandRate.before_login()
        self._shared_rate = shared_rate
        session.group, session.wake, session.stop = tasks, self._wake, self._stop

    async def run(self) -> None:
        """Talk until the client leaves, is idle for too long, or the server drains.

        Cancellation: safe; whoever runs this closes the connection.
        """
        session = self._session
        try:
            while await self._talk():
                pass
        except (ConnectionLost, FTPTimeoutError, TLSError) as error:
            session.ending.reason = str(error)
        finally:
            session.transfer = None
            self._alarm.remove()
            beside = session.beside
            session.forget_tasks()
            if beside is not None:
                await beside.end()

    async def _begin(self) -> None:
        """Greet the client."""
        session = self._session
        self._has_begun = True
        if session.implicit_tls:
            await secure_control(session)
            session.protection.protects_data = session.options.protects_data_at_once
        greet = session.options.handlers.get(GREETING)
        reply: Reply | None = Reply("220", tuple(session.options.welcome.splitlines()) or ("",))
        if greet is not None:
            reply = await greet(session, "")
        if reply is not None:
            await session.control.send(reply)

    async def _talk(self) -> bool:
        """Obey commands; True where it was made to look up, False if no more will come."""
        session, ending = self._session, self._session.ending
        with self._renewed().scope as scope:
            if not self._has_begun:
                await self._begin()
            if session.transfer is not None:  # which was aborted
                await self._end_transfer(session.transfer)
            if anyio.current_time() >= session.port_deadline:
                session.use_port(None)
            while not (ending.is_due or scope.cancel_called):
                if ending.is_draining or self._is_out_of_time:
                    await self._close()
                    return False
                if self._held:
                    await self._obey(self._held.pop(0))
                elif self._is_at_end:
                    return False
                elif (more := self._read()) is not None:
                    await more
        return not ending.is_due

    def _renewed(self) -> Attention:
        """A new scope for all that the session does; what reads beside it has its own."""
        self._own = Attention()
        if self._is_alone is None:
            self._attention = self._own
        return self._own

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

    def _read(self) -> Awaitable[None] | None:
        """Put the next command into the queue; gives what to wait for if it is not there yet."""
        control = self._session.control
        try:
            line = control.take_line()
        except RemoteProtocolError:
            self._hold(too_long(self._session))
        except ConnectionLost as lost:
            self._end_of_commands(lost)
        else:
            if line is None:
                return self._until_more()
            if control.rewriter is not None:
                return self._rewritten(control.rewriter, line)
            self._hold(decoded(self._session, line))
        return None

    async def _rewritten(self, rewriter: Callable[[bytes], Awaitable[bytes]], line: bytes) -> None:
        self._hold(decoded(self._session, await rewriter(line)))

    def _hold(self, command: Command | Refused) -> None:
        self._deadline = None
        self._held.append(command)
        if isinstance(command, Command):
            self._look_ahead(command.verb)

    async def _until_more(self) -> None:
        """Wait for more of a command, unless something else comes first. Cancellation: safe."""
        self._in_a_row = 0
        if self._deadline is None:  # of the whole command: it may come a byte at a time
            self._deadline = self._next_deadline()
        self._alarm.set(min(self._deadline, self._session.port_deadline))
        attention = self._attention
        try:
            with attention:
                await self._session.control.until_more()
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            self._end_of_commands(ConnectionLost("the control connection broke"))
        if attention.is_woken:  # and the wait was over at the same moment
            await checkpoint_if_cancelled()

    def _look_up(self, now: float) -> None:
        """The alarm rings."""
        if self._session.transfer is not None:
            self._listen_beside()
        elif self._attention.is_waiting:
            self._is_out_of_time = self._deadline is not None and now >= self._deadline
            self._attention.wake()

    def _look_ahead(self, verb: str) -> None:
        """Act on a command whose turn has not come yet."""
        if verb == "QUIT":
            self._session.ending.has_quit = True
        elif verb == "ABOR" and self._session.transfer is not None:
            self._session.transfer.abort()

    def _wake(self) -> None:
        self._attention.wake()

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

    def _stop(self) -> None:
        self._own.scope.cancel()

    def _end_of_commands(self, lost: ConnectionLost) -> None:
        """The client is gone: abort its transfer, unless it had said QUIT."""
        logger.info("%s: %s", self._session.peer_host, lost)
        self._is_at_end = True
        transfer = self._session.transfer
        if transfer is not None and not self._session.ending.has_quit:
            transfer.abort()

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
                return await self._transfer(request)
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
        if self._rate.is_before_login and session.state.is_logged_in:
            self._rate = CommandRate(session.options.command_rate)
        now = self._now = anyio.current_time()
        seconds = self._rate.delay(now)
        if not self._moves_data(command):
            seconds = max(seconds, self._shared_rate.delay(now))
        if seconds > 0.0:
            await anyio.sleep(seconds)
            self._now += seconds
        elif self._in_a_row >= _MOST_IN_A_ROW:
            self._in_a_row = 0
            async with session.shared.turn:
                await checkpoint()
        self._in_a_row += 1

    def _moves_data(self, command: Command | Refused) -> bool:
        if isinstance(command, Refused) or self._session.port is None:
            return False
        row = self._session.options.verbs.get(command.verb)
        return row is not None and row.data

    def _tell_of_refusal(self, verb: str, argument: str, reply: Reply) -> None:
        if reply.code >= "4":
            session = self._session
            shown = "****" if argument and verb in SECRET_VERBS else argument
            event = CommandRefused(session.info, verb, shown, reply.code, reply.text)
            session.shared.publish(event)

    async def _transfer(self, request: Request) -> None:
        """Run a handler that may take long, and send its reply.

        It runs in the scope of all commands: to abort it ends that, and `_talk` sends the reply.
        """
        session, row = self._session, request.row
        path, scope = str(request.path), self._own.scope
        transfer = session.transfer = Transfer(row.name, request.argument, path, scope, row.data)
        self._alarm.set(self._now + _MOMENT_SECONDS)
        transfer.reply = _ABORTED
        try:
            transfer.reply = await answer(session, request)
        finally:
            transfer.is_over = True
            self._conclude(transfer)
        if not scope.cancel_called:
            await self._end_transfer(transfer)

    async def _end_transfer(self, transfer: Transfer) -> None:
        """Tell the client what a transfer has come to, and be alone again."""
        session = self._session
        try:
            if transfer.uses_data:
                session.use_port(None)
            if transfer.reply is not None:
                await session.control.send(transfer.reply)
        finally:
            session.transfer = None
            self._deadline = None
        if self._is_alone is not None:
            self._attention.wake()
            await self._is_alone.wait()

    def _listen_beside(self) -> None:
        if self._is_alone is None:
            tasks = self._session.tasks
            assert tasks is not None, "the session runs"
            self._is_alone = anyio.Event()
            tasks.start_soon(self._read_beside, self._is_alone)

    async def _read_beside(self, is_over: anyio.Event) -> None:
        """The child task: read on while something is being transferred."""
        session = self._session
        acting_for.set(None if session.user is None else session.user.name)
        self._attention = Attention()
        try:
            with self._attention.scope:
                await self._obey_beside()
        except (ConnectionLost, FTPTimeoutError, TLSError) as error:
            session.end(str(error))
        finally:
            self._attention, self._is_alone = self._own, None
            is_over.set()
            if session.ending.is_due:
                self._stop()

    async def _obey_beside(self) -> None:
        session = self._session
        while session.transfer is not None and not session.ending.is_due:
            if self._is_at_end or len(self._held) >= _MAX_HELD:
                return
            if (more := self._read()) is not None:
                await more
            if self._held and self._passes(self._held[0]):
                await self._obey(self._held.pop(0))

    def _conclude(self, transfer: Transfer) -> None:
        reply = transfer.reply
        if transfer.began is not None:
            self._session.conclude(transfer, "226" if reply is None else reply.code)
        elif reply is not None:
            self._tell_of_refusal(transfer.verb, transfer.argument, reply)
