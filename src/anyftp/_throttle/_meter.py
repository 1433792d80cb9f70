"""The arithmetic of a limit: bytes and seconds in, the next moment to move out.

A meter knows one moment: when all that has moved is *paid*, at `limit` bytes a second. Nothing
moves before it, so whatever the blocks are, their sum is the limit's.

Where that moment lies in the past, somebody could have moved more. If nobody asked, this was
idleness, and buys no more than `CREDIT_SECONDS`: an hour's silence makes no burst. If somebody
waited, the event loop woke them too late, and it is owed. A second moment, the *peak*, sees to it
that this is made good evenly, a little above the limit. Usually the peak is never felt.

One turn, the credit and the haste of 250 ms are the most that a window of 250 ms sees above its
share: less than a tenth. Where other work holds up the event loop again and again, what its
*pauses* cost is made good in what they leave free, which is the evenest that can be.

This module knows no clock: `now` is passed in, in seconds of a clock that never goes back.
"""

from __future__ import annotations

import math
from collections import deque
from numbers import Real

#: A turn for each of those who wait takes so long, and longer the more they are, so that waking
#: them does not cost more than their bytes.
ROUND_SECONDS = 0.008
MAX_ROUND_SECONDS = 0.12
_SECONDS_PER_STREAM = 0.002
#: A part of a round is fetched from those that can be tried only by waiting before it is paid for.
_FETCH_PART = 0.25
#: The same where the loop runs but for a moment, and what is fetched then has to be enough.
_FETCH_SECONDS = 0.008
CREDIT_SECONDS = 0.002
PEAK_CREDIT_SECONDS = 0.003
#: The same where it is spread over free time: what a loop's own rounding costs.
SPREAD_CREDIT_SECONDS = 0.0008
MAX_OWED_SECONDS = 1.0
#: How much faster than the limit what is owed is made good; in a row of pauses, on top of what
#: each of them costs, and the more the more is owed.
HASTE = 1.03
_HASTE_PER_SECOND, _OWED_SECONDS = 0.5, 0.2
#: A grant that was made under a higher limit is owed, too, but keeps no one waiting for longer.
_MAX_LOT_SECONDS = 0.5
#: Smaller turns would cost more in packets than they smooth.
MIN_TURN_BYTES = 128

#: Sleepers of a quiet loop are later than this but rarely, and lose nothing by it.
_QUIET_SECONDS = 0.0025
#: Pauses that are further apart have nothing to do with each other.
_HORIZON_SECONDS = 2.0
#: Of pauses, those that are so much shorter than the longest do not count.
_MINOR_PART = 0.25
#: Shorter ones may be made good at once.
_MINOR_SECONDS = 0.012
#: In less free time than this a loop will not wake a sleeper twice.
_MOMENT_SECONDS = 0.025


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

    __slots__ = ("_busy", "_last_grant", "_paid", "_pauses", "_peak", "limit")

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self._paid: float | None = None  # nothing has been saved up before the first use
        self._peak = -math.inf
        self._busy = -math.inf  # until when those who were served have something to do
        self._last_grant = 0.0
        self._pauses = Pauses()

    def turn_bytes(self, weight: float, weight_waiting: float, now: float) -> int:
        """The largest grant for one stream, while others of this weight wait.

        It is a part of a round, and of what might have moved already: so nobody is served twice
        while another is busy with what it got.
        """
        streams = weight_waiting + weight
        late = 0.0 if self._paid is None else max(0.0, now - self.due())
        late = min(late, self._pauses.credit_seconds(now))
        is_spread = self._pauses.is_spread(now)
        seconds = max(ROUND_SECONDS / 2 if is_spread else ROUND_SECONDS, self._round(streams))
        return self._part(weight, streams, seconds + late)

    def fetch_bytes(self, weight: float, weight_others: float) -> int:
        """The most that one stream may have before it is granted, among others who do the same."""
        streams = weight_others + weight
        seconds = _FETCH_PART * max(ROUND_SECONDS, self._round(streams))
        return self._part(weight, streams, max(seconds, self._pauses.fetch_seconds))

    def _round(self, streams: float) -> float:
        return min(streams * _SECONDS_PER_STREAM, MAX_ROUND_SECONDS)

    def _part(self, weight: float, streams: float, seconds: float) -> int:
        part = self.limit * seconds * weight / streams
        return max(int(part), int(min(MIN_TURN_BYTES * weight, self.limit)), 1)

    def due(self) -> float:
        """The moment from which on the next bytes may move."""
        return self._peak if self._paid is None else max(self._paid, self._peak)

    def delay(self, now: float) -> float:
        """Seconds until everything that moved is paid."""
        return 0.0 if self._paid is None else max(0.0, self._paid - now)

    def ask(self, now: float) -> None:
        """Somebody asks, and nobody waited until now: what was idle time is forgotten."""
        if self._paid is None:
            self._paid = self._busy = now
        idle = now - self._busy - self._pauses.slack_seconds(now)
        if idle > 0.0:
            self._paid = max(self._paid, min(self._paid + idle, now - CREDIT_SECONDS))

    def grant(self, nbytes: float, now: float) -> None:
        """Count bytes that may move now, to somebody who has asked."""
        assert self._paid is not None
        self._last_grant = nbytes
        seconds = nbytes / self.limit
        self._paid = max(self._paid, now - MAX_OWED_SECONDS) + seconds
        self._busy = min(max(self._busy, now) + seconds, now + ROUND_SECONDS)
        credit = self._pauses.credit_seconds(now)
        self._peak = max(self._peak, now - credit) + seconds / self._pauses.haste(
            now, now - self._paid
        )

    def record(self, nbytes: float, start: float) -> None:
        """Count bytes that moved without a grant, from start on."""
        self.ask(start)
        assert self._paid is not None
        self._paid += nbytes / self.limit

    def give_back(self, nbytes: float, now: float) -> None:
        """Take back bytes that were granted and did not move."""
        if self._paid is not None:
            self._paid -= nbytes / self.limit
            self._peak -= nbytes / (self.limit * self._pauses.haste(now, now - self._paid))
            self._busy -= nbytes / self.limit

    def overslept(self, due: float, now: float) -> None:
        """The event loop wakes somebody who was to wake at a moment."""
        self._pauses.see(now - due, now)

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
        self._peak = min(self._peak, now)


class Pauses:
    """How late an event loop wakes those who sleep, and how soon that may be made good.

    If it were made good at once, each pause of the loop would be followed by a burst; if it were
    made good little by little, a loop that is held up again and again would never carry its limit.
    So a single one is made good by `HASTE` above the limit, which no window of 250 ms sees. In a
    row of pauses, each is made good before the next: within the time that they leave free or, if
    that is but a moment, at once.

    Attributes:
        fetch_seconds: what has to be at hand when the loop runs but for a moment.
    """

    __slots__ = ("_burst", "_free", "_haste", "_longest", "_row", "fetch_seconds")

    def __init__(self) -> None:
        self._row: deque[tuple[float, float]] = deque()  # when each ended, and what it cost
        self._longest = 0.0
        self._free = 0.0  # between two of them
        self._haste = HASTE
        self._burst = 0.0
        self.fetch_seconds = 0.0

    def see(self, late_seconds: float, now: float) -> None:
        """A sleeper that was to wake so many seconds ago wakes now."""
        row = self._row
        if late_seconds <= _QUIET_SECONDS and not (row and row[0][0] < now - _HORIZON_SECONDS):
            return
        while row and row[0][0] < now - _HORIZON_SECONDS:
            row.popleft()
        if late_seconds > _QUIET_SECONDS:
            row.append((now, late_seconds))
        self._longest = max((seconds for _, seconds in row), default=0.0)
        self._judge()

    def _judge(self) -> None:
        """Decide how to make good each pause of a row before the next."""
        row, longest = self._row, self._longest
        self._haste, self._burst, self._free = HASTE, 0.0, 0.0
        self.fetch_seconds = 0.0
        count = sum(seconds >= longest * _MINOR_PART for _, seconds in row)
        if count < 2:
            return
        cost = sum(seconds for _, seconds in row) - row[0][1]
        span = row[-1][0] - row[0][0]
        self._free = max(0.0, span - cost) / (count - 1)
        if self._free < _MOMENT_SECONDS or longest <= _MINOR_SECONDS:
            self._burst = longest
            self.fetch_seconds = min(longest, _FETCH_SECONDS)
        else:
            self._haste = HASTE * span / (span - cost)

    def haste(self, now: float, owed_seconds: float) -> float:
        """How many times the limit may move until what is owed is made good."""
        if not self._goes_on(now):
            return HASTE
        return self._haste * (1 + _HASTE_PER_SECOND * max(0.0, owed_seconds - _OWED_SECONDS))

    def is_spread(self, now: float) -> bool:
        """Whether what pauses cost is made good in what they leave free."""
        return self._haste > HASTE and self._goes_on(now)

    def credit_seconds(self, now: float) -> float:
        """How many seconds' worth may move at once."""
        if self.is_spread(now):
            return SPREAD_CREDIT_SECONDS
        return PEAK_CREDIT_SECONDS + (self._burst if self._goes_on(now) else 0.0)

    def slack_seconds(self, now: float) -> float:
        """How long somebody may not have asked because the loop was held up, not for idleness."""
        return 2 * self._longest if self._longest and self._since(now) < _HORIZON_SECONDS else 0.0

    def _goes_on(self, now: float) -> bool:
        """Whether another pause is to be expected."""
        return self._since(now) <= 2 * self._free + self._burst

    def _since(self, now: float) -> float:
        return now - self._row[-1][0] if self._row else math.inf
