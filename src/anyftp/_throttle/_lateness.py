"""How late an event loop wakes those who sleep, and how soon that may be made good.

A loop that other work holds up wakes a sleeper late. What the sleeper loses by that is owed to it.
If it were made good at once, each pause of the loop would be followed by a burst; if it were made
good little by little, a loop that is held up again and again would never carry its limit. So it
is made good by `HASTE` above the limit, which no window of 250 ms sees. Where pauses follow each
other, what each of them costs is made good after it: at once, if the loop leaves but a moment free
before the next, or else within the time that it leaves free, which is the evenest that can be.

This module knows no clock: `now` is passed in, in seconds.
"""

from __future__ import annotations

import math

#: How much faster than the limit a single pause is made good.
HASTE = 1.04
#: The same where pauses follow each other, on top of what each of them costs: until that was known,
#: some of it has been lost.
_HASTE_AMONG_PAUSES = 1.06
#: Sleepers of a quiet loop are later than this but rarely, and lose nothing by it.
_QUIET_SECONDS = 0.0025
#: Two pauses that are further apart have nothing to do with each other.
_HORIZON_SECONDS = 1.0
#: In less time than this a loop that is so busy will not wake a sleeper twice.
_MOMENT_SECONDS = 0.025
#: What a large pause counts for fades with each small one that follows.
_FADE = 0.9


class Lateness:
    """What is known of a loop's pauses.

    Attributes:
        haste: how many times the limit may move until what is owed is made good.
        burst_seconds: how many seconds' worth of it may move at once.
        seconds: of the last pause that counts; 0 if there has been none lately.
    """

    __slots__ = ("_at", "_period", "_until", "burst_seconds", "haste", "seconds")

    def __init__(self) -> None:
        self.seconds = 0.0
        self._at = -math.inf  # when it ended
        self._period = 0.0  # from one to the next
        self._until = -math.inf  # how long pauses are expected to follow each other
        self.haste = HASTE
        self.burst_seconds = 0.0

    def see(self, late_seconds: float, now: float) -> None:
        """A sleeper that was to wake so many seconds ago wakes now."""
        if now >= self._until:
            self.haste, self.burst_seconds = HASTE, 0.0
        since = now - self._at
        is_recent = 0.0 < since < _HORIZON_SECONDS
        if late_seconds <= _QUIET_SECONDS:
            if not is_recent:
                self.seconds = 0.0
            return
        if is_recent and late_seconds < self.seconds / 2:  # a small one between large ones
            self.seconds *= _FADE
            return
        if is_recent:
            # Nobody slept when the one between was, perhaps: then the distance is no longer.
            self._period = min(since, self._period * 1.2) if now < self._until else since
            self._expect_more(min(late_seconds, self.seconds), self._period)
            self._until = now + 4 * self._period
        self.seconds = late_seconds
        self._at = now

    def slack_seconds(self, now: float) -> float:
        """How long somebody may not have asked because the loop was held up, not for idleness."""
        return 2 * self.seconds if now - self._at < _HORIZON_SECONDS else 0.0

    def _expect_more(self, pause: float, period: float) -> None:
        free = period - pause
        if free < _MOMENT_SECONDS:
            self.haste, self.burst_seconds = _HASTE_AMONG_PAUSES, pause
        else:
            self.haste, self.burst_seconds = _HASTE_AMONG_PAUSES * period / free, 0.0
