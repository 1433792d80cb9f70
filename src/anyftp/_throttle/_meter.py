"""The arithmetic of a limit: bytes and seconds in, the next moment to move out.

A meter knows one moment: when all that has moved is *paid*, at `limit` bytes a second. Nothing
moves before it, so whatever the blocks are, their sum is the limit's.

Idle time leaves that moment behind; but by no more than `CREDIT_SECONDS` when the next block comes:
an hour's silence buys no burst. Time that was lost while somebody waited, because the event loop
woke them late, is no idleness. Up to `MAX_OWED_SECONDS` of it is owed in full, and a second moment,
the *peak*, sees to it that this is made good evenly: it is paid at a rate that is a little above
the limit. Usually the peak is never felt.

One turn, the credit and the haste of 250 ms are the most that a window of 250 ms can see above its
share: less than a tenth.

This module knows no clock: `now` is passed in, in seconds of a clock that never goes back.
"""

from __future__ import annotations

import math
from numbers import Real

from anyftp._throttle._lateness import HASTE, Lateness

#: A turn for each of those who wait takes so long, and longer the more they are, so that waking
#: them does not cost more than their bytes.
ROUND_SECONDS = 0.010
MAX_ROUND_SECONDS = 0.2
_SECONDS_PER_STREAM = 0.002
#: A loop that wakes everybody late has few turns in which to fetch what is paid for next.
_LATE_FETCH_SECONDS = 0.025
CREDIT_SECONDS = 0.003
PEAK_CREDIT_SECONDS = 0.005
MAX_OWED_SECONDS = 0.25
#: A grant that was made under a higher limit is owed, too, but keeps no one waiting for longer.
_MAX_LOT_SECONDS = 0.5
#: Smaller turns would cost more in packets than they smooth.
MIN_TURN_BYTES = 128


def check_limit(limit: float | None) -> None:
    """Refuse a limit that would let nothing through, or that is none.

    Raises:
        ValueError: the limit is not above zero, or not finite.
        TypeError: it is no number.
    """
    if limit is None:
        return
    if not isinstance(limit, Real):
        raise TypeError(f"a limit is a number of bytes per second, or None: {limit!r}")
    if not 0 < limit < 1e300:  # larger integers are no floats any more; nan fails, too
        raise ValueError(f"a limit must be above 0 bytes per second and finite, or None: {limit!r}")


class Meter:
    """What moved under one limit, and when it is paid."""

    __slots__ = ("_last_grant", "_lateness", "_owed_seconds", "_paid", "_peak", "limit")

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self._paid: float | None = None  # nothing has been saved up before the first use
        self._peak = -math.inf
        self._owed_seconds = 0.0
        self._last_grant = 0.0
        self._lateness = Lateness()

    def turn_bytes(self, weight: float, weight_waiting: float) -> int:
        """The largest grant for one stream, a power of two, while others of this weight wait."""
        streams = weight_waiting + weight
        round_seconds = max(ROUND_SECONDS, streams * _SECONDS_PER_STREAM)
        return self._part(weight, streams, min(round_seconds, MAX_ROUND_SECONDS))

    def fetch_bytes(self, weight: float, weight_others: float) -> int:
        """The most that one stream may have before it is granted, among others who do the same."""
        streams = weight_others + weight
        round_seconds = max(ROUND_SECONDS / 2, streams * _SECONDS_PER_STREAM / 4)
        round_seconds = max(round_seconds, min(self._lateness.seconds, _LATE_FETCH_SECONDS))
        return self._part(weight, streams, min(round_seconds, MAX_ROUND_SECONDS))

    def _part(self, weight: float, streams: float, round_seconds: float) -> int:
        part = self.limit * round_seconds * weight / streams
        smallest = min(MIN_TURN_BYTES * weight, self.limit)
        return 1 << max(int(part), int(smallest), 1).bit_length() - 1

    def due(self) -> float:
        """The moment from which on the next bytes may move."""
        return self._peak if self._paid is None else max(self._paid, self._peak)

    def delay(self, now: float) -> float:
        """Seconds until everything that moved is paid."""
        return 0.0 if self._paid is None else max(0.0, self._paid - now)

    def grant(self, nbytes: float, now: float) -> None:
        """Count bytes that may move now."""
        slack = self._owed_seconds + self._lateness.slack_seconds(now)
        owed = min(slack, MAX_OWED_SECONDS)
        self._last_grant = nbytes
        self._charge(nbytes, now, now - CREDIT_SECONDS - owed)
        assert self._paid is not None
        self._owed_seconds = min(owed, max(0.0, now - CREDIT_SECONDS - self._paid))
        lateness = self._lateness
        is_spread = lateness.haste > HASTE and not lateness.burst_seconds
        credit = 0.0 if is_spread else PEAK_CREDIT_SECONDS + lateness.burst_seconds
        self._peak = max(self._peak, now - credit) + nbytes / (self.limit * lateness.haste)

    def record(self, nbytes: float, start: float) -> None:
        """Count bytes that moved without a grant, from start on."""
        self._charge(nbytes, start, start - CREDIT_SECONDS - self._owed_seconds)

    def give_back(self, nbytes: float, now: float) -> None:
        """Take back bytes that were granted and did not move."""
        if self._paid is not None:
            self._paid -= nbytes / self.limit
            self._peak -= nbytes / (self.limit * self._lateness.haste)

    def waited(self, since: float, now: float) -> None:
        """Somebody who has waited moves now; what they might have moved sooner is owed."""
        late = 0.0 if self._paid is None else now - max(self._paid, since)
        self._owed_seconds = min(self._owed_seconds + max(0.0, late), MAX_OWED_SECONDS)

    def overslept(self, due: float, now: float) -> None:
        """The event loop wakes somebody who was to wake at a moment."""
        self._lateness.see(now - due, now)

    def change_limit(self, limit: float, now: float) -> None:
        """Another limit from now on; what has moved stays owed."""
        old, self.limit = self.limit, limit
        ahead = self.delay(now) * old
        if ahead:
            lot = min(ahead, self._last_grant)
            longest = max(_MAX_LOT_SECONDS, lot / old)
            self._paid = now + (ahead - lot) / limit + min(lot / limit, longest)
        elif self._paid is not None and limit > old:  # what is owed is no more bytes than before
            self._paid = now + (self._paid - now) * old / limit
            self._owed_seconds *= old / limit
        self._peak = min(self._peak, now)

    def _charge(self, nbytes: float, first: float, floor: float) -> None:
        self._paid = (first if self._paid is None else max(self._paid, floor)) + nbytes / self.limit
