"""One clock for the deadlines of many sessions, and waiting that can be broken off at little cost.

Each wait for a command has a deadline, and hardly one in thousands is reached. A cancel scope of
its own for each would cost more than the wait. So a session writes down when it is to look up, a
number that it may put off as often as it likes; one task sleeps until the first of all these
moments, looks which of them still count, and sleeps on.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import anyio


def _nobody(now: float) -> None:
    """What a removed alarm would call."""


class Alarm:
    """The moment at which one session is to look up; made by `Clock.alarm`.

    Attributes:
        at: when, on the event loop's clock; it may be put off by assignment.
        ring: called once that has come.
    """

    __slots__ = ("_clock", "at", "ring")

    def __init__(self, clock: Clock, ring: Callable[[float], object]) -> None:
        self._clock = clock
        self.at = math.inf
        self.ring = ring

    def set(self, at: float) -> None:
        """Ring at some moment, be it earlier than was said before."""
        self.at = at
        if at < self._clock.wakes_at:
            self._clock.hurry(at)

    def remove(self) -> None:
        """Ring no more, and let go of who would have been called."""
        self._clock.alarms.discard(self)
        self.ring = _nobody


class Clock:
    """Rings alarms.

    Attributes:
        alarms: all there are.
        wakes_at: until when it sleeps.
    """

    def __init__(self) -> None:
        self.alarms: set[Alarm] = set()
        self.wakes_at = -math.inf
        self._changed = anyio.Event()
        self._scope = anyio.CancelScope()

    def alarm(self, ring: Callable[[float], object]) -> Alarm:
        """Make one that is not set yet.

        Args:
            ring: is given the time; it must neither fail nor take long.
        """
        alarm = Alarm(self, ring)
        self.alarms.add(alarm)
        return alarm

    def hurry(self, at: float) -> None:
        """Sleep no longer than until some moment."""
        self.wakes_at = at
        self._changed.set()

    async def run(self) -> None:
        """Ring what is due, until stopped. Cancellation: safe."""
        with self._scope:
            while True:
                now = anyio.current_time()
                self._ring(now)
                if self.wakes_at <= now:
                    self.wakes_at = min((alarm.at for alarm in self.alarms), default=math.inf)
                # Else it was made to hurry. The alarm may have been put off again by now; but the
                # next one would make it hurry again, as one transfer does after the other.
                self._changed = anyio.Event()
                with anyio.CancelScope(deadline=self.wakes_at):
                    await self._changed.wait()

    def _ring(self, now: float) -> None:
        for alarm in [alarm for alarm in self.alarms if alarm.at <= now]:
            alarm.at = math.inf
            alarm.ring(now)

    def stop(self) -> None:
        """Let `run` end."""
        self._scope.cancel()


class Attention:
    """Waits, one after the other, that somebody may break off: `with attention: await ...`.

    There is one scope for all of them: the caller enters it, and makes a new object when it was
    left by `wake`. What happens in it between the waits is never broken off. (A coroutine that did
    the waiting would be one thing more that each idle session holds.)

    Attributes:
        scope: around the waits and all that is done between them.
        is_waiting: whether it is in a wait now.
        is_woken: a wait was broken off, or will be; one that was over at the same moment has to
            look for the cancellation.
    """

    __slots__ = ("is_waiting", "is_woken", "scope")

    def __init__(self) -> None:
        self.scope = anyio.CancelScope()
        self.is_waiting = False
        self.is_woken = False

    def wake(self) -> None:
        """Break off the wait that is under way, or else the next one."""
        self.is_woken = True
        if self.is_waiting:
            self.scope.cancel()

    def __enter__(self) -> None:
        if self.is_woken:
            self.scope.cancel()
        self.is_waiting = True

    def __exit__(self, *exc_info: object) -> None:
        self.is_waiting = False
