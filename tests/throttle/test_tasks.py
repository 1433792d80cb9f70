"""The places of tasks that use a throttle by hand."""

from __future__ import annotations

import anyio
import pytest

from anyftp._throttle import Line
from anyftp._throttle._tasks import TaskPlaces

pytestmark = pytest.mark.anyio


async def test_one_place_a_task() -> None:
    places = TaskPlaces(Line(1000))
    assert places.known() is None
    mine = places.place(1.0)
    assert places.place(2.0) is mine is places.known()
    assert mine.weight == 2.0

    async def other() -> None:
        assert places.known() is None
        assert places.place(1.0) is not mine

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(other)


async def test_tasks_that_are_gone_are_forgotten() -> None:
    line = Line(1e9)
    places = TaskPlaces(line)

    async def use() -> None:
        await line.take(places.place(1.0), 100)

    for _ in range(1000):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(use)
    assert len(places._places) <= 130
