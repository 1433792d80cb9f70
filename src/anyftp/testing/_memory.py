"""Byte streams in memory: no socket, no thread, no task; they work under any clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import anyio
from anyio import TypedAttributeSet, typed_attribute
from anyio.lowlevel import checkpoint

from anyftp._streams import OptimisticStream


class MemoryAttribute(TypedAttributeSet):
    """Extra attributes of memory streams, seen through whatever wraps them."""

    #: the memory stream itself
    stream: MemoryStream = typed_attribute()


class _Pipe:
    """One direction of a pair: bytes on their way, and how its two ends are doing."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.data: bytearray = bytearray()
        self.is_ended = False
        self.is_unread = False
        self.is_reset = False
        self._changed = anyio.Event()

    async def change(self) -> None:
        """Wait until anything about the pipe changes."""
        await self._changed.wait()

    def tell(self) -> None:
        """Wake both ends."""
        changed, self._changed = self._changed, anyio.Event()
        changed.set()


class MemoryStream(OptimisticStream):
    """One end of `memory_stream_pair`."""

    def __init__(self, incoming: _Pipe, outgoing: _Pipe) -> None:
        super().__init__()
        self._incoming = incoming
        self._outgoing = outgoing
        self._is_closed = False

    @property
    def nbytes_waiting(self) -> int:
        """How many bytes the peer has sent that nobody has received yet."""
        return len(self._incoming.data)

    def try_receive_into(self, view: memoryview) -> int | None:
        pipe = self._incoming
        self._check(pipe)
        nbytes = min(view.nbytes, len(pipe.data))
        if not nbytes:
            return 0 if pipe.is_ended else None
        view[:nbytes] = pipe.data[:nbytes]
        del pipe.data[:nbytes]
        pipe.tell()
        return nbytes

    def try_send(self, view: memoryview) -> int:
        pipe = self._outgoing
        self._check(pipe)
        if pipe.is_ended or pipe.is_unread:
            raise anyio.BrokenResourceError
        nbytes = max(0, min(view.nbytes, pipe.capacity - len(pipe.data)))
        if nbytes:
            pipe.data += view[:nbytes]
            pipe.tell()
        return nbytes

    async def until_readable(self) -> None:
        self._check_open()
        pipe = self._incoming
        while not (pipe.data or pipe.is_ended or pipe.is_reset):
            await pipe.change()
            self._check_open()
        await checkpoint()

    async def until_writable(self) -> None:
        self._check_open()
        pipe = self._outgoing
        while len(pipe.data) >= pipe.capacity and not (pipe.is_unread or pipe.is_reset):
            await pipe.change()
            self._check_open()
        await checkpoint()

    async def send_eof(self) -> None:
        """Say that nothing more will be sent; receiving goes on. Cancellation: safe."""
        with self._writing:
            self._check_open()
            self._outgoing.is_ended = True
            self._outgoing.tell()
            await checkpoint()

    def close(self) -> None:
        """Close at once. The peer still gets what was sent, then the end of the stream."""
        if not self._is_closed:
            self._is_closed = True
            self._incoming.is_unread = True
            self._incoming.data.clear()
            self._outgoing.is_ended = True
            self._tell()

    def reset(self) -> None:
        """Close abruptly, as a crashed peer does: what is on its way in either direction is lost.

        The peer gets `anyio.BrokenResourceError` from then on.
        """
        for pipe in (self._incoming, self._outgoing):
            pipe.is_reset = True
            pipe.data.clear()
        self._is_closed = True
        self._tell()

    async def aclose(self) -> None:
        """As `close`. Cancellation: closes all the same."""
        self.close()
        await checkpoint()

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        return {MemoryAttribute.stream: lambda: self}

    def _check(self, pipe: _Pipe) -> None:
        self._check_open()
        if pipe.is_reset:
            raise anyio.BrokenResourceError

    def _check_open(self) -> None:
        if self._is_closed:
            raise anyio.ClosedResourceError

    def _tell(self) -> None:
        self._incoming.tell()
        self._outgoing.tell()


def memory_stream_pair(capacity: int = 65536) -> tuple[MemoryStream, MemoryStream]:
    """Two connected byte streams in memory.

    What one sends the other receives. A sender waits while `capacity` bytes are on their way.
    Each can be half-closed (`send_eof`), closed (`aclose`) and reset (`reset`).

    Args:
        capacity: how many bytes may be on their way in each direction, at least one.

    Raises:
        ValueError: capacity is less than one.
    """
    if capacity < 1:
        raise ValueError(f"a pipe for {capacity} bytes carries nothing")
    there, back = _Pipe(capacity), _Pipe(capacity)
    return MemoryStream(there, back), MemoryStream(back, there)
