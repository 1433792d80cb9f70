"""How late an event loop wakes those who sleep, and how soon that may be made good.

A loop that other work holds up wakes a sleeper late. What the sleeper loses by that is owed to it.
If it were made good at once, each pause of the loop would be followed by a burst; if it were made
good little by little, a loop that is held up again and again would never carry its limit. So it
is made good by `HASTE` above the limit, which no window of 250 ms sees; and where pauses follow
each other, within the time that the loop leaves free between two of them, which is the evenest that
can be.

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
#: Beyond this the loop leaves too little time free to spread anything over it.
_MOST_HASTE = 16.0


class Lateness:
    """What is known of a loop's pauses.

    Attributes:
        seconds: of the last pause that counts; 0 if there has been none lately.
    """

    __slots__ = ("_at", "_haste", "_haste_until", "seconds")

    def __init__(self) -> None:
        self.seconds = 0.0
        self._at = -math.inf  # when it ended
        self._haste = HASTE
        self._haste_until = -math.inf

    def see(self, late_seconds: float, now: float) -> None:
        """A sleeper that was to wake so many seconds ago wakes now."""
        since = now - self._at
        is_recent = 0.0 < since < _HORIZON_SECONDS
        if late_seconds <= _QUIET_SECONDS:
            if not is_recent:
                self.seconds = 0.0
            return
        if is_recent and late_seconds < self.seconds / 2:
            return  # a small one between large ones
        if is_recent and late_seconds <= self.seconds * 2:  # the last but one and this are alike
            free = since - late_seconds
            haste = since / free if free * _MOST_HASTE > since else math.inf
            self._haste = max(HASTE, haste * _HASTE_AMONG_PAUSES)
            self._haste_until = now + 2 * since
        self.seconds = late_seconds
        self._at = now

    def haste(self, now: float) -> float:
        """How many times the limit may move until what is owed is made good; maybe infinity."""
        return self._haste if now < self._haste_until else HASTE

    def slack_seconds(self, now: float) -> float:
        """How long somebody may not have asked because the loop was held up, not for idleness."""
        return self.seconds if now - self._at < _HORIZON_SECONDS else 0.0
