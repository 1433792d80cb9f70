"""Those who wait for a limit: what is remembered of them, and how they are woken."""

from __future__ import annotations

import math

import anyio


class Withdrawn(Exception):
    """Whoever waited is not to wait any more."""


def check_weight(weight: float) -> None:
    """Refuse a weight that is none.

    Raises:
        ValueError: it is not above zero, or not finite.
    """
    if not 0 < weight < math.inf:
        raise ValueError(f"a weight must be above 0 and finite: {weight!r}")


class Place:
    """What a line remembers of one stream, or of one task that uses a throttle by hand.

    Attributes:
        weight: its part of a contested limit, relative to others.
        finish: the tag where its last grant ended.
        usual_bytes: the size of its last block, if it records what it moves afterwards.
        ticket: while it waits.
    """

    __slots__ = ("finish", "ticket", "usual_bytes", "weight")

    def __init__(self, weight: float = 1.0) -> None:
        self.weight = weight
        self.finish = 0.0
        self.usual_bytes = 0
        self.ticket: Ticket | None = None


class Ticket:
    """One that waits. Tickets are served in the order of their tags."""

    __slots__ = ("_alarm", "_event", "is_withdrawn", "nbytes", "number", "place", "since", "tag")

    def __init__(self, place: Place, nbytes: int, tag: float, number: int, since: float) -> None:
        self.place = place
        self.nbytes = nbytes
        self.tag = tag
        self.number = number
        self.since = since
        self.is_withdrawn = False
        self._event: anyio.Event | None = None
        self._alarm: anyio.CancelScope | None = None

    def __lt__(self, other: Ticket) -> bool:
        return (self.tag, self.number) < (other.tag, other.number)

    def alarm(self) -> anyio.CancelScope:
        """A scope to sleep in, which `wake` cancels."""
        self._alarm = anyio.CancelScope()
        return self._alarm

    async def until_woken(self) -> None:
        """Wait, without a timer. Cancellation: safe."""
        self._alarm = None
        self._event = anyio.Event()
        await self._event.wait()

    def wake(self) -> None:
        """Have it look again whether it may move."""
        if self._alarm is not None:
            self._alarm.cancel()
        if self._event is not None:
            self._event.set()

    def withdraw(self) -> None:
        """Have it leave with empty hands."""
        self.is_withdrawn = True
        self.wake()
