"""Tickets: their order, and how they are woken."""

from __future__ import annotations

import math

import anyio
import pytest

from anyftp._throttle._ticket import Place, Ticket, check_weight

pytestmark = pytest.mark.anyio


def ticket(tag: float, number: int = 0) -> Ticket:
    return Ticket(Place(), 1, tag, number, 0.0)


def test_they_are_served_by_tag_and_then_as_they_came() -> None:
    tickets = [ticket(2.0, 1), ticket(1.0, 3), ticket(1.0, 2)]
    assert [each.number for each in sorted(tickets)] == [2, 3, 1]


async def test_one_that_waits_without_a_timer_is_woken() -> None:
    mine = ticket(0.0)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(mine.until_woken)
        await anyio.wait_all_tasks_blocked()
        mine.wake()
    mine.wake()


async def test_one_that_sleeps_is_woken_by_its_alarm() -> None:
    mine = ticket(0.0)
    async with anyio.create_task_group() as tasks:

        async def sleep() -> None:
            with mine.alarm() as alarm:
                await anyio.sleep(3600)
            assert alarm.cancelled_caught

        started = anyio.current_time()
        tasks.start_soon(sleep)
        await anyio.wait_all_tasks_blocked()
        mine.withdraw()
    assert anyio.current_time() - started < 3600
    assert mine.is_withdrawn


@pytest.mark.parametrize("weight", [0, -1, math.nan, math.inf])
def test_weights_that_are_none(weight: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        check_weight(weight)
