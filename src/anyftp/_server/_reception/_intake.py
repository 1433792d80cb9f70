"""What a client asks for, as it comes in: read and held in its order, waited for, not too fast.

Commands are held while a transfer runs, and looked at as they come: ABOR cancels the transfer at
once, whatever stands before it. How long is waited for a command is a number that the session's
alarm is set to; how fast they may come is arithmetic, to which the time is passed in.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable

import anyio
from anyio.lowlevel import checkpoint, checkpoint_if_cancelled

from anyftp._errors import ConnectionLost, RemoteProtocolError
from anyftp._protocol import Command
from anyftp._server._reception._clock import Alarm, Attention
from anyftp._server._refusals import Dismissed, Refused
from anyftp._server._session._session import Session
from anyftp._server._verbs._dispatch import decoded, too_long

logger = logging.getLogger("anyftp.server")

#: Commands held while a transfer runs; beyond, nothing more is read until it ends.
_MAX_HELD = 100

#: What these do takes less than a millisecond.
_MOST_IN_A_ROW = 4


class CommandRate:
    """How fast commands come, of one session or of all from an address.

    A second's worth of commands may come at once. What is beyond waits until it is due; whoever
    comes up against the limit for long, without ever pausing, is shown the door.

    Args:
        per_second: commands; None for no limit.
        is_before_login: it is the rate of someone who is not logged in.
        patience: seconds that a client may come up against its rate without pausing for one.
    """

    #: Nobody needs more to log in: AUTH, PBSZ, PROT, FEAT, OPTS, USER and PASS are seven.
    BEFORE_LOGIN = 20.0
    PATIENCE = 30.0
    #: Seconds that are too short to sleep for.
    GRAIN = 0.001

    __slots__ = ("__weakref__", "_ahead_since", "_due", "_interval", "_patience", "is_before_login")

    def __init__(
        self,
        per_second: float | None,
        *,
        is_before_login: bool = False,
        patience: float = PATIENCE,
    ) -> None:
        self.is_before_login = is_before_login
        self._patience = patience
        self._interval = 0.0 if per_second is None else 1.0 / per_second
        self._due = -math.inf
        self._ahead_since: float | None = None

    @classmethod
    def before_login(cls) -> CommandRate:
        """The rate of someone who is not logged in."""
        return cls(cls.BEFORE_LOGIN, is_before_login=True)

    def delay(self, now: float) -> float:
        """Count one more command; returns the seconds until it is due.

        Raises:
            Dismissed: too many have come for too long.
        """
        if self._due <= now - 1.0:
            self._ahead_since = None
            self._due = now - 1.0
        self._due += self._interval
        seconds = self._due - now
        if seconds < self.GRAIN:
            return 0.0
        if self._ahead_since is None:
            self._ahead_since = now
        elif now - self._ahead_since > self._patience:
            raise Dismissed("421", "Too many commands in too short a time.")
        return seconds


class Intake:
    """The commands of one session.

    Args:
        session: whose.
        alarm: rings when the session is to look up.
        shared_rate: of all commands from its client's address.

    Attributes:
        held: have come and are not obeyed yet.
        is_at_end: no more will come.
        is_out_of_time: none came for too long; `out_of_time` says so.
        attention: of whoever reads them now.
        now: when the last one was obeyed, on the event loop's clock.
    """

    __slots__ = (
        "_alarm",
        "_deadline",
        "_in_a_row",
        "_rate",
        "_session",
        "_shared_rate",
        "attention",
        "held",
        "is_at_end",
        "is_out_of_time",
        "now",
        "out_of_time",
    )

    def __init__(self, session: Session, alarm: Alarm, shared_rate: CommandRate) -> None:
        self._session = session
        self._alarm = alarm
        self._rate = CommandRate.before_login()
        self._shared_rate = shared_rate
        self._in_a_row = 0  # commands that came without a wait between them
        self._deadline: float | None = None
        self.held: list[Command | Refused] = []  # an empty deque takes ten times the memory
        self.attention = Attention()
        self.is_at_end = self.is_out_of_time = False
        self.out_of_time = ""
        self.now = -math.inf

    @property
    def is_full(self) -> bool:
        """Whether nothing is read until some of it is obeyed, or nothing will come."""
        return self.is_at_end or len(self.held) >= _MAX_HELD

    def read(self) -> Awaitable[None] | None:
        """Hold the next command; gives what to wait for if it is not there yet."""
        control = self._session.control
        try:
            line = control.take_line()
        except RemoteProtocolError:
            self._hold(too_long(self._session))
        except ConnectionLost as lost:
            self._end(lost)
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
        """Let a command wait for its turn, and act on what cannot wait."""
        self._deadline = None
        self.held.append(command)
        if isinstance(command, Refused):
            return
        if command.verb == "QUIT":
            self._session.ending.has_quit = True
        elif command.verb == "ABOR":
            self._abort()

    def look_ahead(self) -> None:
        """Act on what has come before the transfer began, and cannot wait for its end."""
        is_gone = self.is_at_end and not self._session.ending.has_quit
        if is_gone or any(isinstance(one, Command) and one.verb == "ABOR" for one in self.held):
            self._abort()

    def _abort(self) -> None:
        if self._session.transfer is not None:
            self._session.transfer.abort()

    async def _until_more(self) -> None:
        """Wait for more of a command, unless something else comes first. Cancellation: safe."""
        self._in_a_row = 0
        if self._deadline is None:  # of the whole command: it may come a byte at a time
            self._deadline = self._next_deadline()
        self._alarm.set(min(self._deadline, self._session.port_deadline))
        attention = self.attention
        try:
            with attention:
                await self._session.control.until_more()
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            self._end(ConnectionLost("the control connection broke"))
        if attention.is_woken:  # and the wait was over at the same moment
            await checkpoint_if_cancelled()

    def look_up(self, now: float) -> None:
        """The alarm rings, with no transfer under way."""
        if self.attention.is_waiting:
            self.is_out_of_time = self._deadline is not None and now >= self._deadline
            self.attention.wake()

    def begin_anew(self) -> None:
        """A transfer is over: the client has all its time for the next command."""
        self._deadline = None

    def _next_deadline(self) -> float:
        session, options = self._session, self._session.options
        if session.transfer is not None:
            return math.inf
        idle = anyio.current_time() + options.idle_timeout
        self.out_of_time = "You were idle too long."
        if session.state.is_logged_in:
            return idle
        late = session.login.began + options.login_timeout
        if late <= idle:
            self.out_of_time = "The login took too long."
        return min(idle, late)

    def _end(self, lost: ConnectionLost) -> None:
        """The client is gone: abort its transfer, unless it had said QUIT."""
        session = self._session
        logger.info("%s: %s", session.peer_host, lost)
        self.is_at_end = True
        if not session.ending.has_quit:
            self._abort()

    async def until_due(self, command: Command | Refused) -> None:
        """Wait until the client may have its next command obeyed; others come in between.

        Commands that move data are not counted by address: how many files a second come and go is
        what throttles are for.

        Raises:
            Dismissed: it has been too fast for too long.

        Cancellation: safe.
        """
        session = self._session
        if self._rate.is_before_login and session.state.is_logged_in:
            self._rate = CommandRate(session.options.command_rate)
        now = self.now = anyio.current_time()
        seconds = self._rate.delay(now)
        if not self._moves_data(command):
            seconds = max(seconds, self._shared_rate.delay(now))
        if seconds > 0.0:
            await anyio.sleep(seconds)
            self.now += seconds
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
