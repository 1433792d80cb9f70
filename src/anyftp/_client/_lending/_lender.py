"""The lender: who may have a session, when another one is opened, and when one is let go.

There are two ways to come by one. Whoever has none passes a turnstile, one after the other, first
come first served: there they get an idle session, or the right to open one more, or wait. Whoever
has one and could do with another borrows what nobody waits for, and gives it back when somebody
does; so nobody who holds a session waits for a second one.

No task runs in the background: sessions that have been idle for too long are closed by whoever
comes next.
"""

from __future__ import annotations

import math
import os
from abc import ABC, abstractmethod
from collections.abc import Callable

import anyio

from anyftp._client._lending._lease import Lease
from anyftp._client._lending._server_limit import ServerLimit
from anyftp._client._lending._tidy import tidy_up
from anyftp._client._session._lifecycle import close, leave
from anyftp._client._session._session import Session
from anyftp._errors import FTPError, LocalProtocolError

#: Seconds between two looks for places that others give back.
_LEASE_SECONDS = 1.0


class Lender(ABC):
    """Sessions with one server, of one login."""

    def __init__(
        self,
        size: int,
        *,
        max_age: float | None = None,
        max_idle: float | None = None,
        lease: Lease | None = None,
    ) -> None:
        self._lease = lease
        self._max_age = math.inf if max_age is None else max_age
        self._max_idle = math.inf if max_idle is None else max_idle
        self._idle: list[Session] = []
        self._nopen = self._nwaiting = self._nattempts = 0
        self._server_limit = ServerLimit()
        self._turnstile = anyio.Lock()
        self._changed = anyio.Event()
        self._was_let_in = self._is_closed = self._lacks_places = False
        self._process = os.getpid()
        #: How long it took to connect the last time; 0 before the first.
        self.seconds_to_connect: float = 0.0
        self.size = size

    @abstractmethod
    async def _open(self) -> Session:
        """Open a session that is logged in. Cancellation: nothing stays open."""

    @property
    def size(self) -> int:
        """How many connections there may be; change it at will.

        Where it shrinks, connections that are in use are closed when they are given back.
        """
        return self._size

    @size.setter
    def size(self, size: int) -> None:
        if size < 1:
            raise LocalProtocolError(f"size must be at least 1, not {size}")
        self._size = size
        if self._lease is not None:
            self._lease.size = size
        self._close_surplus()
        self._tell()

    @property
    def nopen(self) -> int:
        """Connections there are at the moment, those being made included."""
        return self._nopen

    @property
    def nidle(self) -> int:
        """How many of them nobody uses."""
        return len(self._idle)

    @property
    def limit(self) -> int:
        """How many there may be: `size`, or fewer where the server has said so lately."""
        return self._server_limit.of(self._size, anyio.current_time())

    @property
    def is_wanted(self) -> bool:
        """Whether somebody waits for a client, or for one that is being connected."""
        return self._nwaiting > 0

    @property
    def _has_others(self) -> bool:
        """Whether any are connected, so that it may be their number that is too high."""
        return self._nopen > 0

    async def make_room(self) -> None:
        """Called when somebody has to wait; returns when it is worth to look again.

        A subclass that keeps clients can give one back, or have a `limit` that grows.

        Cancellation: safe.
        """
        await self.until_changed()

    async def until_changed(self) -> None:
        """Wait until another session may be had. Cancellation: safe."""
        seconds = self._server_limit.seconds_believed(anyio.current_time())
        if self._lacks_places:
            seconds = min(seconds, _LEASE_SECONDS)
        with anyio.move_on_after(seconds):
            await self._changed.wait()

    # Lending

    async def take(self) -> Session:
        """Have a session to oneself: an idle one, a new one, or the next that is given back.

        Raises:
            LocalProtocolError: the lender is closed.
            FTPError: none can be had, and none is in use that could be waited for.

        Cancellation: safe; none is taken.
        """
        self._leave_to_parent()
        nattempts = self._nattempts
        self._nwaiting += 1
        try:
            while True:
                session = await self._take(nattempts)
                if session is not None:
                    return session
        finally:
            self._nwaiting -= 1

    async def _take(self, nattempts: int) -> Session | None:
        if not self._turnstile.locked() and (idle := self._good_idle()):  # nobody is passed over
            return idle
        async with self._turnstile:
            session = await self._idle_or_place(nattempts)
            if session is not None:
                return session
            if not self._was_let_in:
                # Alone: what is wrong with a login need not be tried eight times at once.
                return await self._connect(lambda: bool(self._idle))
        return await self._connect(lambda: bool(self._idle))

    async def _idle_or_place(self, nattempts: int) -> Session | None:
        """A session that is good, or None for the right to open one, which is counted."""
        while True:
            if self._is_closed:
                raise LocalProtocolError("the pool is closed")
            if idle := self._good_idle():
                return idle
            if not self._has_others:
                error = self._server_limit.answer_for(nattempts, anyio.current_time())
                if error is not None:
                    raise error
            if self._nopen < self.limit:
                self._nopen += 1
                return None
            await self.make_room()

    async def spare(self) -> Session | None:
        """Borrow a session that nobody waits for; None if there is none now.

        Raises:
            FTPError: none can be opened, for another reason than that there are enough.

        Cancellation: safe; none is taken.
        """
        if self._nwaiting or self._is_closed:
            return None
        if idle := self._good_idle():
            return idle
        if self._nopen >= self.limit:
            return None
        self._nopen += 1
        return await self._connect(lambda: True)

    async def _connect(self, is_needless: Callable[[], bool]) -> Session | None:
        """Use up the right to open a session; None if that of somebody else has to do.

        Cancellation: nothing stays open, and somebody else may open one.
        """
        if self._lease is not None and not await self._has_place(self._lease, is_needless):
            return None
        self._nattempts += 1
        attempt, began = self._nattempts, anyio.current_time()
        try:
            session = await self._open()
        except FTPError as error:
            self._let_go()
            now = anyio.current_time()
            if not self._has_others:
                self._server_limit.failed(error, attempt, now)
                self._was_let_in = False
                raise
            if not self._server_limit.turned_away(self._nopen, error, now):
                raise
            return None
        except BaseException:
            self._let_go()
            raise
        self._server_limit.let_in(self._nopen)
        self._was_let_in = True
        now = anyio.current_time()
        self.seconds_to_connect = now - began
        session.lender, session.loan.made_at, session.loan.idle_since = self, now, now
        return session

    async def _has_place(self, lease: Lease, is_needless: Callable[[], bool]) -> bool:
        self._lacks_places = True
        try:
            self._lacks_places = not await lease.take(is_needless)
        finally:
            if self._lacks_places:
                self._nopen -= 1
                self._tell()
        return not self._lacks_places

    async def give_back(self, session: Session) -> None:
        """Give one back, whatever has become of it.

        Cancellation: given back nonetheless.
        """
        is_good = False
        try:
            is_good = await tidy_up(session)
        finally:
            if is_good and not self._is_closed:
                session.loan.idle_since = anyio.current_time()
                self._idle.append(session)
                self._close_forgotten(session.loan.idle_since)
                self._close_surplus()
                self._tell()
            else:
                self._drop(session)

    def _leave_to_parent(self) -> None:
        """After a fork: what is open is the other process's, which must not notice anything."""
        if self._process == os.getpid():
            return
        self._process = os.getpid()
        for session in self._idle:
            close(session)  # the descriptors of this process alone
        self._idle, self._nopen, self._nwaiting = [], 0, 0
        self._turnstile, self._changed = anyio.Lock(), anyio.Event()

    def _good_idle(self) -> Session | None:
        while self._idle:
            session = self._idle.pop()
            if not self._is_old(session, anyio.current_time()) and session.control.is_alive():
                return session
            self._drop(session)
        return None

    def _is_old(self, session: Session, now: float) -> bool:
        loan = session.loan
        return now >= loan.made_at + self._max_age or now >= loan.idle_since + self._max_idle

    def _close_forgotten(self, now: float) -> None:
        """Close those at the bottom of the pile that nobody has wanted for too long."""
        while self._idle and self._is_old(self._idle[0], now):
            self._drop(self._idle.pop(0))

    def _close_surplus(self) -> None:
        while self._idle and self._nopen > self._size:
            self._drop(self._idle.pop(0))

    def _drop(self, session: Session) -> None:
        close(session)
        self._let_go()

    def _let_go(self) -> None:
        self._nopen -= 1
        if self._lease is not None:
            self._lease.leave()
        self._tell()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()

    # The end

    def close(self) -> None:
        """Close idle connections without a word, and those in use when they are given back.

        Where no event loop runs any more this is all that can be done.
        """
        self._end()
        self._close_idle()

    async def aclose(self) -> None:
        """Say goodbye to the server over idle connections; those in use are closed when given back.

        Cancellation: closes at once.
        """
        self._end()
        idle, self._idle = self._idle, []
        try:
            async with anyio.create_task_group() as group:
                for session in idle:
                    group.start_soon(leave, session)
        finally:
            for session in idle:
                self._drop(session)

    def _end(self) -> None:
        self._is_closed = True
        if self._lease is not None:
            self._lease.close()
        self._tell()

    def _close_idle(self) -> None:
        while self._idle:
            self._drop(self._idle.pop())
