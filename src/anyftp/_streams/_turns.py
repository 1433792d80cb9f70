"""Turns: few at once, but for those that hang.

Kernel copies that no throttle holds back share few threads: more would not be faster, and would
starve everything else. A slice of one lasts milliseconds, unless a disk hangs; whoever has a turn
for a second no longer counts, so that a hanging disk takes nobody else's. How many may hang at once
is bounded elsewhere, by the threads that one file system has for one user.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

#: Seconds after which whoever has a turn hangs.
HANGING_SECONDS = 1.0


class Turns:
    """Lets few work at once, on one run of an event loop.

    Args:
        total: how many, those left out that hang.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._limiter = anyio.CapacityLimiter(total)
        self._began: dict[object, float] = {}

    @property
    def nwaiting(self) -> int:
        """How many wait for their turn."""
        return self._limiter.statistics().tasks_waiting

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn, and have it. Cancellation: safe."""
        me = object()
        try:
            # anyio 4.12 on trio would raise trio's WouldBlock, which is none of anyio's.
            is_mine = self._limiter.available_tokens >= 1
            if is_mine:
                self._limiter.acquire_on_behalf_of_nowait(me)
        except anyio.WouldBlock:  # there is room, and somebody who is about to take it
            is_mine = False
        if not is_mine:
            await self._wait(me)
        self._began[me] = anyio.current_time()
        try:
            yield
        finally:
            del self._began[me]
            self._limiter.release_on_behalf_of(me)
            self._discount_hanging()

    async def _wait(self, who: object) -> None:
        while True:
            with anyio.move_on_after(HANGING_SECONDS):
                await self._limiter.acquire_on_behalf_of(who)
                return
            self._discount_hanging()

    def _discount_hanging(self) -> None:
        latest = anyio.current_time() - HANGING_SECONDS
        nhanging = sum(began <= latest for began in self._began.values())
        self._limiter.total_tokens = self._total + nhanging
