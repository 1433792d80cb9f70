"""Handing out events: bounded, without ever waiting for a listener."""

from __future__ import annotations

import anyio
import pytest

from anyftp._server._events._event_stream import EventHub
from anyftp._server._events._events import ConnectionRefused, Event, EventsDropped

pytestmark = pytest.mark.anyio


def event(number: int) -> Event:
    return ConnectionRefused("192.0.2.1", str(number))


def reasons(events: list[Event]) -> list[str | int]:
    """The number of each event; of a gap, its size."""
    return [
        item.count if isinstance(item, EventsDropped) else getattr(item, "reason", "?")
        for item in events
    ]


async def test_each_listener_gets_every_event_in_order() -> None:
    hub = EventHub()
    hub.publish(event(0))
    async with hub.listen(10) as one, hub.listen(10) as two:
        for number in (1, 2, 3):
            hub.publish(event(number))
        hub.close()
        assert reasons([item async for item in one]) == ["1", "2", "3"]
        assert reasons([item async for item in two]) == ["1", "2", "3"]


async def test_what_a_slow_listener_misses_is_counted_where_it_is_missing() -> None:
    hub = EventHub()
    async with hub.listen(2) as events:
        for number in range(5):
            hub.publish(event(number))
        assert reasons([await anext(events), await anext(events)]) == ["0", "1"]
        hub.publish(event(5))
        hub.publish(event(6))
        hub.close()
        assert reasons([item async for item in events]) == [3, "5", 1]


async def test_a_gap_is_told_when_nothing_follows() -> None:
    hub = EventHub()
    async with hub.listen(1) as events:
        hub.publish(event(0))
        hub.publish(event(1))
        assert reasons([await anext(events), await anext(events)]) == ["0", 1]


async def test_waiting_ends_with_the_next_event_or_the_end() -> None:
    hub = EventHub()
    found: list[Event] = []

    async def listen() -> None:
        async with hub.listen(1) as events:
            found.extend([item async for item in events])

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listen)
        await anyio.wait_all_tasks_blocked()
        hub.publish(event(1))
        await anyio.wait_all_tasks_blocked()
        hub.publish(event(2))
        await anyio.wait_all_tasks_blocked()
        hub.close()
    assert reasons(found) == ["1", "2"]


async def test_a_listener_that_comes_after_the_end_is_not_kept_waiting() -> None:
    hub = EventHub()
    hub.close()
    async with hub.listen(1) as events:
        assert [item async for item in events] == []


async def test_a_listener_that_has_left_is_forgotten() -> None:
    hub = EventHub()
    async with hub.listen(1):
        pass
    assert not hub.listeners


async def test_a_cancelled_wait_loses_nothing() -> None:
    hub = EventHub()
    async with hub.listen(1) as events:
        with anyio.move_on_after(0.01):
            await anext(events)
        hub.publish(event(1))
        assert reasons([await anext(events)]) == ["1"]


def test_a_buffer_for_nothing() -> None:
    with pytest.raises(ValueError, match="max_buffered must be at least 1, not 0"):
        EventHub().listen(0)
