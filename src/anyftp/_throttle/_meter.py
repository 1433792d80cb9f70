"""The arithmetic of a limit: bytes and seconds in, the next moment to move out.

A meter knows one moment: when all that has moved is *paid*, at `limit` bytes a second. Nothing
moves before it, so whatever the blocks are, their sum is the limit's.

Where that moment lies in the past, somebody could have moved more. If nobody asked, this was
idleness, and buys no more than `CREDIT_SECONDS`: an hour's silence makes no burst. If somebody
waits for a peer that hesitates, a little more is made good: 2 % of a second. If somebody waited,
the event loop woke them too late, and it is owed. It is made good as soon as may be; but no window
of 250 ms may hold more than 1.1 times its share. So the meter remembers what it granted lately,
and what would be too much waits until enough of it is older.

To move as soon as the window lets one carries the most that any order could under the same bound,
whatever the pauses of the event loop are. Where they leave so little free time that even this is
less than the limit, a wider window is forced, and `Pauses` tells how wide.

This module knows no clock: `now` is passed in, in seconds of a clock that never goes back.
"""

from __future__ import annotations

import math
from collections import deque
from numbers import Real

#: A turn for each of those who wait takes this long, and longer the more they are, so that waking
#: them does not cost more than their bytes.
ROUND_SECONDS = 0.008
MAX_ROUND_SECONDS = 0.12
_SECONDS_PER_STREAM = 0.002
#: A part of a round is fetched from those that can be tried only by waiting before it is paid for;
#: all of one where pauses leave the loop but moments, and what is fetched then has to be enough.
_FETCH_PART = 0.25
CREDIT_SECONDS = 0.002
#: What is lost while a peer hesitates is made good up to this: 2 % of a second.
HESITATION_SECONDS = 0.02
#: A peer that hesitates for longer has nothing to send.
SILENCE_SECONDS = 0.25
MAX_OWED_SECONDS = 1.0
#: A little more than 250 ms, for whoever counts both ends.
WINDOW_SECONDS = 0.252
#: What a window holds at most: with a round that is fetched and not paid for yet, 1.1 times 250 ms.
PEAK_SECONDS = 1.1 * 0.25 - ROUND_SECONDS
#: Grants within so short a time are remembered as one.
_GRAIN_SECONDS = 0.001
#: A grant that was made under a higher limit is owed, too, but keeps no one waiting for longer.
_MAX_LOT_SECONDS = 0.5
#: Smaller turns would cost more in packets than they smooth.
MIN_TURN_BYTES = 128

#: The present rate is that of the last one to two such periods.
_RATE_SECONDS = 0.5

#: Sleepers of a quiet loop are later than this but rarely, and lose nothing by it.
_QUIET_SECONDS = 0.0025
#: Pauses that are longer ago tell nothing of the next.
HORIZON_SECONDS = 2.0
#: Smaller pieces of a window that become free are waited for together.
_LEAST_SECONDS = ROUND_SECONDS / 8
#: What pauses force is an estimate, by three windows at least. Where it was too low, something was
#: held back, and this part of it is let through on top.
_LEAST_WINDOWS = 3
_MARGIN = 1.005
_HELD_PART = 0.03


def check_limit(limit: float | None) -> None:
    """Refuse a limit that would let nothing through, or that is none.

    Raises:
        ValueError: the limit is not above zero, or not finite.
        TypeError: it is no number.
    """
    if limit is None:
        return
    if isinstance(limit, bool) or not isinstance(limit, Real):
        raise TypeError(f"limit must be a number of bytes per second or None, not {limit!r}")
    if not 0 < limit < 1e300:  # larger integers are no floats any more; nan fails, too
        raise ValueError(
            f"limit must be above 0 bytes per second and finite, or None, not {limit!r}"
        )


def check_weight(weight: float) -> None:
    """Refuse a weight that is none.

    Raises:
        ValueError: it is not above zero, or not finite.
        TypeError: it is no number.
    """
    if not isinstance(weight, Real):
        raise TypeError(f"weight must be a number, not {weight!r}")
    if not 0 < weight < math.inf:
        raise ValueError(f"weight must be above 0 and finite, not {weight!r}")


class Meter:
    """What moved under one limit, and when it is paid."""

    __slots__ = (
        "_busy",
        "_fetching",
        "_last_grant",
        "_least",
        "_paid",
        "_pauses",
        "_peak",
        "_window",
        "limit",
    )

    def __init__(self, limit: float) -> None:
        self._set_limit(limit)
        self._paid: float | None = None  # nothing has been saved up before the first use
        self._busy = -math.inf  # until when those who were served have something to do
        self._fetching = -math.inf  # when somebody began to wait for its peer
        self._last_grant = 0.0
        self._window = Window()
        self._pauses = Pauses()

    def turn_bytes(self, weight: float, weight_waiting: float, now: float) -> int:
        """The largest grant for one stream, while others of this weight wait.

        It is a part of a round, and of what might have moved already: so nobody is served twice
        while another is busy with what it got.
        """
        streams = weight_waiting + weight
        owed = 0.0 if self._paid is None else max(0.0, now - self._paid)
        room = max(self._most() - self._window.seconds(now), self._least)
        seconds = max(ROUND_SECONDS, self._round(streams)) + min(owed, room)
        return min(self._part(weight, streams, seconds), max(1, int(self.limit * room)))

    def fetch_bytes(self, weight: float, streams: float, seconds: float) -> int:
        """The most that one stream may have before it is granted.

        Args:
            streams: the weight of all who wait, and of all who fetch.
            seconds: that its peer takes, probably.
        """
        part = _FETCH_PART * max(ROUND_SECONDS, self._round(streams))
        least = min(self._pauses.longest, ROUND_SECONDS)
        return self._part(weight, streams, max(part, least, min(seconds, MAX_ROUND_SECONDS)))

    def _round(self, streams: float) -> float:
        return min(streams * _SECONDS_PER_STREAM, MAX_ROUND_SECONDS)

    def _part(self, weight: float, streams: float, seconds: float) -> int:
        part = self.limit * seconds * weight / streams
        return max(int(part), int(min(MIN_TURN_BYTES * weight, self.limit)), 1)

    def _set_limit(self, limit: float) -> None:
        self.limit = limit
        shortest = min(MIN_TURN_BYTES / limit, 1.0)
        #: So much has to be free of a window for another grant.
        self._least = max(_LEAST_SECONDS, shortest)
        #: How many seconds' worth a window may hold, where no pauses force more.
        self._peak = max(PEAK_SECONDS, WINDOW_SECONDS + shortest)

    def _most(self) -> float:
        """How many seconds' worth a window may hold."""
        return max(self._peak, self._pauses.window_seconds)

    def due(self) -> float:
        """The moment from which on the next bytes may move."""
        free = self._window.free(self._most() - self._least)
        return free if self._paid is None else max(self._paid, free)

    def delay(self, now: float) -> float:
        """Seconds until everything that moved is paid."""
        return 0.0 if self._paid is None else max(0.0, self._paid - now)

    def ask(self, now: float) -> None:
        """Somebody asks, and nobody waited until now: what was idle time is forgotten."""
        if self._paid is None:
            self._paid = self._busy = now
        idle = now - self._busy - self._pauses.slack_seconds(now)
        if idle > 0.0:
            is_silent = now - self._fetching > SILENCE_SECONDS
            credit = CREDIT_SECONDS if is_silent else HESITATION_SECONDS
            self._paid = max(self._paid, min(self._paid + idle, now - credit))

    def begin_fetching(self, now: float, *, is_alone: bool = True) -> None:
        """Somebody begins to wait for its peer, to ask for what will have come.

        Args:
            is_alone: nobody waited until now.
        """
        if is_alone:
            self.ask(now)
        self._fetching = now

    def slack_seconds(self, now: float) -> float:
        """How long the event loop alone may have kept somebody waiting."""
        return self._pauses.slack_seconds(now)

    def grant(self, nbytes: float, now: float) -> None:
        """Count bytes that may move now, to somebody who has asked."""
        assert self._paid is not None
        self._last_grant = nbytes
        seconds = nbytes / self.limit
        self._paid = max(self._paid, now - MAX_OWED_SECONDS) + seconds
        self._busy = min(max(self._busy, now) + seconds, now + ROUND_SECONDS)
        self._window.add(seconds, now)

    def record(self, nbytes: float, start: float, now: float) -> None:
        """Count bytes that moved without a grant, from start until now."""
        self.ask(start)
        assert self._paid is not None
        self._paid += nbytes / self.limit
        self._window.add(nbytes / self.limit, now)

    def give_back(self, nbytes: float, now: float) -> None:
        """Take back bytes that were granted and did not move."""
        if self._paid is not None:
            seconds = nbytes / self.limit
            self._paid -= seconds
            self._busy -= seconds
            self._window.take_back(seconds)

    def overslept(self, due: float, now: float) -> None:
        """The event loop wakes somebody who was to wake at a moment."""
        self._pauses.see(now - due, 0.0 if self._paid is None else due - self._paid, now)

    def change_limit(self, limit: float, now: float) -> None:
        """Another limit from now on; what has moved stays owed."""
        old = self.limit
        self._set_limit(limit)
        ahead = self.delay(now) * old
        if ahead:
            lot = min(ahead, self._last_grant)
            longest = max(_MAX_LOT_SECONDS, lot / old)
            self._paid = now + (ahead - lot) / limit + min(lot / limit, longest)
        elif self._paid is not None and limit > old:  # what is owed is no more bytes than before
            self._paid = now + (self._paid - now) * old / limit
        if limit > old:
            self._window.shrink(old / limit)


class Tally:
    """What moved in all, and how fast of late.

    Attributes:
        nbytes: this many.
    """

    __slots__ = ("_marks", "nbytes")

    def __init__(self) -> None:
        self.nbytes = 0
        self._marks = [(-math.inf, 0)]  # what had moved by when: the last two periods

    def count(self, nbytes: int, now: float) -> None:
        """This many move now."""
        last = self._marks[-1]
        if now - last[0] >= 2 * _RATE_SECONDS:
            self._marks = [(now, self.nbytes)]
        elif now - last[0] >= _RATE_SECONDS:
            self._marks = [last, (now, self.nbytes)]
        self.nbytes += nbytes

    def rate(self, held: int, now: float) -> float:
        """Bytes a second, if this many were counted and have not moved yet."""
        self.count(0, now)
        began, before = self._marks[0]
        return max(0.0, (self.nbytes - held - before) / max(now - began, _RATE_SECONDS / 2))


class Window:
    """What was granted lately, in seconds' worth of the limit that it was granted under."""

    __slots__ = ("_grants", "_sum")

    def __init__(self) -> None:
        self._grants: deque[list[float]] = deque()  # begin, end and seconds' worth of each grain
        self._sum = 0.0

    def add(self, seconds: float, now: float) -> None:
        """Remember a grant."""
        if not seconds:
            return
        self._forget(now)
        grants = self._grants
        if grants and now - grants[-1][0] < _GRAIN_SECONDS:
            grants[-1][1] = now
            grants[-1][2] += seconds
        else:
            grants.append([now, now, seconds])
        self._sum += seconds

    def take_back(self, seconds: float) -> None:
        """Some of the last grants did not move."""
        while seconds > 0.0 and self._grants:
            last = self._grants[-1]
            part = min(seconds, last[2])
            last[2] -= part
            self._sum -= part
            seconds -= part
            if not last[2]:
                self._grants.pop()

    def shrink(self, part: float) -> None:
        """Under a higher limit the same bytes are worth fewer seconds."""
        for grant in self._grants:
            grant[2] *= part
        self._sum *= part

    def seconds(self, now: float) -> float:
        """What the window that ends now holds."""
        self._forget(now)
        return self._sum

    def free(self, most: float) -> float:
        """The moment from which on a window holds no more than this many seconds' worth."""
        held = self._sum
        moment = -math.inf
        if held > most:
            for _, end, seconds in self._grants:
                held -= seconds
                moment = end + WINDOW_SECONDS
                if held <= most:
                    break
        return moment

    def _forget(self, now: float) -> None:
        grants = self._grants
        # A grain early: so is who wakes at the moment that `free` has told.
        while grants and grants[0][1] + WINDOW_SECONDS - _GRAIN_SECONDS <= now:
            self._sum -= grants.popleft()[2]
        if not grants:
            self._sum = 0.0  # and no rounding is left


class Pauses:
    """How late an event loop wakes those who sleep, and what this forces.

    Nothing moves in a pause. If windows one after another are laid over the time, each from the
    first moment on that is free and in none before, then in none of them more moves than a window
    may hold, and outside of them nothing. So as much as is due from the beginning of one to the
    beginning of the next has to fit into a window, on the average. That is a window's length, and
    more where its end falls into a pause.

    Attributes:
        longest: of the pauses that were seen lately, in seconds.
        window_seconds: how much a window has to hold if the limit is to be carried.
    """

    __slots__ = ("_begun", "_row", "_steps", "longest", "window_seconds")

    def __init__(self) -> None:
        self._row: deque[tuple[float, float]] = deque()  # when each ended, and its length
        self._begun = -math.inf  # the last window
        self._steps: deque[float] = deque(maxlen=int(HORIZON_SECONDS / WINDOW_SECONDS))
        self.longest = 0.0
        self.window_seconds = WINDOW_SECONDS

    def see(self, late_seconds: float, held_seconds: float, now: float) -> None:
        """A sleeper that was to wake this many seconds ago wakes now.

        Args:
            held_seconds: what was owed by then and the window held back.
        """
        row = self._row
        if late_seconds <= _QUIET_SECONDS and not (row and row[0][0] < now - HORIZON_SECONDS):
            return
        while row and row[0][0] < now - HORIZON_SECONDS:
            row.popleft()
        if late_seconds > _QUIET_SECONDS:
            row.append((now, late_seconds))
            # Who slept was to wake a turn after the last moment that was free, at most.
            self._lay_windows(now - late_seconds - ROUND_SECONDS, now)
        self.longest = max((seconds for _, seconds in row), default=0.0)
        steps = self._steps
        if not row:
            steps.clear()
        missing = max(0, _LEAST_WINDOWS - len(steps))
        mean = (sum(steps) + missing * WINDOW_SECONDS) / (len(steps) + missing)
        self.window_seconds = min(
            mean * _MARGIN + _HELD_PART * held_seconds, WINDOW_SECONDS + self.longest
        )

    def _lay_windows(self, began: float, ended: float) -> None:
        """Lay windows up to the end of a pause."""
        if ended - self._begun > HORIZON_SECONDS:
            self._begun = ended
            self._steps.clear()
        while (following := self._begun + WINDOW_SECONDS) < ended:
            if following >= began:
                following = ended
            self._steps.append(following - self._begun)
            self._begun = following

    def slack_seconds(self, now: float) -> float:
        """How long somebody may not have asked because the loop was held up, not for idleness."""
        row = self._row
        return 2 * self.longest if row and now - row[-1][0] < HORIZON_SECONDS else 0.0
