"""Budgets: what counts, to the exact second, and what "at once" means."""

from __future__ import annotations

from functools import partial

import anyio
import pytest
from anyio.lowlevel import checkpoint
from hypothesis import given, settings
from hypothesis import strategies as st

from anyftp._streams._budget import Budget, within
from support.clocks import VIRTUAL_BACKENDS, Backend, VirtualClockLoop

pytestmark = pytest.mark.anyio


@pytest.fixture(params=VIRTUAL_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


async def turns(count: int) -> None:
    for _ in range(count):
        await checkpoint()


async def test_waits_add_up_and_what_lies_between_does_not_count() -> None:
    budget = Budget("read", 1.0)
    await budget.wait(partial(anyio.sleep, 0.6))
    await anyio.sleep(3600)
    started = anyio.current_time()
    with pytest.raises(TimeoutError, match="read: not done after 1 s of waiting"):
        await budget.wait(partial(anyio.sleep, 0.6))
    assert anyio.current_time() - started == pytest.approx(0.4)
    with pytest.raises(TimeoutError):
        await budget.wait(partial(turns, 2))


async def test_silence_is_bounded_for_each_wait() -> None:
    """However long they take together; the message says which of the two bounds it was."""
    budget = Budget("read", None, 1.0)
    for _ in range(100):
        await budget.wait(partial(anyio.sleep, 0.9))
    started = anyio.current_time()
    with pytest.raises(TimeoutError, match="read: nothing moved for 1 s"):
        await budget.wait(anyio.sleep_forever)
    assert anyio.current_time() - started == pytest.approx(1)
    budget = Budget("read", 2.5, 1.0)
    await budget.wait(partial(anyio.sleep, 0.9))
    await budget.wait(partial(anyio.sleep, 0.9))
    with pytest.raises(TimeoutError, match=r"read: not done after 2\.5 s of waiting"):
        await budget.wait(partial(anyio.sleep, 0.9))


async def test_what_is_tried_may_be_handed_on_by_other_tasks() -> None:
    """A stream with a task of its own behind it needs a few turns from the one to the other."""

    async def hand_on(depth: int) -> None:
        if not depth:
            return
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(hand_on, depth - 1)

    await Budget("read", 0).wait(partial(hand_on, 3), is_try=True)


async def test_none_is_no_bound() -> None:
    budget = Budget("read", None)
    await budget.wait(partial(anyio.sleep, 1e6))
    await budget.wait(partial(anyio.sleep, 1e6), is_try=True)


async def test_nothing_left_is_no_time_at_all() -> None:
    """After a try that failed there is nothing to wait for with 0 seconds."""
    with pytest.raises(TimeoutError, match="write: not done after 0 s"):
        await Budget("write", 0).wait(checkpoint)


async def test_a_try_of_no_time_may_run_but_not_wait() -> None:
    started = anyio.current_time()
    for count in (0, 1, 5, 1000):
        await Budget("read", 0).wait(partial(turns, count), is_try=True)
        await Budget("read", 60, 0).wait(partial(turns, count), is_try=True)
    for wait in (partial(anyio.sleep, 0.001), anyio.sleep_forever):
        with pytest.raises(TimeoutError, match="not done after 0 s"):
            await Budget("read", 0).wait(wait, is_try=True)
        with pytest.raises(TimeoutError, match="nothing moved for 0 s"):
            await Budget("read", 60, 0).wait(wait, is_try=True)
    assert anyio.current_time() == started


async def test_a_try_ends_with_its_own_exception() -> None:
    """Bare: the task group inside is nobody's business."""

    async def fail() -> None:
        await checkpoint()
        raise anyio.BrokenResourceError("in its own words")

    with pytest.raises(anyio.BrokenResourceError, match="in its own words"):
        await Budget("read", 0).wait(fail, is_try=True)


@pytest.mark.parametrize("seconds", [None, 0, 5])
async def test_cancelled_from_outside_it_is_no_timeout(seconds: float | None) -> None:
    with anyio.CancelScope() as scope:
        scope.cancel()
        await Budget("read", seconds).wait(anyio.sleep_forever, is_try=True)
    assert scope.cancelled_caught


async def test_within_so_many_seconds() -> None:
    started = anyio.current_time()
    with pytest.raises(TimeoutError, match="tea: not done within 3 s"), within(3, "tea"):
        await anyio.sleep(5)
    assert anyio.current_time() - started == pytest.approx(3)
    with within(3, "tea"), within(None, "cake"):
        await anyio.sleep(2)
    with anyio.move_on_after(1) as scope, within(3, "tea"):
        await anyio.sleep_forever()
    assert scope.cancelled_caught


@settings(max_examples=200)
@given(
    seconds=st.integers(1, 1000),
    waits=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), max_size=10),
)
def test_any_waits_fail_just_when_they_exceed_it(
    seconds: int, waits: list[tuple[int, int]]
) -> None:
    async def main() -> None:
        budget = Budget("read", seconds)
        left = seconds
        for wait, pause in waits:
            if wait == left:
                return  # either may win
            if wait > left:
                with pytest.raises(TimeoutError):
                    await budget.wait(partial(anyio.sleep, wait))
                return
            await budget.wait(partial(anyio.sleep, wait))
            left -= wait
            await anyio.sleep(pause)

    anyio.run(main, backend_options={"loop_factory": VirtualClockLoop})
