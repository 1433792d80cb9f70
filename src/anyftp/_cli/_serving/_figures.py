"""The figures of all workers, in memory that they share.

Each worker has a row and writes it a few times a second; whoever is asked adds them up. What a
worker that has ended had counted goes into a row of its own, so that counters only grow.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import astuple, fields

from anyftp import ServerStatistics

_NAMES = [field.name for field in fields(ServerStatistics)]
_GAUGES = ("sessions", "transfers")
_ROW = struct.Struct(f"{len(_NAMES)}q")

#: Seconds between two times that a worker writes its row.
WRITE_SECONDS = 0.5


class Figures:
    """Rows for this many workers; to be made before they are forked."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._memory = mmap.mmap(-1, _ROW.size * (count + 1))

    def write(self, index: int, statistics: ServerStatistics) -> None:
        """Write the row of a worker, which it alone does."""
        self._put(index, astuple(statistics))

    def bury(self, index: int) -> None:
        """Keep what a worker that has ended has counted; the parent alone does."""
        ended = [
            old + (0 if name in _GAUGES else new)
            for name, old, new in zip(_NAMES, self._row(self._count), self._row(index), strict=True)
        ]
        # In this order nothing is ever missing; for a moment something may count twice.
        self._put(self._count, ended)
        self._put(index, [0] * len(_NAMES))

    def statistics(self) -> ServerStatistics:
        """The sum of all rows."""
        rows = [self._row(index) for index in range(self._count + 1)]
        return ServerStatistics(**dict(zip(_NAMES, map(sum, zip(*rows, strict=True)), strict=True)))

    def _row(self, index: int) -> tuple[int, ...]:
        return _ROW.unpack_from(self._memory, index * _ROW.size)

    def _put(self, index: int, row: tuple[int, ...] | list[int]) -> None:
        _ROW.pack_into(self._memory, index * _ROW.size, *row)
