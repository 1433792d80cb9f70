"""Throttle and StreamThrottle: what users hold, name, share and change."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Self

import anyio

from anyftp._throttle._account import Account, check_limit
from anyftp._throttle._sleep import sleep_unless_changed
from anyftp._throttle._turns import spend, until_turn

#: A start older than this is not believed to be of the clock it was compared with.
_OLDEST_START_SECONDS = 30 * 24 * 3600.0


class Throttle:
    """A limit in bytes per second, shared by everything that pays it.

    One Throttle may serve any number of streams; they take turns of equal size in bytes, so
    a caller with small blocks gets as much as one with large blocks. The limit may be changed
    at any time from the event loop's thread: whoever sleeps for it wakes, and the new limit
    holds from the next block on. A Throttle belongs to the event loop that it is used in.

    Subclasses may override `wait` and `append`; streams then ask and tell them for every block.

    Args:
        limit: bytes per second, above zero and finite; None lets everything through.
        reset_rate: accepted for the sake of aioftp's signature and kept as an attribute. The
            accounts here save up next to nothing, so nothing has to be reset.

    Raises:
        ValueError: the limit is zero or below, or infinite.
    """

    def __init__(self, limit: float | None = None, reset_rate: float = 10) -> None:
        check_limit(limit)
        self.reset_rate = reset_rate
        self._account = None if limit is None else Account(limit)
        self._limit = limit
        self._sleepers: set[anyio.CancelScope] = set()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(limit={self._limit!r}, reset_rate={self.reset_rate!r})"

    @property
    def limit(self) -> float | None:
        """Bytes per second, or None; assigning takes effect on the next block.

        Raises:
            ValueError: on assignment of zero or less.
        """
        return self._limit

    @limit.setter
    def limit(self, limit: float | None) -> None:
        check_limit(limit)
        self._limit = limit
        if limit is None:
            if self._account is not None:
                self._account.change_limit(self._account.limit)
            self._account = None
        elif self._account is None:
            self._account = Account(limit)
        else:
            self._account.change_limit(limit)
        for sleeper in self._sleepers:
            sleeper.cancel()

    async def wait(self) -> None:
        """Wait until what has been recorded by `append` is paid for.

        Several that wait at once take turns, so that they do not all move in the same moment.

        Cancellation: safe; the accounts stay as they are.
        """
        await until_turn(self)

    async def sleep(self, seconds: float) -> bool:
        """Sleep, but wake as soon as the limit is assigned.

        Here all waiting for this throttle takes place; of several that hold at once, the slowest is
        the one that is waited for. Override it to sleep by other means; the accounts then count the
        seconds as past, whatever the clock says.

        Returns:
            Whether the limit was assigned.

        Cancellation: safe.
        """
        return await sleep_unless_changed([self], seconds, anyio.sleep)

    def append(self, data: Any, start: float) -> None:
        """Record that data moved, beginning at start.

        Args:
            data: what moved, any buffer; only its length in bytes counts. (Its type is open so that
                a subclass may name the one that it gets.)
            start: when it began to move, by `anyio.current_time()`, `time.monotonic()` or
                `time.time()`; the clock is recognised.
        """
        if self._account is not None:
            now = anyio.current_time()
            nbytes = data.nbytes if isinstance(data, memoryview) else len(data)
            spend(self, nbytes)
            self._account.record(nbytes, now - _age(start, now), now)

    def delay(self) -> float:
        """Seconds that `wait` would sleep now; 0.0 without a limit."""
        account = self._account
        return 0.0 if account is None else account.delay(anyio.current_time())

    def advance(self, seconds: float) -> None:
        """Count so many seconds as past that the clock knows nothing of.

        For callers that sleep by other means: after a sleep of `delay()` seconds that the clock has
        not seen, the account is even.
        """
        if self._account is not None:
            self._account.skip(seconds)

    def clone(self) -> Self:
        """Another throttle of the same class and settings, with accounts of its own."""
        return type(self)(self._limit, self.reset_rate)

    @property
    def turn_bytes(self) -> int | None:
        """Bytes that one block should not exceed lest it bursts; None without a limit."""
        return None if self._account is None else self._account.turn_bytes()

    @property
    def has_own_sleep(self) -> bool:
        """Whether a subclass sleeps by other means."""
        return type(self).sleep is not Throttle.sleep

    @property
    def is_hooked(self) -> bool:
        """Whether a subclass wants to be asked and told for every block."""
        kind = type(self)
        return kind.wait is not Throttle.wait or kind.append is not Throttle.append


class StreamThrottle(NamedTuple):
    """The two directions of a stream.

    Attributes:
        read: limits what comes in.
        write: limits what goes out.
    """

    read: Throttle
    write: Throttle

    def clone(self) -> StreamThrottle:
        """The same limits with accounts of their own."""
        return StreamThrottle(self.read.clone(), self.write.clone())

    @classmethod
    def from_limits(
        cls, read_speed_limit: float | None = None, write_speed_limit: float | None = None
    ) -> StreamThrottle:
        """Two fresh throttles.

        Args:
            read_speed_limit: bytes per second coming in, None for no limit.
            write_speed_limit: bytes per second going out, None for no limit.

        Raises:
            ValueError: a limit is zero or below.
        """
        return cls(Throttle(read_speed_limit), Throttle(write_speed_limit))


def that_matter(
    throttles: Mapping[str, StreamThrottle], direction: int
) -> tuple[list[Throttle], bool]:
    """The throttles of one direction that have a limit or a hook.

    This runs for every block of every stream, so an unlimited throttle costs one `is None`.

    Args:
        direction: 0 for the throttles of reading, 1 for those of writing.

    Returns:
        The throttles, each once though it may have several names; and whether any has a hook.
    """
    found = []
    has_hooks = False
    for pair in throttles.values():
        throttle = pair[direction]
        if type(throttle) is not Throttle and throttle.is_hooked:
            has_hooks = True
            found.append(throttle)
        elif throttle._account is not None:
            found.append(throttle)
    return (each_once(found) if len(found) > 1 else found), has_hooks


def each_once(throttles: Iterable[Throttle]) -> list[Throttle]:
    """The same objects without repetitions: bytes pay a limit once, under however many names."""
    return list({id(throttle): throttle for throttle in throttles}.values())


def _age(start: float, now: float) -> float:
    """How long ago start was, by whichever clock makes it the most recent past."""
    ages = (now - start, time.monotonic() - start, time.time() - start)
    return min((age for age in ages if 0.0 <= age < _OLDEST_START_SECONDS), default=0.0)
