"""Turns: few at once, save for those that hang."""

from __future__ import annotations

import anyio
import pytest

from anyftp._streams._threads import HANGING_SECONDS, Turns
from support.clocks import VIRTUAL_BACKENDS, Backend

pytestmark = pytest.mark.anyio


@pytest.fixture(params=VIRTUAL_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


async def test_no_more_than_the_total_have_a_turn() -> None:
    turns, now, most = Turns(3), 0, 0

    async def work() -> None:
        nonlocal now, most
        async with turns.turn():
            now += 1
            most = max(most, now)
            await anyio.sleep(HANGING_SECONDS * 0.4)
            now -= 1

    began = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(work)
    assert most == 3
    assert anyio.current_time() - began == pytest.approx(4 * HANGING_SECONDS * 0.4)


async def test_those_that_hang_count_no_more() -> None:
    """However many hang, others wait no longer than it takes to see that they do."""
    turns = Turns(3)
    end = anyio.Event()

    async def hang() -> None:
        async with turns.turn():
            await end.wait()

    async with anyio.create_task_group() as tasks:
        for _ in range(9):
            tasks.start_soon(hang)
        await anyio.sleep(5 * HANGING_SECONDS)
        began = anyio.current_time()
        for _ in range(20):
            async with turns.turn():
                pass
        assert anyio.current_time() - began <= HANGING_SECONDS
        end.set()
    # When they hang no more, they count again.
    now = 0

    async def look() -> None:
        nonlocal now
        async with turns.turn():
            now += 1
            assert now <= 3
            await anyio.sleep(0.1)
            now -= 1

    async with anyio.create_task_group() as tasks:
        for _ in range(9):
            tasks.start_soon(look)


async def test_who_is_cancelled_leaves_no_turn_taken() -> None:
    turns = Turns(1)
    for seconds in (0.0, 0.1, HANGING_SECONDS, 1.5 * HANGING_SECONDS):
        async with turns.turn():
            with anyio.move_on_after(seconds):
                async with turns.turn():
                    pass
    assert turns.nwaiting == 0
    with anyio.fail_after(0.1):
        async with turns.turn():
            pass
