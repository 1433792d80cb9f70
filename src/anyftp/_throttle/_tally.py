"""How many bytes moved, and how fast lately."""

from __future__ import annotations

from dataclasses import dataclass

#: The present rate is that of the last one to two such periods.
_PERIOD_SECONDS = 0.5


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


class Tally:
    """Counts bytes. It knows no clock: `now` is passed in, in seconds."""

    __slots__ = ("_marks", "total")

    def __init__(self) -> None:
        self.total = 0
        self._marks: tuple[tuple[float, int], ...] = ()  # the beginnings of the last two periods

    def add(self, nbytes: int, now: float) -> None:
        """Count bytes; less than nothing for some that did not move after all."""
        self._go_on(now)
        self.total += nbytes

    def rate(self, now: float, unmoved: int = 0) -> float:
        """Bytes per second lately, without some that were counted and have not moved yet."""
        self._go_on(now)
        if not self._marks:
            return 0.0
        began, total = self._marks[0]
        seconds = max(now - began, _PERIOD_SECONDS / 2)
        return max(0.0, (self.total - unmoved - total) / seconds)

    def _go_on(self, now: float) -> None:
        if not self._marks or now - self._marks[-1][0] >= 2 * _PERIOD_SECONDS:
            self._marks = ((now, self.total),)
        elif now - self._marks[-1][0] >= _PERIOD_SECONDS:
            self._marks = (self._marks[-1], (now, self.total))
