"""From the sessions, which never wait, to whoever listens to events."""

from __future__ import annotations

from collections import deque
from types import TracebackType
from typing import Self

import anyio
from anyio.lowlevel import checkpoint

from anyftp._server._events._events import Event, EventsDropped


class EventHub:
    """Hands every event to all that listen at that moment.

    Attributes:
        listeners: those who do.
    """

    def __init__(self) -> None:
        self.listeners: set[EventStream] = set()
        self._is_closed = False

    def publish(self, event: Event) -> None:
        """Hand out an event, without waiting for anybody."""
        for stream in self.listeners:
            stream._offer(event)

    def listen(self, max_buffered: int) -> EventStream:
        """Make a stream of the events from its `async with` on."""
        return EventStream(self, max_buffered)

    def close(self) -> None:
        """Nothing more will happen: each stream ends after what it still holds."""
        self._is_closed = True
        for stream in self.listeners:
            stream._end()

    def _add(self, stream: EventStream) -> None:
        self.listeners.add(stream)
        if self._is_closed:
            stream._end()

    def _remove(self, stream: EventStream) -> None:
        self.listeners.discard(stream)


class EventStream:
    """The events of a server, one after the other; made by `Server.events`.

    It holds a bounded number of events. What happens while it is full is dropped; an
    `EventsDropped` in its place says how many were. So a slow listener costs the server nothing.
    """

    def __init__(self, hub: EventHub, max_buffered: int) -> None:
        if max_buffered < 1:
            raise ValueError(f"max_buffered must be at least 1, not {max_buffered}")
        self._hub = hub
        self._max_buffered = max_buffered
        self._events: deque[Event] = deque()
        self._dropped = 0
        self._is_ended = False
        self._changed = anyio.Event()

    async def __aenter__(self) -> Self:
        self._hub._add(self)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._hub._remove(self)
        self._end()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        """Wait for the next event; ends once the server has drained. Cancellation: safe."""
        await checkpoint()
        while True:
            if self._events:
                return self._events.popleft()
            if self._dropped:
                return self._take_dropped()
            if self._is_ended:
                raise StopAsyncIteration
            self._changed = anyio.Event()
            await self._changed.wait()

    def _offer(self, event: Event) -> None:
        if len(self._events) >= self._max_buffered:
            self._dropped += 1
            return
        if self._dropped:
            self._events.append(self._take_dropped())
        self._events.append(event)
        self._changed.set()

    def _end(self) -> None:
        self._is_ended = True
        self._changed.set()

    def _take_dropped(self) -> EventsDropped:
        count, self._dropped = self._dropped, 0
        return EventsDropped(count)
