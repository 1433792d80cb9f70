"""What lies between two ends in memory: room, a distance, a width, and how long it holds.

A byte that is put in is there at once; the reader learns of it when its time has come. So there is
no task that carries bytes, and whoever waits for the next one knows how long to sleep.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import anyio

#: What travels as one: an arrival time is kept for each piece of this many bytes.
_SEGMENT_BYTES = 1460


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a connection in memory is like; by default it is nothing but room.

    Args:
        latency: seconds that a byte is on its way.
        bytes_per_second: the width in each direction; None for any.
        lost_after: the connection is lost once this many bytes, both directions together, have been
            put in; None for never.
        is_silent: a lost connection says nothing: what is sent goes nowhere, nothing comes, as
            when a cable is pulled. Otherwise both ends get `anyio.BrokenResourceError`, the
            reader after what had been sent before.

    Raises:
        ValueError: a figure is negative or no number, or the width is nothing.
    """

    latency: float = 0.0
    bytes_per_second: float | None = None
    lost_after: int | None = None
    is_silent: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.latency < math.inf:
            raise ValueError(f"latency must be at least 0 seconds and finite, not {self.latency}")
        if self.bytes_per_second is not None and not self.bytes_per_second > 0:
            raise ValueError(f"bytes_per_second must be above 0, not {self.bytes_per_second}")
        if self.lost_after is not None and self.lost_after < 0:
            raise ValueError(f"lost_after must be at least 0 bytes, not {self.lost_after}")

    @property
    def takes_time(self) -> bool:
        """Whether a byte arrives later than it is put in."""
        return self.latency > 0 or self.bytes_per_second is not None


class Life:
    """How many bytes a connection will still carry, in both directions together."""

    def __init__(self, link: Link) -> None:
        self._nbytes_left = link.lost_after

    @property
    def is_over(self) -> bool:
        """Whether the connection is lost."""
        return self._nbytes_left == 0

    def spend(self, nbytes: int) -> int:
        """How many of this many bytes still come through."""
        if self._nbytes_left is None:
            return nbytes
        passing = min(nbytes, self._nbytes_left)
        self._nbytes_left -= passing
        return passing


class Pipe:
    """One direction of a connection: bytes on their way, and how its two ends are doing.

    Attributes:
        data: what was put in and is not taken yet, arrived or not.
        has_sent_eof: the writer has ended, or closed.
        is_unread: the reader has closed.
        is_reset: one of the two has broken the connection.
    """

    def __init__(self, capacity: int, link: Link, life: Life) -> None:
        self.data: bytearray = bytearray()
        self.has_sent_eof: bool = False
        self.is_unread: bool = False
        self.is_reset: bool = False
        self._capacity = capacity
        self._link = link
        self._life = life
        self._nbytes_gone_nowhere = 0
        self._on_way: deque[tuple[float, int]] = deque()
        self._nbytes_on_way = 0
        self._width_free_at = -math.inf
        self._end_arrives_at = -math.inf
        self._changed = anyio.Event()

    @property
    def nbytes_arrived(self) -> int:
        """How many bytes can be taken now."""
        if self._on_way:
            now = anyio.current_time()
            while self._on_way and self._on_way[0][0] <= now:
                self._nbytes_on_way -= self._on_way.popleft()[1]
        return len(self.data) - self._nbytes_on_way

    @property
    def next_arrival(self) -> float | None:
        """When something more arrives of what is on its way; None if nothing is."""
        if self._on_way:
            return self._on_way[0][0]
        is_end_on_way = self.has_sent_eof and not self._has_end_arrived and not self._is_mute
        return self._end_arrives_at if is_end_on_way else None

    @property
    def is_ended(self) -> bool:
        """Whether the reader is at the end."""
        return self.has_sent_eof and not self.data and self._has_end_arrived and not self._is_mute

    @property
    def is_broken(self) -> bool:
        """Whether it was reset, or lost with a word: for a writer at once."""
        return self.is_reset or (self._life.is_over and not self._link.is_silent)

    @property
    def is_readable(self) -> bool:
        """Whether a reader has not to wait: for bytes, for the end or for bad news."""
        if self.is_reset or self.nbytes_arrived or self.is_ended:
            return True
        return self.is_broken and not self.data

    @property
    def is_writable(self) -> bool:
        """Whether a writer has not to wait: for room or for bad news."""
        return self._room > 0 or self.is_unread or self.is_broken

    @property
    def _room(self) -> int:
        return self._capacity - len(self.data) - self._nbytes_gone_nowhere

    @property
    def _is_mute(self) -> bool:
        return self._life.is_over and self._link.is_silent

    @property
    def _has_end_arrived(self) -> bool:
        at = self._end_arrives_at
        return at == -math.inf or at <= anyio.current_time()

    def put(self, view: memoryview) -> int:
        """Take what there is room for; returns how many bytes."""
        nbytes = max(0, min(view.nbytes, self._room))
        passing = self._life.spend(nbytes)
        if passing:
            self.data += view[:passing]
            if self._link.takes_time:
                self._send_off(passing)
            self.tell()
        if self._is_mute:
            self._nbytes_gone_nowhere += nbytes - passing
            return nbytes
        return passing

    def _send_off(self, nbytes: int) -> None:
        width = self._link.bytes_per_second
        now = anyio.current_time()
        free_at = max(now, self._width_free_at)
        for start in range(0, nbytes, _SEGMENT_BYTES):
            piece = min(_SEGMENT_BYTES, nbytes - start)
            free_at += 0.0 if width is None else piece / width
            self._on_way.append((free_at + self._link.latency, piece))
        self._width_free_at = free_at
        self._nbytes_on_way += nbytes

    def take(self, nbytes: int) -> bytes:
        """Take bytes that have arrived."""
        taken = bytes(self.data[:nbytes])
        del self.data[:nbytes]
        self.tell()
        return taken

    def end(self) -> None:
        """Nothing more will be put in."""
        if not self.has_sent_eof:
            self.has_sent_eof = True
            if self._link.takes_time:
                free_at = max(anyio.current_time(), self._width_free_at)
                self._end_arrives_at = free_at + self._link.latency
            self.tell()

    def leave(self) -> None:
        """Nothing more will be taken."""
        if not self._is_mute:
            self.is_unread = True
            self._empty()
        self.tell()

    def reset(self) -> None:
        """Break it; what is on its way is lost."""
        if not self._is_mute:
            self.is_reset = True
            self._empty()
        self.tell()

    def _empty(self) -> None:
        self.data.clear()
        self._on_way.clear()
        self._nbytes_on_way = 0

    async def change(self, until: float | None) -> None:
        """Wait until anything about the pipe changes, or until a moment. Cancellation: safe."""
        with anyio.CancelScope(deadline=math.inf if until is None else until):
            await self._changed.wait()

    def tell(self) -> None:
        """Wake both ends."""
        changed, self._changed = self._changed, anyio.Event()
        changed.set()
