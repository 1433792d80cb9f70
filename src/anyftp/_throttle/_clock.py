"""Time that never goes back, over one run of an event loop after another.

A throttle may be made once and used in many runs. Each has a clock of its own: one begins
anywhere, another at the system's uptime, a virtual one at nought. Moments of one run mean nothing
in the next. So a throttle's own time goes on where it was, by the seconds that really passed.
"""

from __future__ import annotations

import time

import anyio
from anyio.lowlevel import current_token

#: Event loops round to milliseconds and wake a sleeper up to one too early.
TICK_SECONDS = 0.001


class OwnClock:
    """One throttle's time.

    Attributes:
        latest: the last moment that was asked for.
        run: stands for the event loop that it was asked for in.
    """

    __slots__ = ("_ahead", "_monotonic", "latest", "run")

    def __init__(self) -> None:
        self._ahead = 0.0  # of the event loop's clock
        self.latest = float("-inf")
        self._monotonic = 0.0
        self.run: object = None

    def now(self) -> float:
        """The present moment; only where an event loop runs."""
        now = anyio.current_time() + self._ahead
        run = current_token()
        if run != self.run or now < self.latest - TICK_SECONDS:
            now = self._go_on(now, run)
        self.latest = max(now, self.latest)
        self._monotonic = time.monotonic()
        return now

    def _go_on(self, now: float, run: object) -> float:
        """Another run has begun, or the clock went back: time goes on from where it was."""
        if self.run is not None:
            passed = time.monotonic() - self._monotonic if run != self.run else 0.0
            self._ahead += self.latest + passed - now
            now = self.latest + passed
        self.run = run
        return now
