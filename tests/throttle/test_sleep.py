"""One sleep for several throttles: how long, by whose means, and what ends it."""

from __future__ import annotations

from functools import partial

import anyio
import pytest

from anyftp import Throttle, until_paid
from anyftp._throttle._sleep import sleep_unless_changed
from support.cancelling import cancelled_everywhere

pytestmark = pytest.mark.anyio


async def test_nothing_to_wait_for_is_no_checkpoint() -> None:
    paid = Throttle(1000)
    for throttles in ([], [Throttle()], [paid], [paid, Throttle()]):
        with anyio.CancelScope() as scope:
            scope.cancel()
            assert not await until_paid(throttles)
        assert not scope.cancelled_caught


async def test_the_longest_debt_is_waited_for_once() -> None:
    throttles = [Throttle(limit) for limit in (1000, 250, 500)]
    for throttle in throttles:
        throttle.append(bytes(1000), anyio.current_time())
    started = anyio.current_time()
    assert await until_paid([*throttles, Throttle(), throttles[1]])
    assert anyio.current_time() - started == pytest.approx(4.0)
    assert [throttle.delay() for throttle in throttles] == [0.0] * 3


async def test_cancelled_anywhere_nobody_sleeps_on() -> None:
    made: list[Throttle] = []

    async def scenario() -> None:
        made[:] = [Throttle(1000), Throttle(500)]
        for throttle in made:
            throttle.append(bytes(1000), anyio.current_time())
        await until_paid(made)

    async for _ in cancelled_everywhere(scenario):
        assert not any(throttle._sleepers for throttle in made)
        assert max(throttle.delay() for throttle in made) <= 2.0


@pytest.mark.parametrize(
    ("own_word", "is_assigned", "is_changed"),
    [
        pytest.param(None, False, False, id="slept"),
        pytest.param(False, False, False, id="slept-and-says-so"),
        pytest.param(True, False, True, id="its-own-word-counts"),
        pytest.param(None, True, True, id="assigned-meanwhile"),
    ],
)
async def test_whether_a_limit_was_assigned(
    own_word: bool | None, is_assigned: bool, is_changed: bool
) -> None:
    throttle = Throttle(1000)

    async def sleep(seconds: float) -> bool | None:
        await anyio.sleep(seconds)
        return own_word

    async def assign() -> None:
        await anyio.sleep(1)
        if is_assigned:
            throttle.limit = 1000

    started = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(assign)
        assert await sleep_unless_changed([throttle], 3, sleep) is is_changed
    assert anyio.current_time() - started == pytest.approx(1 if is_assigned else 3)


async def test_an_assigned_limit_is_no_cancellation_of_the_caller() -> None:
    """And a cancellation is none the less one if a limit is assigned in the same moment."""
    throttle = Throttle(1000)
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(partial(sleep_unless_changed, [throttle], 3, anyio.sleep))
            await anyio.wait_all_tasks_blocked()
            throttle.limit = 5
        await anyio.lowlevel.checkpoint()
    assert not scope.cancelled_caught
    with anyio.CancelScope() as scope:

        async def end() -> None:
            await anyio.sleep(1)
            throttle.limit = 7
            scope.cancel()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(end)
            await sleep_unless_changed([throttle], 3, anyio.sleep)
            await anyio.lowlevel.checkpoint()
            pytest.fail("the cancellation was swallowed")
    assert scope.cancelled_caught
    assert not throttle._sleepers


async def test_whoever_is_waited_for_sleeps_by_its_own_means() -> None:
    """Of two at once it is the slowest; the seconds count for both."""
    slept: list[str] = []

    class Named(Throttle):
        name = ""

        async def sleep(self, seconds: float) -> bool:
            slept.append(self.name)
            return False

    throttles = [Named(1000), Named(500)]
    for throttle, name in zip(throttles, ("fast", "slow"), strict=True):
        throttle.name = name
        throttle.append(bytes(1000), anyio.current_time())
    assert await until_paid(throttles)
    assert slept == ["slow"]
    assert [throttle.delay() for throttle in throttles] == [0.0, 0.0]
    assert not await until_paid(throttles)


@pytest.mark.parametrize("has_own_sleep", [False, True])
async def test_a_changed_limit_wakes_who_sleeps_for_several(has_own_sleep: bool) -> None:
    class Dozy(Throttle):
        async def sleep(self, seconds: float) -> bool:
            return await super().sleep(seconds)

    throttles = [Throttle(1000), Dozy(100) if has_own_sleep else Throttle(100)]
    for throttle in throttles:
        throttle.append(bytes(1000), anyio.current_time())
    started = anyio.current_time()

    async def change() -> None:
        await anyio.sleep(0.25)
        throttles[1].limit = None

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(change)
        assert await until_paid(throttles)
    assert anyio.current_time() - started == pytest.approx(1.0)
    assert not any(throttle._sleepers for throttle in throttles)
