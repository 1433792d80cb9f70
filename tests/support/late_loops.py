"""Event loops whose clocks jump, and which are late: held up by other work, or coarse."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from typing import Any

from trio.testing import MockClock


class _LateSelector(selectors.DefaultSelector):
    """Never sleeps: it moves `now` on by what it was asked to wait, and more."""

    def __init__(self, late: float, tick: float) -> None:
        super().__init__()
        self.now = 0.0
        self._late = late
        self._tick = tick

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        ready = super().select(0)
        if not ready:
            self.now += timeout + self._late
            if self._tick:
                self.now = -(-self.now // self._tick) * self._tick
        return ready


class LateLoop(asyncio.SelectorEventLoop):
    """A loop that wakes sleepers late, and whose clock ticks.

    Args:
        late: seconds by which everybody wakes late.
        tick: seconds from one tick of the clock to the next; 0 for none.
    """

    def __init__(self, late: float = 0.0, tick: float = 0.0) -> None:
        self._late = _LateSelector(late, tick)
        super().__init__(self._late)

    def time(self) -> float:
        return self._late.now

    def hold_up(self, seconds: float) -> None:
        """Work that lets nobody else run takes so long."""
        self._late.now += seconds


def held_up(name: str) -> tuple[dict[str, Any], Callable[[float], None]]:
    """Options of `anyio.run` for a clock that jumps, and what stands for work that holds it up."""
    if name == "trio":
        clock = MockClock(autojump_threshold=0)
        return {"backend": "trio", "backend_options": {"clock": clock}}, clock.jump
    made: list[LateLoop] = []

    def make() -> LateLoop:
        made.append(LateLoop())
        return made[-1]

    options = {"backend": "asyncio", "backend_options": {"loop_factory": make}}
    return options, lambda seconds: made[-1].hold_up(seconds)
