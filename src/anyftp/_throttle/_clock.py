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
    """One throttle's time: that of the event loop at hand, and what was slept beside it.

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
        return self.at(anyio.current_time())

    def at(self, moment: float) -> float:
        """A present moment of the event loop's clock, in own time."""
        own = moment + self._ahead
        run = current_token()
        if run != self.run or own < self.latest - TICK_SECONDS:
            own = self._go_on(own, run)
        self.latest = max(own, self.latest)
        self._monotonic = time.monotonic()
        return own

    def skip(self, seconds: float) -> None:
        """Count seconds as past that the event loop's clock knows nothing of."""
        self._ahead += seconds

    def _go_on(self, own: float, run: object) -> float:
        """Another run has begun, or the clock went back: time goes on from where it was."""
        if self.run is not None:
            passed = time.monotonic() - self._monotonic if run != self.run else 0.0
            self._ahead += self.latest + passed - own
            own = self.latest + passed
        self.run = run
        return own
