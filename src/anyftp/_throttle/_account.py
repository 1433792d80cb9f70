"""The arithmetic of a limit: bytes and seconds in, seconds to wait out.

An account knows one number besides its limit: its *lead*, how many bytes have been granted ahead
of what the limit has let through by now. Time pays the lead off at `limit` bytes a second. A new
grant begins when the lead of those before it is paid; so grants queue in the order in which they
are asked for, each asker learns at once how long it has to sleep, and nobody needs a task.

Idle time makes the lead negative, down to `CREDIT_SECONDS` worth and no further: an hour's silence
buys no burst. What a sleeper loses because the event loop woke it late is another matter: up to
`MAX_OWED_SECONDS` of it is owed, and made good little by little, so that the average stays exact
on a busy machine without a burst.

A grant is at most a *turn*. All waiting streams get equally large turns one after the other,
whatever the block size of their callers, which makes the sharing fair by bytes. A *round* is a turn
for each: `ROUND_SECONDS` for a few streams; for many of them it lasts longer, so that waking them
does not cost more than their bytes. One turn and the credit together are the only excess that any
window of time can see: 13 ms worth, 5 % of a window of 250 ms; a turn taken late adds 10 ms.

This module knows no clock: `now` is passed in, in seconds of any clock that never goes back. Who
sleeps by other means than that clock says so, and the account's own time is ahead of it from then.
"""

from __future__ import annotations

import math

ROUND_SECONDS = 0.010
MAX_ROUND_SECONDS = 0.2
#: What each stream adds to the round.
_SECONDS_PER_STREAM = 0.002
CREDIT_SECONDS = 0.003
#: How much late waking is made good, and how much faster than the limit that may be done.
MAX_OWED_SECONDS = 0.05
_CATCH_UP = 0.02
#: The coarsest clock of an event loop ticks once in a millisecond and may wake a sleeper half a
#: tick early. What is short of that is slept later; what is short of more was slept elsewhere.
_TICK_SECONDS = 0.001
#: Smaller grants would cost more in packets than they smooth.
MIN_TURN_BYTES = 160


def check_limit(limit: float | None) -> None:
    """Refuse a limit that would let nothing through, or that is none.

    Raises:
        ValueError: the limit is not above zero, or is infinite.
    """
    if limit is not None and not 0 < limit < math.inf:
        raise ValueError(f"a limit must be above 0 bytes per second, or None: {limit!r}")


class Account:
    """What has been granted under one limit, as of one moment.

    Attributes:
        version: counts changes of the limit; what was granted under an older one is void.
    """

    __slots__ = (
        "_late_seconds",
        "_lead_bytes",
        "_limit",
        "_now",
        "_owed_bytes",
        "_skipped_seconds",
        "_waiting_weight",
        "version",
    )

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._lead_bytes = 0.0
        self._now: float | None = None
        self._late_seconds = 0.0
        self._owed_bytes = 0.0
        self._skipped_seconds = 0.0
        self._waiting_weight = 0.0
        self.version = 0

    @property
    def limit(self) -> float:
        """Bytes per second."""
        return self._limit

    def change_limit(self, limit: float) -> None:
        """Start afresh under another limit; every earlier grant that still waits is void."""
        self._limit = limit
        self._lead_bytes = 0.0
        self._owed_bytes = 0.0
        self.version += 1

    def turn_bytes(self, weight: float = 1.0) -> int:
        """The largest grant for one stream, given how many wait."""
        streams = self._waiting_weight + weight
        seconds = min(max(ROUND_SECONDS, streams * _SECONDS_PER_STREAM), MAX_ROUND_SECONDS)
        turn = self._limit * seconds * weight / streams
        return max(int(turn), int(min(MIN_TURN_BYTES * weight, self._limit)), 1)

    def delay(self, now: float) -> float:
        """Seconds until everything granted so far is paid."""
        ahead = self._settle(self.clock(now))
        if ahead > _TICK_SECONDS:  # a clock that went back
            ahead = 0.0
        return max(0.0, self._lead_bytes / self._limit + ahead)

    def reserve(self, nbytes: int, now: float) -> float:
        """Grant nbytes; returns the seconds after which they may move."""
        delay = self.delay(now)
        self._lead_bytes += nbytes
        return delay

    def release(self, nbytes: int, version: int, *, is_stale: bool = False) -> None:
        """Take back a grant, or a part of one, that was made under the given version.

        Args:
            is_stale: the time that was to pay for it has passed unused. To give it back at once
                would let everybody who held one through a pause move in the same moment; it is
                made good little by little.
        """
        if version != self.version:
            return
        if is_stale:
            self._owe(nbytes)
        else:
            # A grant that lies about while time passes must not turn into more credit.
            floor = min(self._lead_bytes, -self._limit * CREDIT_SECONDS)
            self._lead_bytes = max(self._lead_bytes - nbytes, floor)

    def record(self, nbytes: int, start: float, now: float) -> None:
        """Count bytes that moved without a grant, between start and now."""
        self._settle(self.clock(min(start, now)))
        self._lead_bytes += nbytes
        self._settle(self.clock(now))

    def clock(self, now: float) -> float:
        """The account's own time: that of the clock at hand, and what was slept beside it."""
        return now + self._skipped_seconds

    def skip(self, seconds: float) -> None:
        """Count seconds as past that the clock at hand knows nothing of."""
        self._skipped_seconds += seconds

    def wake(self, due: float, now: float) -> None:
        """A sleeper that was to wake at a moment wakes now.

        Where the clock says that it is far too early, the sleeper has slept by other means than
        that clock, and its word counts.

        Args:
            due: by the account's own time.
        """
        self._settle(due)
        late = self.clock(now) - due
        if late < -_TICK_SECONDS:
            self.skip(-late)
        self._late_seconds = max(0.0, late)

    def enter_queue(self, weight: float) -> None:
        """A stream of this weight begins to wait."""
        self._waiting_weight += weight

    def leave_queue(self, weight: float) -> None:
        """A stream of this weight waits no longer."""
        self._waiting_weight = max(0.0, self._waiting_weight - weight)

    def _settle(self, now: float) -> float:
        """Count the time up to now as past; returns how far ahead that has been done already."""
        if self._now is None:  # nothing has been saved up before the first use
            self._now = now
        elapsed = now - self._now
        if elapsed <= 0.0:
            return -elapsed
        self._now = now
        passed = elapsed * self._limit
        if self._owed_bytes:
            repaid = min(self._owed_bytes, passed * _CATCH_UP)
            self._owed_bytes -= repaid
            passed += repaid
        self._lead_bytes -= passed
        excess = -self._limit * CREDIT_SECONDS - self._lead_bytes
        if excess > 0.0:
            self._lead_bytes += excess
            self._owe(min(excess, self._late_seconds * self._limit))
        self._late_seconds = 0.0
        return 0.0

    def _owe(self, nbytes: float) -> None:
        self._owed_bytes = min(self._owed_bytes + nbytes, self._limit * MAX_OWED_SECONDS)
