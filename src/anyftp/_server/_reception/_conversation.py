"""One session's course: commands are read, answered in order, and transfers run meanwhile.

Theory: the session's task reads commands and answers them, those that move data included. Most
transfers are over in a moment. Beside one that is not, and beside a command that takes long, such
as HASH, a child task goes on reading. ABOR cancels the transfer at once; NOOP, STAT and what the
server's `answered_in_transfers` names are answered at once; everything else waits in a short queue
until the transfer has sent its last reply. So replies come in the order of commands, with one
exception that RFC 959 wants: what is answered during a transfer comes before the transfer's own
end.
"""

from __future__ import annotations

import logging
from typing import Protocol

import anyio
from anyio.abc import TaskGroup

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
from anyftp._server._reception._intake import CommandRate, Intake
from anyftp._server._refusals import Refused
from anyftp._server._session._beside import must_pass
from anyftp._server._session._session import Session
from anyftp._server._session._transfer import Transfer
from anyftp._server._verbs._dispatch import answer, find
from anyftp._server._verbs._login import greet
from anyftp._server._verbs._request import Request

logger = logging.getLogger("anyftp.server")

_ABORTED = Reply("426", ("Transfer aborted.",))


class Host(Protocol):
    """Who has let a client in, and sees it off."""

    async def see_off(self, session: Session) -> None:
        """Say the last words to a client, and close. Cancellation: closes at once."""

    def forget(self, session: Session) -> None:
        """Close, and count a session no more; however it has ended."""


class Conversation:
    """Runs one session from its greeting to its end.

    Args:
        session: which one.
        host: who sees it off.
        tasks: that it runs in, for what runs beside it.
        clock: says when it is to look up.
        shared_rate: of all commands from its client's address.
    """

    __slots__ = ("_alarm", "_has_begun", "_host", "_intake", "_is_alone", "_own", "_session")

    def __init__(
        self,
        session: Session,
        host: Host,
        tasks: TaskGroup,
        clock: Clock,
        shared_rate: CommandRate,
    ) -> None:
        self._session = session
        self._host = host
        self._alarm = clock.alarm(self._look_up)
        self._intake = Intake(session, self._alarm, shared_rate)
        self._own = self._intake.attention
        self._has_begun = False
        self._is_alone: anyio.Event | None = None  # set once the child task has ended
        session.group, session.wake, session.stop = tasks, self._wake, self._stop

    async def run(self) -> None:
        """Talk until the client leaves, is idle for too long, or the server drains.

        Whatever goes wrong costs this session and no other.

        Cancellation: closes the connection.
        """
        session = self._session
        try:
            try:
                while await self._talk():
                    pass
            except (ConnectionLost, FTPTimeoutError, TLSError) as error:
                session.ending.reason = str(error)
            finally:
                await self._be_alone()
            await self._host.see_off(session)
        except BaseException as error:
            is_stop = isinstance(error, anyio.get_cancelled_exc_class())
            session.ending.reason = "the server has stopped" if is_stop else "the session failed"
            if must_pass(error):
                raise
            logger.exception("the session of %s failed", session.peer_host)
        finally:
            self._host.forget(session)

    async def _be_alone(self) -> None:
        """End whatever runs beside the session's own task."""
        session = self._session
        session.transfer = None
        self._alarm.remove()
        beside = session.beside
        session.forget_tasks()
        if beside is not None:
            await beside.end()

    async def _talk(self) -> bool:
        """Obey commands; True where it was made to look up, False if no more will come."""
        session, ending, intake = self._session, self._session.ending, self._intake
        with self._renewed().scope as scope:
            if not self._has_begun:
                self._has_begun = True
                await greet(session)
            if session.transfer is not None:  # which was aborted
                await self._end_transfer(session.transfer)
            if anyio.current_time() >= session.port_deadline:
                session.use_port(None)
            while not (ending.is_due or scope.cancel_called):
                if ending.is_draining or intake.is_out_of_time:
                    await self._close()
                    return False
                if intake.held:
                    await self._obey(intake.held.pop(0))
                elif intake.is_at_end:
                    return False
                elif (more := intake.read()) is not None:
                    await more
        return not ending.is_due

    def _renewed(self) -> Attention:
        """A new scope for all that the session does; what reads beside it has its own."""
        self._own = Attention()
        if self._is_alone is None:
            self._intake.attention = self._own
        return self._own

    async def _close(self) -> None:
        ending = self._session.ending
        is_draining = ending.is_draining
        ending.reason = "The server is going down." if is_draining else self._intake.out_of_time
        await self._session.control.send(Reply("421", (ending.reason,)))

    def _look_up(self, now: float) -> None:
        """The alarm rings."""
        if self._session.transfer is not None:
            self._listen_beside()
        else:
            self._intake.look_up(now)

    def _wake(self) -> None:
        self._intake.attention.wake()

    def _stop(self) -> None:
        self._own.scope.cancel()

    async def _obey(self, command: Command | Refused) -> None:
        session = self._session
        session.shared.counters.commands += 1
        try:
            await self._intake.until_due(command)
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
            if session.transfer is None and (request.row.data or request.row.beside):
                return await self._transfer(request)
            reply = await answer(session, request)
        if reply is not None:
            self._tell_of_refusal(command.verb, command.argument, reply)
            await session.control.send(reply)
        return None

    def _tell_of_refusal(self, verb: str, argument: str, reply: Reply) -> None:
        if reply.code >= "4":
            shown = "****" if argument and verb in SECRET_VERBS else argument
            self._session.tell(CommandRefused, verb, shown, reply.code, reply.text)

    async def _transfer(self, request: Request) -> None:
        """Run a handler that may take long, and send its reply.

        It runs in the scope of all commands: to abort it ends that, and `_talk` sends the reply.
        """
        session, row = self._session, request.row
        path, scope = str(request.path), self._own.scope
        transfer = session.transfer = Transfer(row.name, request.argument, path, scope, row.data)
        self._alarm.set(self._intake.now + session.options.seconds_unheard)
        transfer.reply = _ABORTED
        try:
            transfer.reply = await answer(session, request)
        finally:
            transfer.is_over = True
            self._conclude(transfer)
        if not scope.cancel_called:
            await self._end_transfer(transfer)

    def _conclude(self, transfer: Transfer) -> None:
        reply = transfer.reply
        if transfer.began is not None:
            self._session.conclude(transfer, "226" if reply is None else reply.code)
        elif reply is not None:
            self._tell_of_refusal(transfer.verb, transfer.argument, reply)

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
            self._intake.begin_anew()
        if self._is_alone is not None:
            self._intake.attention.wake()
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
        self._intake.attention = Attention()
        try:
            with self._intake.attention.scope:
                await self._obey_beside()
        except (ConnectionLost, FTPTimeoutError, TLSError) as error:
            session.end(str(error))
        finally:
            self._intake.attention, self._is_alone = self._own, None
            is_over.set()
            if session.ending.is_due:
                self._stop()

    async def _obey_beside(self) -> None:
        session, intake = self._session, self._intake
        intake.look_ahead()
        while session.transfer is not None and not session.ending.is_due:
            if intake.held and self._passes(intake.held[0]):
                await self._obey(intake.held.pop(0))
            elif intake.is_full:
                return
            elif (more := intake.read()) is not None:
                await more

    def _passes(self, command: Command | Refused) -> bool:
        """Whether the next command is answered while a transfer runs."""
        if isinstance(command, Refused):
            return False
        return self._session.options.answers_in_transfers(command.verb)
