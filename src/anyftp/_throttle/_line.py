"""One limit, and the line of those who wait for it.

Who comes first is decided by start-time fair queueing (Goyal, Vin and Cheng, 1996). Whoever asks
gets a tag: the line's virtual time, or the end of its own last grant if that is later; it lies
`nbytes / weight` behind that grant's tag. The smallest tag is served next, and becomes the virtual
time. So streams share by bytes and by weight, whatever the size of their blocks; one that asks for
less than its part is always next; and idleness leaves nothing behind.

Only the first in the line sleeps, until the meter says that it may move; the others hold no timer.
Whoever is served or leaves wakes the next. Nothing is taken before it may move, so who is
cancelled has nothing to undo.
"""

from __future__ import annotations

import bisect
import itertools
import math
import threading
from dataclasses import dataclass
from typing import Protocol
from weakref import WeakSet

import anyio

from anyftp._throttle._meter import Meter, Tally
from anyftp._throttle._waiting import TICK_SECONDS, OwnClock, Place

_STEPS_FADE = 0.9
#: A turn where there is no limit.
UNLIMITED_BYTES = 1 << 60


@dataclass(frozen=True, slots=True)
class ThrottleStatistics:
    """A throttle at one moment.

    Attributes:
        limit: bytes per second; None for no limit.
        tasks_waiting: how many stand in line.
        bytes_queued: what they ask for, in all; a large block is asked for in turns.
        bytes_moved: what moved under a limit so far, kernel copies included.
        bytes_per_second: how fast it moved within the last second.
    """

    limit: float | None
    tasks_waiting: int
    bytes_queued: int
    bytes_moved: int
    bytes_per_second: float


class Holder(Protocol):
    """Holds bytes that were taken and are charged for, and have not moved yet."""

    @property
    def nbytes_left(self) -> int:
        """How many."""

    def release(self) -> None:
        """Give them back."""


class Line:
    """A limit that can be waited for.

    Args:
        limit: bytes per second; None lets everything through.

    Attributes:
        meter: None if there is no limit.
        version: counts changes of the limit.
        holders: may have been granted what has not moved yet.
    """

    def __init__(self, limit: float | None) -> None:
        self.meter = None if limit is None else Meter(float(limit))
        self.version = 0
        self.holders: WeakSet[Holder] = WeakSet()
        self._weight_fetching = 0.0  # of those who wait for their peers, to ask for what has come
        self._clock = OwnClock()
        self._run: object = None
        self._thread = 0
        self._waiting: list[Place] = []
        self._weight_waiting = 0.0
        self._numbers = itertools.count()
        self._armed = -math.inf  # when the first means to wake
        self._paying: set[Place] = set()  # wait until all is paid, beside the line
        self._virtual = 0.0
        self._step = 0.0  # the largest that virtual time has made lately
        self._kept_for: Place | None = None
        self._kept_until = -math.inf
        self._tasks: dict[int, Place] = {}
        self._most_tasks = 64
        self._tally = Tally()

    def turn_bytes(self, weight: float) -> int:
        """The largest grant for one stream now."""
        if self.meter is None:
            return UNLIMITED_BYTES
        return self.meter.turn_bytes(weight, self._weight_waiting, self.now())

    def begin_fetching(self, place: Place, seconds: float) -> int:
        """One begins to wait for its peer, to ask for what has come: it has asked now.

        Args:
            seconds: for how long it will, probably.

        Returns:
            How much it may have before it is granted.
        """
        self._weight_fetching += place.weight
        if self.meter is None:
            return UNLIMITED_BYTES
        self.meter.begin_fetching(self.now(), is_alone=not self._waiting)
        streams = self._weight_waiting + self._weight_fetching
        most = self.meter.fetch_bytes(place.weight, streams, seconds)
        place.asked = self._virtual - most / place.weight
        place.rate = self.meter.limit * place.weight / streams
        return most

    def end_fetching(self, place: Place) -> float:
        """It has what has come. Returns how many seconds of its waiting may be the event loop's."""
        self._weight_fetching -= place.weight
        return 0.0 if self.meter is None else self.meter.slack_seconds(self._clock.latest)

    def seconds_ahead(self) -> float:
        """About how long somebody who came now would have to wait."""
        if self.meter is None:
            return 0.0
        queued = sum(place.most for place in self._waiting)
        return self.meter.due() - self.now() + queued / self.meter.limit

    def try_take(self, place: Place, nbytes: int) -> bool:
        """Take bytes, however many, if they may move at once; else change nothing."""
        if self.meter is None:
            return True
        now = self.now()
        if not self._may_move(place, now):
            return False
        self._charge(place, nbytes, self._tag(place), now)
        return True

    async def take(self, place: Place, most: int) -> int:
        """Wait until bytes may move, and take them. With nothing to wait for, no checkpoint.

        Args:
            most: no more than a turn is taken of them; 0 to wait for a turn and tell later how
                much moved.

        Returns:
            How many were taken.

        Raises:
            Withdrawn: somebody withdrew the place meanwhile.

        Cancellation: safe; nothing has been taken.
        """
        if self.meter is None:
            return most
        now = self.now()  # asked for once a step: the way to the event loop's clock is long
        tag = self._tag(place)
        if not self._may_move(place, now):
            turn = self.meter.turn_bytes(place.weight, self._weight_waiting, now)
            self._stand_in_line(place, tag, min(most, turn))
            try:
                now = await self._until_turn(place, now)
            finally:
                self._leave(place)
            if self.meter is None:
                return most
        turn = self.meter.turn_bytes(place.weight, self._weight_waiting, now)
        if most:
            self._charge(place, min(most, turn), tag, now)
        else:
            self._keep_for(place, turn, tag, now)
        return min(most, turn)

    def give_back(self, place: Place, nbytes: int) -> None:
        """Return bytes that were taken and did not move."""
        if nbytes and self.meter is not None:
            now = self.present()
            self.meter.give_back(nbytes, now)
            self._tally.count(-nbytes, now)
            place.finish -= nbytes / place.weight
            self._rearm()

    def record(self, nbytes: int, age_seconds: float) -> None:
        """Count what the present task moved, from so long ago on, whether or not it has waited."""
        if self.meter is None:
            return
        now = self.now()
        self.meter.record(nbytes, now - age_seconds, now)
        self._tally.count(nbytes, now)
        place = self._tasks.get(anyio.get_current_task().id) if self._tasks else None
        if place is not None:
            place.finish = self._tag(place) + nbytes / place.weight
            place.usual_bytes = nbytes
            if self._kept_for is place:
                self._kept_for = None
        self._rearm()

    def change_limit(self, limit: float | None) -> None:
        """Another limit from now on; whoever waits looks again.

        Raises:
            RuntimeError: somebody waits in the event loop of another thread. Nothing has changed.
        """
        if self._waiting and threading.get_ident() != self._thread:
            raise RuntimeError(
                "a limit that is waited for is assigned in the thread of that event loop:"
                " see anyio.from_thread.run_sync"
            )
        for holder in list(self.holders):
            holder.release()
        if limit is None:
            self.meter = None
        elif self.meter is None:
            self.meter = Meter(float(limit))
        else:
            self.meter.change_limit(float(limit), self.present())
        self.version += 1
        for place in (*(self._waiting if limit is None else self._waiting[:1]), *self._paying):
            place.wake()

    async def until_paid(self, place: Place) -> bool:
        """Wait until everything is paid that has moved so far.

        Returns:
            Whether there was anything to wait for. If not, this was no checkpoint.

        Raises:
            Withdrawn: somebody withdrew the place meanwhile.

        Cancellation: safe.
        """
        has_slept = False
        self._paying.add(place)
        try:
            while (delay := self.delay()) > 0.0:
                has_slept = True
                if await place.sleep(delay):
                    break
        finally:
            self._paying.discard(place)
        return has_slept

    def delay(self) -> float:
        """Seconds until everything is paid that moved."""
        if self.meter is None:
            return 0.0
        return max(0.0, self.meter.delay(self.now()) - self._nbytes_held() / self.meter.limit)

    def statistics(self) -> ThrottleStatistics:
        """What is going on at this moment."""
        now = self.present()
        held = self._nbytes_held()
        return ThrottleStatistics(
            limit=None if self.meter is None else self.meter.limit,
            tasks_waiting=len(self._waiting),
            bytes_queued=sum(place.most for place in self._waiting),
            bytes_moved=self._tally.nbytes - held,
            bytes_per_second=self._tally.rate(held, now),
        )

    def task_place(self, weight: float | None = None) -> Place:
        """That of the present task, which uses a limit by hand.

        Args:
            weight: from now on; None for what it was, or 1.
        """
        task = anyio.get_current_task().id
        place = self._tasks.get(task)
        if place is None:
            if len(self._tasks) >= self._most_tasks:
                # Who is behind the line's time and does not wait can come back as a new one.
                behind = self._virtual - self._step
                waiting = set(self._waiting)
                kept = {
                    task_id: place
                    for task_id, place in self._tasks.items()
                    if place.finish > behind or place in waiting
                }
                self._tasks = kept
                self._most_tasks = max(64, 2 * len(kept))
            place = self._tasks[task] = Place()
        if weight is not None:
            place.weight = weight
        return place

    def now(self) -> float:
        """The present moment of the line's clock; where an event loop runs."""
        now = self._clock.now()
        if self._clock.run is not self._run:
            self._begin_run()
        return now

    def present(self) -> float:
        """The present moment; without an event loop, the last one that is known."""
        try:
            return self.now()
        except Exception:  # anyio 4.12 has no word of its own for "no event loop"
            return self._clock.latest

    def _begin_run(self) -> None:
        """Whoever stands in line still, waits in an event loop that is no more."""
        if self._waiting and threading.get_ident() != self._thread:
            raise RuntimeError("this throttle is waited for in the event loop of another thread")
        self._run = self._clock.run
        self._waiting.clear()
        self._weight_waiting = 0.0
        self._paying.clear()

    def _may_move(self, place: Place, now: float) -> bool:
        """Whether somebody who asks now need not wait."""
        assert self.meter is not None
        if self._waiting:
            return False
        self.meter.ask(now)
        return self._due(place) <= now

    def _due(self, place: Place) -> float:
        assert self.meter is not None
        due = self.meter.due()
        return due if self._kept_for in (None, place) else max(due, self._kept_until)

    def _tag(self, place: Place) -> float:
        # Others may have been served while somebody was busy still with what they got: they may
        # come too late by the largest step that time has made; or by as much as their peers took.
        return max(min(self._virtual, place.asked) - self._step, place.finish)

    def _charge(self, place: Place, nbytes: int, tag: float, now: float) -> None:
        assert self.meter is not None
        self.meter.grant(nbytes, now)
        self._tally.count(nbytes, now)
        step = nbytes / place.weight
        place.finish = tag + step
        self._virtual = max(self._virtual, tag)
        self._step = max(step, self._step * _STEPS_FADE)
        self._kept_for = None

    def _keep_for(self, place: Place, turn: int, tag: float, now: float) -> None:
        """Who takes a turn only has others wait until it tells how much moved.

        Or for as long as it takes to pay for what that was the last time; but no longer than a
        turn.
        """
        assert self.meter is not None
        self.meter.grant(0, now)
        self._virtual = max(self._virtual, tag)
        place.takes_turns = True
        usual = 0 if self._kept_for is place else place.usual_bytes
        self._kept_for = place
        self._kept_until = now + min(usual, turn) / self.meter.limit

    def _stand_in_line(self, place: Place, tag: float, most: int) -> None:
        before = self._waiting[0] if self._waiting else None
        place.stand(tag, next(self._numbers), most)
        bisect.insort(self._waiting, place)
        if before is not None and self._waiting[0] is place:
            before.wake()
        self._weight_waiting += place.weight
        self._thread = threading.get_ident()

    def _leave(self, place: Place) -> None:
        """Have one leave the line, served or not; the next one looks at the clock."""
        place.most = 0
        if place not in self._waiting:  # of an event loop that is no more
            return
        is_first = self._waiting[0] is place
        self._waiting.remove(place)
        self._weight_waiting = self._weight_waiting - place.weight if self._waiting else 0.0
        if is_first and self._waiting:
            self._waiting[0].wake()

    async def _until_turn(self, place: Place, now: float) -> float:
        """Wait until one who stands in line may be served; gives the moment when that is."""
        early = 0.0
        while self.meter is not None:
            is_first = self._waiting[0] is place
            due = self._due(place) if is_first else math.inf
            if due <= now + early:
                break
            if is_first:
                self._armed = due
            is_over = await place.sleep(due - now)
            now = self.now()
            if is_over:
                early = TICK_SECONDS
                self.meter.overslept(due, now)
        return now

    def _rearm(self) -> None:
        """Wake the sleeper if it may move sooner than it thinks."""
        if self._waiting and self._due(self._waiting[0]) < self._armed - TICK_SECONDS:
            self._waiting[0].wake()

    def _nbytes_held(self) -> int:
        return sum(holder.nbytes_left for holder in self.holders)
