"""The places in line of tasks that use a throttle by hand, without a stream."""

from __future__ import annotations

import anyio

from anyftp._throttle._line import Line
from anyftp._throttle._ticket import Place


class TaskPlaces:
    """One place a task. What belongs to tasks that are behind the line's time is forgotten.

    Args:
        line: where they stand.
    """

    __slots__ = ("_line", "_most", "_places")

    def __init__(self, line: Line) -> None:
        self._line = line
        self._places: dict[int, Place] = {}
        self._most = 64

    def place(self, weight: float) -> Place:
        """That of the present task."""
        task = anyio.get_current_task().id
        place = self._places.get(task)
        if place is None:
            if len(self._places) >= self._most:
                self._forget()
            place = self._places[task] = Place()
        place.weight = weight
        return place

    def known(self) -> Place | None:
        """That of the present task, if it has one."""
        return self._places.get(anyio.get_current_task().id) if self._places else None

    def _forget(self) -> None:
        self._places = {
            task: place for task, place in self._places.items() if not self._line.has_passed(place)
        }
        self._most = max(64, 2 * len(self._places))
