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

import heapq
import itertools
import math
import threading
from collections.abc import Awaitable, Callable
from typing import Protocol
from weakref import WeakSet

import anyio
from anyio.lowlevel import checkpoint

from anyftp._throttle._clock import TICK_SECONDS, OwnClock
from anyftp._throttle._meter import Meter
from anyftp._throttle._tally import Tally, ThrottleStatistics
from anyftp._throttle._ticket import Place, Ticket, Withdrawn

_STEPS_FADE = 0.9
#: So many turns of the event loop one is waited for who will be back in a moment.
_PASSES = 32
#: A turn where there is no limit.
UNLIMITED_BYTES = 1 << 60

Sleep = Callable[[float], Awaitable[object]]


class Lot(Protocol):
    """Bytes that were taken, are charged for, and have not moved yet."""

    is_resting: bool

    @property
    def nbytes_left(self) -> int:
        """How many."""

    def release(self) -> None:
        """Give them back."""


class Line:
    """A limit that can be waited for.

    Args:
        limit: bytes per second; None lets everything through.
        sleep: other means to sleep by than the event loop's clock.

    Attributes:
        meter: None if there is no limit.
        clock: the time that the meter knows.
        version: counts changes of the limit.
        lots: what was granted and has not moved yet.
        weight_fetching: of those who wait for their peers, to ask for what has come.
        prepaid_bytes: of the block that is just being recorded, what was granted before.
    """

    def __init__(self, limit: float | None, sleep: Sleep | None = None) -> None:
        self.meter = None if limit is None else Meter(float(limit))
        self.clock = OwnClock()
        self.version = 0
        self.lots: WeakSet[Lot] = WeakSet()
        self.weight_fetching = 0.0
        self.prepaid_bytes = 0
        self._sleep = sleep
        self._tally = Tally()
        self._virtual = 0.0
        self._step = 0.0  # the largest that virtual time has made lately
        self._tickets: list[Ticket] = []
        self._numbers = itertools.count()
        self._first: Ticket | None = None  # the one that looks at the clock
        self._armed = -math.inf  # when it means to wake
        self._weight_waiting = 0.0
        self._run: object = None
        self._thread = 0
        self._served: set[Place] = set()  # in the present moment
        self._served_at = -math.inf
        self._kept_for: Place | None = None
        self._kept_until = -math.inf

    def turn_bytes(self, weight: float) -> int:
        """The largest grant for one stream now."""
        meter = self.meter
        return UNLIMITED_BYTES if meter is None else meter.turn_bytes(weight, self._weight_waiting)

    def fetch_bytes(self, weight: float) -> int:
        """The most that one stream among those who fetch may have before it is granted."""
        meter = self.meter
        others = max(0.0, self._weight_waiting + self.weight_fetching - weight)
        return UNLIMITED_BYTES if meter is None else meter.fetch_bytes(weight, others)

    def seconds_ahead(self) -> float:
        """About how long somebody who came now would have to wait."""
        if self.meter is None:
            return 0.0
        queued = sum(ticket.nbytes for ticket in self._tickets)
        return self.meter.due() - self.now() + queued / self.meter.limit

    def try_take(self, place: Place, nbytes: int) -> bool:
        """Take bytes if they may move at once; of 0 bytes, take a turn only."""
        if self.meter is None:
            return True
        now = self.now()
        if self._tickets or self._due(place) > now:
            return False
        self._serve(place, nbytes, self._tag(place), now)
        return True

    async def take(self, place: Place, nbytes: int) -> None:
        """Wait until bytes may move, and take them. With nothing to wait for, no checkpoint.

        Args:
            nbytes: a turn at most; 0 to wait for a turn and tell later how much moved.

        Raises:
            Withdrawn: somebody withdrew the ticket meanwhile.

        Cancellation: safe; nothing has been taken.
        """
        if self.meter is None:
            return
        is_next = not self._expects_an_earlier(self._tag(place), self.now())
        if is_next and self.try_take(place, nbytes):
            return
        ticket = self._stand_in_line(place, nbytes)
        try:
            await self._until_turn(ticket)
            if self.meter is not None:
                now = self.now()
                self.meter.waited(ticket.since, now)
                self._serve(place, nbytes, ticket.tag, now)
        finally:
            self._leave(ticket)

    def give_back(self, place: Place, nbytes: int) -> None:
        """Return bytes that were taken and did not move."""
        if nbytes and self.meter is not None:
            now = self.present()
            self.meter.give_back(nbytes, now)
            self._tally.add(-nbytes, now)
            place.finish -= nbytes / place.weight
            self._rearm()

    def record(self, place: Place | None, nbytes: int, start: float) -> None:
        """Count bytes that moved from start on, whether or not they were waited for."""
        if self.meter is None:
            return
        now = self.now()
        self.meter.record(nbytes, min(start, now))
        self._tally.add(nbytes, now)
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
        if self._tickets and threading.get_ident() != self._thread:
            raise RuntimeError(
                "a limit that is waited for is assigned in the thread of that event loop:"
                " see anyio.from_thread.run_sync"
            )
        for lot in list(self.lots):
            lot.release()
        if limit is None:
            self.meter = None
        elif self.meter is None:
            self.meter = Meter(float(limit))
        else:
            self.meter.change_limit(float(limit), self.present())
        self.version += 1
        for ticket in self._tickets if limit is None else self._tickets[:1]:
            ticket.wake()
        if self._first is not None:
            self._first.wake()

    def has_passed(self, place: Place) -> bool:
        """Whether to forget a place would change nothing."""
        is_used = place.ticket is not None or place is self._kept_for
        return place.finish <= self._virtual - self._step and not is_used

    def delay(self) -> float:
        """Seconds until everything is paid that moved, or is about to."""
        if self.meter is None:
            return 0.0
        resting = sum(lot.nbytes_left for lot in self.lots if lot.is_resting)
        return max(0.0, self.meter.delay(self.now()) - resting / self.meter.limit)

    def statistics(self) -> ThrottleStatistics:
        """What is going on at this moment."""
        unmoved = sum(lot.nbytes_left for lot in self.lots)
        return ThrottleStatistics(
            limit=None if self.meter is None else self.meter.limit,
            tasks_waiting=len(self._tickets),
            bytes_queued=sum(ticket.nbytes for ticket in self._tickets),
            bytes_moved=self._tally.total - unmoved,
            bytes_per_second=self._tally.rate(self.present(), unmoved),
        )

    def now(self) -> float:
        """The present moment of the line's clock; where an event loop runs."""
        now = self.clock.now()
        if self.clock.run != self._run:
            self._begin_run()
        return now

    def present(self) -> float:
        """The present moment; without an event loop, the last one that is known."""
        try:
            return self.now()
        except Exception:  # anyio 4.12 has no word of its own for "no event loop"
            return self.clock.latest

    def _begin_run(self) -> None:
        """Whoever stands in line still, waits in an event loop that is no more."""
        if self._tickets and threading.get_ident() != self._thread:
            raise RuntimeError("this throttle is waited for in the event loop of another thread")
        self._run = self.clock.run
        self._tickets.clear()
        self._first = None
        self._weight_waiting = 0.0

    def _due(self, place: Place) -> float:
        assert self.meter is not None
        due = self.meter.due()
        return due if self._kept_for in (None, place) else max(due, self._kept_until)

    def _tag(self, place: Place) -> float:
        # Where the event loop was held up, others are served in one moment, while somebody is busy
        # still with what they got. They may come too late by the largest step that time has made.
        return max(self._virtual - self._step, place.finish)

    def _serve(self, place: Place, nbytes: int, tag: float, now: float) -> None:
        assert self.meter is not None
        self._virtual = max(self._virtual, tag)
        if nbytes:
            self.meter.grant(nbytes, now)
            self._tally.add(nbytes, now)
            step = nbytes / place.weight
            place.finish = tag + step
            if now - self._served_at >= TICK_SECONDS:
                self._served.clear()
                self._served_at = now
            self._served.add(place)
            self._step = max(step, self._step * _STEPS_FADE)
            self._kept_for = None
        else:
            # How much moves will be told afterwards. Until then others wait for as long as it would
            # take to pay for what it was the last time; but no longer than a turn.
            usual = 0 if self._kept_for is place else place.usual_bytes
            turn = self.meter.turn_bytes(place.weight, self._weight_waiting)
            self._kept_for = place
            self._kept_until = now + min(usual, turn) / self.meter.limit

    def _stand_in_line(self, place: Place, nbytes: int) -> Ticket:
        tag = self._tag(place)
        ticket = Ticket(place, nbytes, tag, next(self._numbers), self.now())
        heapq.heappush(self._tickets, ticket)
        self._weight_waiting += place.weight
        self._thread = threading.get_ident()
        place.ticket = ticket
        return ticket

    def _leave(self, ticket: Ticket) -> None:
        """Have a ticket leave the line, served or not; the next one looks at the clock."""
        ticket.place.ticket = None
        if self._tickets and self._tickets[0] is ticket:
            heapq.heappop(self._tickets)
        elif ticket in self._tickets:
            self._tickets.remove(ticket)
            heapq.heapify(self._tickets)
        else:  # of an event loop that is no more
            return
        self._weight_waiting = self._weight_waiting - ticket.place.weight if self._tickets else 0.0
        if self._first is ticket:
            self._call_first()

    def _call_first(self) -> None:
        self._first = self._tickets[0] if self._tickets else None
        if self._first is not None:
            self._first.wake()

    def _rearm(self) -> None:
        """Wake the sleeper if it may move sooner than it thinks."""
        first = self._first
        if first is not None and self._due(first.place) < self._armed - TICK_SECONDS:
            first.wake()

    async def _until_turn(self, ticket: Ticket) -> None:
        """Wait until a ticket may be served."""
        has_slept = False
        passes = _PASSES
        while self.meter is not None:
            if ticket.is_withdrawn:
                raise Withdrawn
            if self._first is None:
                self._call_first()
            now, due = self.now(), self._due(ticket.place)
            if self._first is not ticket:
                await ticket.until_woken()
            elif due > now + (TICK_SECONDS if has_slept else 0.0):
                has_slept = await self._sleep_until(due, now, ticket)
            elif self._tickets[0] is not ticket:  # one with an earlier tag has come meanwhile
                self._call_first()
            elif passes and self._expects_an_earlier(ticket.tag, now):
                passes -= 1
                await checkpoint()
            else:
                return

    def _expects_an_earlier(self, tag: float, now: float) -> bool:
        """Whether one who was served just now will be back in a moment, and would be next then.

        It happens where the event loop was held up: then several may move in one moment, and it
        takes a stream some turns of the loop to use what it got.
        """
        if now - self._served_at >= TICK_SECONDS:
            return False
        return any(place.ticket is None and place.finish < tag for place in self._served)

    async def _sleep_until(self, due: float, now: float, ticket: Ticket) -> bool:
        """Returns whether the time has come; if not, the ticket was woken to look again."""
        sleep = self._sleep or anyio.sleep
        is_woken: object = None
        self._armed = due
        with ticket.alarm() as alarm:
            try:
                is_woken = await sleep(due - now)
            finally:
                self._armed = -math.inf
        if alarm.cancel_called or is_woken is True:
            return False
        self.trust_sleep(due)
        return True

    def trust_sleep(self, due: float) -> None:
        """A sleeper is back who meant to sleep until a moment, by whatever means."""
        now = self.now()
        if now < due - TICK_SECONDS:  # it slept by other means than the clock, and its word counts
            self.clock.skip(due - now)
        elif self.meter is not None:
            self.meter.overslept(due, now)
