"""Throttle and StreamThrottle: the core's accounts, asyncio's sleep."""

from __future__ import annotations

import asyncio
import asyncio.tasks
from collections.abc import Sequence
from typing import Any

import anyftp

from .._ground._patchable import patchable

#: What `asyncio.sleep` is unless somebody has replaced it.
_GENUINE_SLEEP = asyncio.tasks.sleep


class Throttle(anyftp.Throttle):
    """A limit in bytes per second.

    All waiting goes through `asyncio.sleep` as it is at that moment. While that is asyncio's own,
    a sleeper also wakes as soon as the limit is assigned; whoever has put a function of their own
    there gets one call a wait, with the seconds that the wait takes, and the accounts take their
    word that the time has passed.

    Args:
        limit: bytes per second; None, and as in aioftp zero and less, let everything through.
        reset_rate: kept as an attribute. The core saves up next to nothing that could be reset.
    """

    def __init__(self, limit: int | None = None, reset_rate: float = 10) -> None:
        super().__init__(_effective(limit), reset_rate)
        self._given_limit = limit
        self._early: list[tuple[bytes, float]] = []

    def __repr__(self) -> str:
        return f"{type(self).__name__}(limit={self._given_limit!r}, reset_rate={self.reset_rate!r})"

    @property  # type: ignore[override]  # aioftp's programs count in whole bytes
    def limit(self) -> int | None:
        """Bytes per second as given; assigning takes effect on the next block."""
        return self._given_limit

    @limit.setter
    def limit(self, limit: int | None) -> None:
        self._given_limit = limit
        self._early.clear()
        # mypy has no word for the setter of a base class's property
        anyftp.Throttle.limit.fset(self, _effective(limit))  # type: ignore[attr-defined]

    async def wait(self) -> None:
        """Wait until what has been recorded by `append` is paid for. Cancellation: safe."""
        self.count_early()
        await anyftp.until_paid((self,))

    def append(self, data: bytes, start: float) -> None:
        """Record that data moved, beginning at start.

        Args:
            data: what moved.
            start: by `time.time()`, `time.monotonic()` or the event loop's clock.
        """
        if _effective(self._given_limit) is None:
            return
        if _is_in_loop():
            super().append(data, start)
        else:  # the accounts keep the loop's time; they are told once there is a loop
            self._early.append((data, start))

    def count_early(self) -> None:
        """Count what was recorded while no event loop ran."""
        if self._early:
            early, self._early = self._early, []
            for data, start in early:
                super().append(data, start)

    def delay(self) -> float:
        """Seconds that `wait` would sleep now."""
        self.count_early()
        return super().delay()

    async def sleep(self, seconds: float) -> bool:
        """Sleep by `asyncio.sleep`; returns whether the limit was assigned meanwhile.

        Cancellation: safe.
        """
        if asyncio.sleep is _GENUINE_SLEEP:
            return await super().sleep(seconds)
        await asyncio.sleep(seconds)
        return False

    def clone(self) -> Throttle:
        """A plain throttle of the same settings with an account of its own."""
        clone: Throttle = patchable("common", "Throttle")(
            limit=self._given_limit, reset_rate=self.reset_rate
        )
        return clone

    @property
    def is_hooked(self) -> bool:
        """Whether somebody wants to be asked and told for every block."""
        kind = type(self)
        if kind is Throttle and "wait" not in self.__dict__ and "append" not in self.__dict__:
            return False
        return (
            kind.wait is not Throttle.wait
            or kind.append is not Throttle.append
            or "wait" in self.__dict__
            or "append" in self.__dict__
        )


async def ask(throttle: Any, beside: Sequence[Any]) -> None:
    """Have a throttle of the user's own wait.

    Where a function in the place of `asyncio.sleep` says that time has passed which the clock knows
    nothing of, the throttles beside it take its word too: they would have been paid meanwhile.

    Cancellation: as its `wait`.
    """
    if asyncio.sleep is _GENUINE_SLEEP or not isinstance(throttle, Throttle):
        await throttle.wait()
        return
    clock = asyncio.get_running_loop().time
    begin, owed = clock(), throttle.delay()
    await throttle.wait()
    unseen = owed - throttle.delay() - (clock() - begin)
    for other in {id(each): each for each in beside}.values():
        if unseen > 0 and other is not throttle and isinstance(other, Throttle):
            other.advance(unseen)


class StreamThrottle(anyftp.StreamThrottle):
    """The two directions of a stream: `read` limits what comes in, `write` what goes out."""

    __slots__ = ()

    read: Throttle
    write: Throttle

    def clone(self) -> StreamThrottle:
        """The same limits with accounts of their own."""
        return type(self)(self.read.clone(), self.write.clone())

    @classmethod
    def from_limits(  # type: ignore[override]  # as `limit`
        cls, read_speed_limit: int | None = None, write_speed_limit: int | None = None
    ) -> StreamThrottle:
        """Two fresh throttles, in bytes per second."""
        throttle = patchable("common", "Throttle")
        return cls(throttle(limit=read_speed_limit), throttle(limit=write_speed_limit))


def _effective(limit: int | None) -> int | None:
    """aioftp takes zero and less for no limit."""
    return limit if limit is not None and limit > 0 else None


def _is_in_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
