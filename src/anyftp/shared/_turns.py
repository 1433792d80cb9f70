"""Who asks the ledger, one at a time, while there is one to be asked.

A ledger that has not answered in time is given up, as nobody knows what it has done. Whoever asks
then waits for another connection to it, within a bound; once that has failed, too, it is lost, and
nobody waits any more.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeVar

import anyio
from anyio.lowlevel import checkpoint_if_cancelled

from anyftp.shared._ledger import LEASE_SECONDS, Ledger, LedgerLost

_T = TypeVar("_T")

#: Seconds in which an answer has to come.
ANSWER_SECONDS = LEASE_SECONDS / 5 * 2
#: Seconds for which one waits to be the one who asks: for an answer that fails, for another
#: connection, and for others whose answers are slow.
_TURN_SECONDS = 2 * LEASE_SECONDS


class Turns:
    """The turns of those who ask one ledger after another.

    Attributes:
        is_open: whether somebody looks for ledgers.
        is_lost: whether none could be reached.
        woken: set when the ledger is asked no more, or its lease is to be renewed at once.
    """

    def __init__(self) -> None:
        self.is_open = self.is_lost = False
        self.woken = anyio.Event()
        self._ledger: Ledger | None = None
        self._found = anyio.Event()
        self._asking = anyio.Lock()

    @property
    def has_ledger(self) -> bool:
        """Whether there is one to be asked."""
        return self._ledger is not None

    def find(self, ledger: Ledger) -> None:
        """Have this one asked."""
        self._ledger, self.woken = ledger, anyio.Event()
        self._found.set()

    def part(self) -> None:
        """Have it asked no more, and those who come now wait for another one."""
        if self._ledger is not None:
            self._ledger, self._found = None, anyio.Event()
            self.woken.set()

    def lose(self) -> None:
        """Have nobody wait for one."""
        self.is_lost = True
        self._found.set()

    def close(self) -> None:
        """Have nobody ask or wait from now on."""
        self.is_open = False
        self.part()
        self._found.set()

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Be the one who asks, as soon as there is somebody to be asked, within a bound.

        Raises:
            LedgerLost: there is nobody, or it is not one's turn in time.

        Cancellation: safe.
        """
        is_ours = False
        with anyio.move_on_after(_TURN_SECONDS):
            is_ours = await self._come()
        if not is_ours:
            raise LedgerLost("nobody can be asked what is counted together")
        try:
            yield
        finally:
            self._asking.release()

    async def _come(self) -> bool:
        """Wait for a ledger and for those who ask it before; whether it came to that."""
        while self.is_open and not self.is_lost:
            if self._ledger is None:
                await self._found.wait()
                continue
            await self._asking.acquire()
            if self._ledger is not None:
                return True
            self._asking.release()
        return False

    def next(self) -> AbstractAsyncContextManager[None]:
        """What to enter to be the one who asks, ledger or not, after those before."""
        return self._asking

    async def ask(self, question: Callable[[Ledger], Awaitable[_T]]) -> _T:
        """Ask, in one's turn, within a bound. What is begun is known to be done.

        Raises:
            LedgerLost: nobody can be asked, or no answer came.

        Cancellation: safe; waits for the answer, within a bound.
        """
        ledger = self._ledger
        if ledger is None:
            raise LedgerLost("nobody can be asked what is counted together")
        await checkpoint_if_cancelled()
        with anyio.CancelScope(shield=True):
            try:
                with anyio.fail_after(ANSWER_SECONDS):
                    answer = await question(ledger)
            except Exception as error:  # of the libraries' many kinds: it is lost in any case
                self.part()
                raise LedgerLost(f"nobody answers what is counted together: {error!r}") from error
        return answer
