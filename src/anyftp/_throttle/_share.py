"""A stream's share of its throttles: grant first, then move at most the grant."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import anyio

from anyftp._throttle._account import Account
from anyftp._throttle._sleep import sleep_for, until_paid

if TYPE_CHECKING:
    from anyftp._throttle._throttle import Throttle

#: A stream starts with small lots and doubles them while it uses them up, so that one which
#: only whispers never holds more of a shared limit than about twice what it says.
_FIRST_LOT_BYTES = 4096
_MIN_LOT_BYTES = 256
#: An unused lot lapses after this time; it was granted for now, not for later.
_LOT_SECONDS = 0.05


class Share:
    """What one direction of one stream may move, under every throttle that it pays.

    The share draws *lots* from the accounts of all its throttles at once and hands them out in
    the pieces that the stream asks for. One sleep a lot, however many throttles there are.

    Args:
        weight: how large a part of a contested limit this stream gets, relative to others.
        appetite: the largest first lot, in bytes.

    Raises:
        ValueError: the weight is not above zero.

    Attributes:
        seconds: spent waiting so far.
    """

    __slots__ = (
        "_appetite",
        "_drawn",
        "_expires",
        "_left",
        "_lot",
        "_sleeper",
        "seconds",
        "weight",
    )

    def __init__(self, weight: float = 1.0, appetite: int = _FIRST_LOT_BYTES) -> None:
        if not 0 < weight < math.inf:
            raise ValueError(f"a weight must be above 0: {weight!r}")
        self.weight = weight
        self._drawn: list[tuple[Account, int]] = []  # accounts, and the versions they had
        self._left = 0
        self._lot = 0
        self.seconds = 0.0
        self._expires = 0.0
        self._appetite = appetite
        self._sleeper: anyio.CancelScope | None = None

    async def grant(self, throttles: Sequence[Throttle], nbytes: int) -> int:
        """Wait until bytes may move, and say how many.

        Args:
            throttles: all that apply.
            nbytes: how many the caller could move now, at least one.

        Returns:
            Between 1 and nbytes. What of it does not move is to be given back. If another task
            closes the share meanwhile this is 1, for the stream to find out that it is closed.

        Cancellation: safe; a cancelled waiter leaves neither debt nor credit.
        """
        if not self._is_valid(throttles):
            await self._draw(throttles)
        granted = min(nbytes, max(self._left, 1))
        self._left -= granted
        return granted

    def give_back(self, nbytes: int) -> None:
        """Return bytes of the last grant that did not move."""
        if self._drawn:
            self._left += nbytes

    def spend(self, nbytes: int) -> None:
        """Take bytes out of the lot that somebody else puts on the accounts."""
        spent = min(nbytes, max(self._left, 0))
        self._left -= spent
        for account, version in self._drawn:
            account.release(spent, version)

    @property
    def nbytes_left(self) -> int:
        """What is left of the lot."""
        return max(self._left, 0)

    async def pay(self, throttles: Sequence[Throttle]) -> None:
        """Wait until everything moved is paid for: the end of a stream comes no sooner.

        Cancellation: safe.
        """
        self._drop()
        began = anyio.current_time()
        has_slept = True
        with self._woken_by_close():
            has_slept = await until_paid(throttles)
        if has_slept:
            self.seconds += anyio.current_time() - began

    def close(self) -> None:
        """Give back what is left; the stream moves no more, and who sleeps for it wakes."""
        self._drop()
        if self._sleeper is not None:
            self._sleeper.cancel()

    def _is_valid(self, throttles: Sequence[Throttle]) -> bool:
        if self._left <= 0 or len(throttles) != len(self._drawn):
            return False
        for throttle, drawn in zip(throttles, self._drawn, strict=True):
            account = throttle._account
            if account is not drawn[0] or account.version != drawn[1]:
                return False
        return anyio.current_time() < self._expires

    def _is_stale(self) -> bool:
        try:
            return anyio.current_time() >= self._expires
        except Exception:  # closed where no event loop is any more; anyio 4.12 has no word for it
            return True

    async def _draw(self, throttles: Sequence[Throttle]) -> None:
        self._drop()
        while True:
            limited = [throttle for throttle in throttles if throttle._account]
            accounts = [throttle._account for throttle in limited if throttle._account]
            if not accounts:
                self._left = 1 << 60
                return
            self._drawn = [(account, account.version) for account in accounts]
            self._expires = math.inf  # until it has begun
            moment = await self._reserve(limited, accounts)
            if moment is not None:
                self._expires = moment + _LOT_SECONDS
                return
            if not self._drawn:  # closed by another task
                return
            self._drop()

    async def _reserve(self, limited: list[Throttle], accounts: list[Account]) -> float | None:
        """Reserve one lot everywhere and sleep until it begins; None if it is void by then."""
        lot = min(account.turn_bytes(self.weight) for account in accounts)
        lot = min(lot, self._appetite)
        began = now = anyio.current_time()
        delays = [account.reserve(lot, now) for account in accounts]
        self._left = self._lot = lot
        delay = max(delays)
        if delay > 0.0:
            dues = [account.clock(now) + delay for account in accounts]
            if await self._sleep(limited, limited[delays.index(delay)], delay):
                return None
            now = anyio.current_time()
            self.seconds += now - began
            for account, due in zip(accounts, dues, strict=True):
                account.wake(due, now)
        return max(began + delay, now)

    async def _sleep(self, limited: list[Throttle], slowest: Throttle, delay: float) -> bool:
        """Sleep; returns whether a limit was assigned, or the share closed, meanwhile."""
        accounts = [account for account, _ in self._drawn]
        for account in accounts:
            account.enter_queue(self.weight)
        try:
            with self._woken_by_close():
                return await sleep_for(limited, slowest, delay)
            return True
        except BaseException:
            self._drop()
            raise
        finally:
            for account in accounts:
                account.leave_queue(self.weight)

    @contextmanager
    def _woken_by_close(self) -> Iterator[None]:
        with anyio.CancelScope() as self._sleeper:
            try:
                yield
            finally:
                self._sleeper = None

    def _drop(self) -> None:
        """Return what is left, and ask next time for twice what was used, if anything was."""
        used = self._lot - self._left
        if self._drawn and used > 0:
            self._appetite = max(used * 2, _MIN_LOT_BYTES)
        is_stale = bool(self._drawn) and self._left > 0 and self._is_stale()
        for account, version in self._drawn:
            account.release(self._left, version, is_stale=is_stale)
        self._drawn = []
        self._left = 0
        self._lot = 0
