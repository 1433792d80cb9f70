"""Throttle and StreamThrottle: aioftp's account of what moved, and the core's way to wait for it.

While `asyncio.sleep` is asyncio's own, the core decides who waits how long: streams that share a
limit take turns, idle time buys nothing, a changed limit wakes whoever sleeps. Whoever has put a
function of their own in its place wants to hear of each wait, as aioftp calls it: once, with the
seconds until all that moved is paid. What that function does is its own affair: no time has
passed but what the clock says.
"""

from __future__ import annotations

import asyncio
import asyncio.tasks
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import anyftp

from .._ground._patchable import patched

#: What `asyncio.sleep` is unless somebody has replaced it.
_GENUINE_SLEEP = asyncio.tasks.sleep

#: Who overrides one of these wants to be asked and told for every block.
_HOOKS = ("wait", "append")


class Throttle:
    """A limit in bytes per second.

    Args:
        limit: bytes per second; None, and as in aioftp zero and less, let everything through.
        reset_rate: seconds after which the account begins anew with what is still owed.
    """

    def __init__(self, limit: int | None = None, reset_rate: float = 10) -> None:
        self.reset_rate = reset_rate
        self._limit = limit
        self._start: float | None = None
        self._sum = 0
        self._clock = _loop_time
        self._early: list[tuple[bytes, float]] = []
        self._pace = PacingThrottle(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(limit={self._limit!r}, reset_rate={self.reset_rate!r})"

    @property
    def limit(self) -> int | None:
        """Bytes per second as given; assigning takes effect on the next block."""
        return self._limit

    @limit.setter
    def limit(self, limit: int | None) -> None:
        self._limit = limit
        self._start, self._sum = None, 0
        self._early.clear()
        self._pace.limit = self.effective_limit

    @property
    def effective_limit(self) -> int | None:
        """Bytes per second, above zero; None for no limit."""
        return self._limit if self._limit is not None and self._limit > 0 else None

    async def wait(self) -> None:
        """Wait until what has been recorded by `append` is paid for. Cancellation: safe."""
        await wait_for((self,))

    def append(self, data: bytes, start: float) -> None:
        """Record that data moved, beginning at start.

        Args:
            data: what moved.
            start: by `time.time()`, `time.monotonic()` or the event loop's clock.
        """
        limit = self.effective_limit
        if limit is None:
            return
        nbytes = data.nbytes if isinstance(data, memoryview) else len(data)
        self._clock = _clock_of(start)
        if self._start is None:
            self._start = start
        elapsed = start - self._start
        if elapsed > self.reset_rate or elapsed * limit >= self._sum:
            self._sum = max(0, self._sum - round(elapsed * limit))
            self._start = start
        self._sum += nbytes
        if _is_in_loop():
            self._pace.append(data, start)
        else:  # the core keeps the loop's time; it is told once there is a loop
            self._early.append((data, start))

    def delay(self) -> float:
        """Seconds until all that was recorded is paid for."""
        limit = self.effective_limit
        if limit is None or self._start is None:
            return 0.0
        return max(0.0, self._start + self._sum / limit - self._clock())

    def clone(self) -> Throttle:
        """A plain throttle of the same settings with an account of its own."""
        clone: Throttle = patched.common.Throttle(limit=self._limit, reset_rate=self.reset_rate)
        return clone

    def pace(self) -> PacingThrottle:
        """The core's throttle for the same limit."""
        early, self._early = self._early, []
        for data, start in early:
            self._pace.append(data, start)
        return self._pace


class PacingThrottle(anyftp.Throttle):
    """The core's throttle that decides when the bytes of one of ours may move.

    Args:
        behind: has the limit.
    """

    def __init__(self, behind: Throttle) -> None:
        super().__init__(behind.effective_limit)
        self.behind: Throttle = behind

    def clone(self) -> PacingThrottle:
        return self.behind.clone().pace()


class AskedThrottle(anyftp.Throttle):
    """Has another throttle asked and told for every block of the core's.

    Args:
        behind: has `wait` and `append`.
    """

    def __init__(self, behind: Throttle) -> None:
        super().__init__()
        self.behind = behind

    async def wait(self) -> None:
        await self.behind.wait()

    def append(self, data: bytes, start: float) -> None:
        self.behind.append(data, start)

    def clone(self) -> AskedThrottle:
        return AskedThrottle(self.behind.clone())


class StreamThrottle(NamedTuple):
    """The two directions of a stream: `read` limits what comes in, `write` what goes out."""

    read: Throttle
    write: Throttle

    def clone(self) -> StreamThrottle:
        """The same limits with accounts of their own."""
        return StreamThrottle(self.read.clone(), self.write.clone())

    @classmethod
    def from_limits(
        cls, read_speed_limit: int | None = None, write_speed_limit: int | None = None
    ) -> StreamThrottle:
        """Two fresh throttles, in bytes per second."""
        throttle = patched.common.Throttle
        return cls(throttle(limit=read_speed_limit), throttle(limit=write_speed_limit))


def for_core(pair: StreamThrottle) -> anyftp.StreamThrottle:
    """The throttles by which a stream of the core's pays for a pair of ours."""
    return anyftp.StreamThrottle(_for_core(pair.read), _for_core(pair.write))


def ours(throttle: anyftp.Throttle) -> Throttle:
    """The throttle that one of the core's stands for."""
    assert isinstance(throttle, PacingThrottle | AskedThrottle)
    return throttle.behind


def _for_core(throttle: Throttle) -> anyftp.Throttle:
    if is_hooked(throttle) or (sleep_is_replaced() and throttle.limit is not None):
        return AskedThrottle(throttle)
    return throttle.pace()


def is_hooked(throttle: Throttle) -> bool:
    """Whether a throttle wants to be asked and told for every block, as the user's own do."""
    kind = type(throttle)
    if kind is not Throttle and not issubclass(kind, Throttle):
        return True
    if not throttle.__dict__.keys().isdisjoint(_HOOKS):
        return True
    return kind.wait is not Throttle.wait or kind.append is not Throttle.append


def sleep_is_replaced() -> bool:
    """Whether somebody has put a function of their own in the place of `asyncio.sleep`."""
    return asyncio.sleep is not _GENUINE_SLEEP


async def wait_for(throttles: Sequence[Throttle]) -> None:
    """Wait until all is paid that was recorded under each of some plain throttles.

    Cancellation: safe.
    """
    if sleep_is_replaced():
        delay = max([throttle.delay() for throttle in throttles], default=0.0)
        if delay > 0.0:
            await asyncio.sleep(delay)
        return
    for throttle in throttles:
        await throttle.pace().wait()


def _loop_time() -> float:
    return asyncio.get_running_loop().time()


def _clock_of(start: float) -> Callable[[], float]:
    """The clock by which start is the most recent past."""
    clocks = [time.monotonic, time.time]
    if _is_in_loop():
        clocks.insert(0, _loop_time)
    ages = {clock() - start: clock for clock in reversed(clocks)}
    return ages[min((age for age in ages if age >= 0.0), default=min(ages, key=abs))]


def _is_in_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
