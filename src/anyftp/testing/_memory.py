"""Byte streams in memory: no socket, no thread, no task; they work under any clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import anyio
from anyio import TypedAttributeSet, typed_attribute
from anyio.lowlevel import checkpoint

from anyftp._streams import OptimisticStream
from anyftp.testing._link import Life, Link, Pipe

Attributes = Mapping[Any, Callable[[], Any]]


class MemoryAttribute(TypedAttributeSet):
    """Extra attributes of memory streams, seen through whatever wraps them."""

    #: the memory stream itself
    stream: MemoryStream = typed_attribute()


class MemoryStream(OptimisticStream):
    """One end of `memory_stream_pair`."""

    def __init__(self, incoming: Pipe, outgoing: Pipe, attributes: Attributes) -> None:
        super().__init__()
        self._incoming = incoming
        self._outgoing = outgoing
        self._attributes = attributes
        self._ends_in_reset = False

    @property
    def nbytes_waiting(self) -> int:
        """How many bytes the peer has sent that nobody has received yet."""
        return len(self._incoming.data)

    def try_receive_into(self, view: memoryview) -> int | None:
        pipe = self._incoming
        self._check_open()
        nbytes = min(view.nbytes, pipe.nbytes_arrived)
        if not nbytes:
            if pipe.is_broken and not pipe.data:
                raise anyio.BrokenResourceError
            return 0 if pipe.is_ended else None
        view[:nbytes] = pipe.take(nbytes)
        return nbytes

    def try_send(self, view: memoryview) -> int:
        pipe = self._outgoing
        self._check_sending()
        if pipe.is_unread or pipe.is_broken:
            raise anyio.BrokenResourceError
        nbytes = pipe.put(view)
        if pipe.is_broken:  # with these bytes the connection is lost, in both directions
            self._tell()
        return nbytes

    async def until_readable(self) -> None:
        self._check_open()
        pipe = self._incoming
        # Asked for first: time goes on, and what arrives before the second look is seen by it.
        arrival = pipe.next_arrival
        while not pipe.is_readable:
            await pipe.change(arrival)
            self._check_open()
            arrival = pipe.next_arrival
        await checkpoint()

    async def until_writable(self) -> None:
        self._check_open()
        pipe = self._outgoing
        while not pipe.is_writable:
            await pipe.change(None)
            self._check_open()
        await checkpoint()

    async def _end(self) -> None:
        self._outgoing.end()

    def end_in_reset(self) -> None:
        """Have `close` do what `reset` does."""
        self._ends_in_reset = True

    def close(self) -> None:
        """Close at once. The peer still gets what was sent, then the end of the stream."""
        if self._ends_in_reset:
            self.reset()
        elif not self._is_closed:
            self._is_closed = True
            self._incoming.leave()
            self._outgoing.end()
            self._tell()

    def reset(self) -> None:
        """Close abruptly, as a crashed peer does: what is on its way in either direction is lost.

        The peer gets `anyio.BrokenResourceError` from then on.
        """
        if not self._is_closed:
            self._is_closed = True
            self._incoming.reset()
            self._outgoing.reset()
            self._tell()

    async def aclose(self) -> None:
        """As `close`. Cancellation: closes all the same."""
        self.close()
        await checkpoint()

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        return {MemoryAttribute.stream: lambda: self, **self._attributes}

    def _tell(self) -> None:
        self._incoming.tell()
        self._outgoing.tell()


def memory_stream_pair(
    capacity: int = 65536,
    *,
    link: Link | None = None,
    attributes: tuple[Attributes, Attributes] = ({}, {}),
) -> tuple[MemoryStream, MemoryStream]:
    """Two connected byte streams in memory.

    What one sends the other receives. A sender waits while `capacity` bytes are on their way.
    Each can be half-closed (`send_eof`), closed (`aclose`) and reset (`reset`).

    Args:
        capacity: how many bytes may be on their way in each direction, at least one.
        link: what lies between the two; by default nothing does.
        attributes: extra attributes of the one and of the other.

    Raises:
        ValueError: capacity is less than one.
    """
    if capacity < 1:
        raise ValueError(f"capacity must be at least 1 byte, not {capacity}")
    link = link or Link()
    life = Life(link)
    there, back = Pipe(capacity, link, life), Pipe(capacity, link, life)
    left, right = attributes
    return MemoryStream(there, back, left), MemoryStream(back, there, right)
