"""What of waiting for a limit is the event loop's: those who sleep, and the time that passes.

A throttle may be made once and used in many runs of event loops. Each has a clock of its own: one
begins anywhere, another at the system's uptime, a virtual one at nought. Moments of one run mean
nothing in the next. So a throttle's own time goes on where it was, by the seconds that really
passed.
"""

from __future__ import annotations

import math
import time

import anyio
from anyio.lowlevel import current_token

#: Event loops round to milliseconds and wake a sleeper up to one too early.
TICK_SECONDS = 0.001


class Withdrawn(Exception):
    """Whoever waited is not to wait any more."""


class Place:
    """What a line knows of one stream, or of one task that uses a throttle by hand.

    Attributes:
        weight: its part of a contested limit, relative to others.
        finish: the tag where its last grant ended.
        takes_turns: it waits for a turn, and tells afterwards how much moved.
        usual_bytes: the size of its last block, if it records what it moves afterwards.
        asked: the line's virtual time when it began to wait for its peer, to pay for what comes.
        rate: what it may have in a second then, in its turns with others.
        tag: those who wait are served in the order of their tags.
        most: what it asks for while it waits.
    """

    __slots__ = (
        "_alarm",
        "_event",
        "_is_withdrawn",
        "asked",
        "finish",
        "most",
        "number",
        "rate",
        "tag",
        "takes_turns",
        "usual_bytes",
        "weight",
    )

    def __init__(self, weight: float = 1.0) -> None:
        self.weight = weight
        self.finish = 0.0
        self.takes_turns = False
        self.usual_bytes = 0
        self.asked = math.inf
        self.rate = math.inf
        self.tag = 0.0
        self.number = 0
        self.most = 0
        self._is_withdrawn = False
        self._alarm: anyio.CancelScope | None = None
        self._event: anyio.Event | None = None

    def __lt__(self, other: Place) -> bool:
        return (self.tag, self.number) < (other.tag, other.number)

    def stand(self, tag: float, number: int, most: int) -> None:
        """It begins to wait."""
        self.tag, self.number, self.most = tag, number, most
        self._is_withdrawn = False

    async def sleep(self, seconds: float) -> bool:
        """Sleep, or wait without a timer for any time. Cancellation: safe.

        Returns:
            Whether the seconds are over; if not, it was woken to look again.

        Raises:
            Withdrawn: it is not to wait any more.
        """
        if seconds == math.inf:
            self._event = anyio.Event()
            await self._event.wait()
            self._event = None
            is_over = False
        else:
            with anyio.CancelScope() as self._alarm:
                await anyio.sleep(seconds)
            is_over, self._alarm = not self._alarm.cancel_called, None
        if self._is_withdrawn:
            raise Withdrawn
        return is_over

    def wake(self) -> None:
        """Have it look again whether it may move."""
        if self._alarm is not None:
            self._alarm.cancel()
        if self._event is not None:
            self._event.set()

    def withdraw(self) -> None:
        """If it waits, have it leave with empty hands."""
        self._is_withdrawn = True
        self.wake()


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
        token = current_token()  # from which it is less far to the time than by anyio's own call
        now = token.backend_class.current_time() + self._ahead
        run = token.native_token
        if run is not self.run or now < self.latest - TICK_SECONDS:
            now = self._go_on(now, run)
        self.latest = max(now, self.latest)
        self._monotonic = time.monotonic()
        return now

    def _go_on(self, now: float, run: object) -> float:
        """Another run has begun, or the clock went back: time goes on from where it was."""
        if self.run is not None:
            passed = time.monotonic() - self._monotonic if run is not self.run else 0.0
            self._ahead += self.latest + passed - now
            now = self.latest + passed
        self.run = run
        return now
