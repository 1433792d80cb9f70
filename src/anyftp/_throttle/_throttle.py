"""Throttle: what users hold, name, share and change."""

from __future__ import annotations

import inspect
import operator
import time
from contextlib import suppress
from typing import Any, NamedTuple, Self

import anyio
from anyio.lowlevel import checkpoint

from anyftp._throttle._line import Line, ThrottleStatistics
from anyftp._throttle._meter import check_limit, check_weight
from anyftp._throttle._waiting import Withdrawn

#: A start older than this is not believed to be of the clock it was compared with.
_OLDEST_START_SECONDS = 30 * 24 * 3600.0


class Throttle:
    """A limit in bytes per second, shared by everything that pays it.

    One Throttle may serve any number of streams; they take turns by bytes, so a caller with small
    blocks gets as much as one with large blocks. The limit may be changed at any time: whoever
    waits for it wakes, and the new limit holds from the next block on, while what has moved stays
    owed. A Throttle serves one event loop at a time; one run after another may use it.

    Without a stream, `acquire` is asked before bytes move; or `wait` is asked before, and `append`
    is told afterwards.

    Subclasses may override `wait` and `append`; streams then ask and tell them for every block. To
    see how much moves and how fast, `statistics` is enough, and lets the kernel copy.

    Args:
        limit: bytes per second, above zero and finite; None lets everything through.
        reset_rate: accepted for the sake of aioftp's signature and kept as an attribute. The
            accounts here save up next to nothing, so nothing has to be reset.

    Raises:
        ValueError: the limit is zero or below, infinite or not a number.
        TypeError: the limit is a string, say.
    """

    def __init__(self, limit: float | None = None, reset_rate: float = 10) -> None:
        check_limit(limit)
        self.reset_rate = reset_rate
        self._limit = limit
        self._line = Line(limit)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(limit={self._limit!r}, reset_rate={self.reset_rate!r})"

    @property
    def limit(self) -> float | None:
        """Bytes per second, or None; assigning takes effect on the next block.

        An equal limit changes nothing. While somebody waits, it is assigned in the thread of the
        event loop.

        Raises:
            ValueError: on assignment of zero or less, or of what is not finite.
            TypeError: on assignment of what is no number.
            RuntimeError: on assignment in another thread while somebody waits. It is as it was.
        """
        return self._limit

    @limit.setter
    def limit(self, limit: float | None) -> None:
        check_limit(limit)
        if limit == self._limit:
            return
        self._line.change_limit(limit)
        self._limit = limit

    async def acquire(self, nbytes: int, *, weight: float = 1.0) -> None:
        """Wait until bytes may move, and take them.

        Several tasks that wait share the limit by bytes and by weight. More than a turn is taken
        turn by turn, so that a large block holds up nobody; when this returns, the last may move.

        Args:
            nbytes: how many; 0 waits for nothing.
            weight: this task's part of a contested limit, relative to others.

        Raises:
            ValueError: nbytes is negative, or the weight not above zero.

        Cancellation: safe; what had been taken is given back.
        """
        left = _count(nbytes)
        check_weight(weight)
        await checkpoint()
        place = self._line.task_place(weight)
        try:
            while left:
                left -= await self._line.take(place, left)
        except BaseException:
            self._line.give_back(place, nbytes - left)
            raise

    def try_acquire(self, nbytes: int) -> bool:
        """Take bytes if nothing is owed and nobody waits; otherwise change nothing.

        What is taken may be more than a turn: it is owed then, and the next ones wait for it.

        Returns:
            Whether they were taken.

        Raises:
            ValueError: nbytes is negative.
        """
        nbytes = _count(nbytes)
        return not nbytes or self._line.try_take(self._line.task_place(1.0), nbytes)

    def statistics(self) -> ThrottleStatistics:
        """How many wait, and what has moved: to watch bytes without being told of each block."""
        return self._line.statistics()

    async def wait(self) -> None:
        """Wait until what has been recorded by `append` is paid for.

        Several tasks that wait and record take turns by bytes, so that they do not all move in the
        same moment.

        Cancellation: safe; the accounts stay as they are.
        """
        await checkpoint()
        if self._line.meter is not None:
            with suppress(Withdrawn):  # the stream was closed that this is done for
                await self._line.take(self._line.task_place(), 0)

    def append(self, data: Any, start: float) -> None:
        """Record that data moved, beginning at start.

        Args:
            data: what moved, any buffer; only its length in bytes counts. (Its type is open so that
                a subclass may name the one that it gets.)
            start: when it began to move, by `anyio.current_time()`, `time.monotonic()` or
                `time.time()`; the clock is recognised.
        """
        line = self._line
        if line.meter is None:
            return
        nbytes = data.nbytes if isinstance(data, memoryview) else len(data)
        age = _age(start, anyio.current_time())
        line.record(nbytes, age)

    def delay(self) -> float:
        """Seconds until everything that moved is paid for; 0.0 without a limit."""
        return self._line.delay()

    def clone(self) -> Self:
        """Another throttle of the same class and settings, with accounts of its own.

        A subclass whose constructor takes something else is copied with its attributes.
        """
        kind = type(self)
        if kind is Throttle:  # to look at its signature takes longer than all else of a session
            return kind(self._limit, self.reset_rate)
        settings: dict[str, Any] = {"limit": self._limit, "reset_rate": self.reset_rate}
        try:
            inspect.signature(kind).bind(**settings)
        except TypeError:
            copy = kind.__new__(kind)
            copy.__setstate__(self.__getstate__())
            return copy
        return kind(**settings)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_line"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._line = Line(self._limit)

    def _is_hooked(self) -> bool:
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

    def clone(self) -> Self:
        """The same limits with accounts of their own."""
        return self._replace(read=self.read.clone(), write=self.write.clone())

    @classmethod
    def from_limits(
        cls, read_speed_limit: float | None = None, write_speed_limit: float | None = None
    ) -> Self:
        """Two fresh throttles.

        Args:
            read_speed_limit: bytes per second coming in, None for no limit.
            write_speed_limit: bytes per second going out, None for no limit.

        Raises:
            ValueError: a limit is zero or below.
        """
        return cls(Throttle(read_speed_limit), Throttle(write_speed_limit))


def _count(nbytes: int) -> int:
    if operator.index(nbytes) < 0:
        raise ValueError(f"nbytes must be at least 0, not {nbytes!r}")
    return operator.index(nbytes)


def _age(start: float, now: float) -> float:
    """How long ago start was, by whichever clock makes it the most recent past."""
    ages = (now - start, time.monotonic() - start, time.time() - start)
    return min((age for age in ages if 0.0 <= age < _OLDEST_START_SECONDS), default=0.0)
