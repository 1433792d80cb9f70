"""Places: the order of those who wait, and how they are woken."""

from __future__ import annotations

import math

import anyio
import pytest

from anyftp._throttle._place import Place, Withdrawn

pytestmark = pytest.mark.anyio


def place(tag: float, number: int = 0) -> Place:
    one = Place()
    one.stand(tag, number, 1)
    return one


def test_they_are_served_by_tag_and_then_as_they_came() -> None:
    places = [place(2.0, 1), place(1.0, 3), place(1.0, 2)]
    assert [each.number for each in sorted(places)] == [2, 3, 1]


@pytest.mark.parametrize("seconds", [3600, math.inf])
async def test_one_that_waits_is_woken(seconds: float) -> None:
    mine = place(0.0)
    started = anyio.current_time()
    async with anyio.create_task_group() as tasks:

        async def sleep() -> None:
            assert not await mine.sleep(seconds)

        tasks.start_soon(sleep)
        await anyio.wait_all_tasks_blocked()
        mine.wake()
    mine.wake()
    assert anyio.current_time() - started < 3600


async def test_one_that_nobody_wakes_sleeps_its_time() -> None:
    started = anyio.current_time()
    assert await place(0.0).sleep(5)
    assert anyio.current_time() - started == pytest.approx(5)


@pytest.mark.parametrize("seconds", [3600, math.inf])
async def test_one_that_is_withdrawn_says_so(seconds: float) -> None:
    mine = place(0.0)
    async with anyio.create_task_group() as tasks:

        async def sleep() -> None:
            with pytest.raises(Withdrawn):
                await mine.sleep(seconds)

        tasks.start_soon(sleep)
        await anyio.wait_all_tasks_blocked()
        mine.withdraw()
    mine.stand(0.0, 1, 1)  # the next time is another time
    assert await mine.sleep(1)
