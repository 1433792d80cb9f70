"""The tool that cancels everywhere: does it come to every point, and see what is amiss?"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import anyio
import anyio.lowlevel
import pytest

from anyftp.testing import cancel_at_each_checkpoint
from support.clocks import VIRTUAL_BACKENDS, Backend

pytestmark = pytest.mark.anyio


@pytest.fixture(params=VIRTUAL_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


@contextlib.asynccontextmanager
async def bell() -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Gives a function that waits for the bell, rung by another task: one checkpoint."""
    rung = anyio.Event()

    async def ring() -> None:
        nonlocal rung
        while True:
            await anyio.sleep(0.1)
            rung.set()
            rung = anyio.Event()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ring)
        yield lambda: rung.wait()
        tasks.cancel_scope.cancel()


async def test_every_checkpoint_is_come_to_in_turn_as_it_waits_and_as_it_is_woken() -> None:
    reached: list[str] = []

    async def operation() -> None:
        for name in "abc":
            reached.append(name)
            await wait()
        reached.append("end")

    seen = []
    async with bell() as wait:
        async for run in cancel_at_each_checkpoint(operation):
            seen.append((run.checkpoint, run.moment, run.is_reached, reached[-1]))
            reached.clear()
    assert [entry for entry in seen if entry[2]] == [
        (0, "before", True, "a"),
        (1, "waiting", True, "a"),
        (1, "woken", True, "b"),
        (2, "waiting", True, "b"),
        (2, "woken", True, "c"),
        (3, "waiting", True, "c"),
        (3, "woken", True, "end"),
    ]
    assert seen[7:] == [(4, "waiting", False, "end"), (4, "woken", False, "end")]


async def test_a_run_that_ends_well_in_spite_of_it_does_not_end_the_series() -> None:
    async def operation() -> None:
        with anyio.CancelScope(shield=True):
            await wait()
        await wait()
        with anyio.CancelScope(shield=True):
            await wait()

    async with bell() as wait:
        runs = [run async for run in cancel_at_each_checkpoint(operation)]
    cancelled = [(run.checkpoint, run.moment) for run in runs if run.is_cancelled]
    assert cancelled == [(0, "before"), (1, "waiting"), (1, "woken"), (2, "waiting")]
    assert [run.checkpoint for run in runs if run.is_reached] == [0, 1, 1, 2, 2, 3, 3]


async def test_tasks_that_it_starts_are_counted_too() -> None:
    reached: set[str] = set()

    async def child(name: str) -> None:
        for number in range(3):
            reached.add(f"{name}{number}")
            await anyio.sleep(0.1)

    async def starting(*, task_status: anyio.abc.TaskStatus[str]) -> None:
        task_status.started("begun")
        await child("b")

    async def operation() -> None:
        reached.clear()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(child, "a")
            assert await tasks.start(starting) == "begun"
            assert not tasks.cancel_scope.shield

    came = [len(reached) async for run in cancel_at_each_checkpoint(operation) if run.is_cancelled]
    # Its own task waits for the first step of the second, and for the end of both.
    assert {2, 4, 6} <= set(came)
    assert len(came) >= 8


async def test_tasks_of_others_are_not_counted() -> None:
    async def tick() -> None:
        for _ in range(20):
            await anyio.sleep(0.1)

    async def other() -> None:
        while True:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(tick)

    async def operation() -> None:
        await anyio.sleep(1)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(other)
        runs = [run async for run in cancel_at_each_checkpoint(operation)]
        tasks.cancel_scope.cancel()
    assert [run.checkpoint for run in runs] == [0, 1, 1, 2, 2]


async def test_what_goes_on_for_too_long_is_found() -> None:
    async def operation() -> None:
        try:
            await anyio.sleep(1)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(3)

    runs = [run async for run in cancel_at_each_checkpoint(operation, within_seconds=3.5)]
    assert runs[0].seconds == pytest.approx(3)
    with pytest.raises(AssertionError, match=r"^3 s went by .* checkpoint 0 \(before\)"):
        async for _ in cancel_at_each_checkpoint(operation, within_seconds=2.5):
            pass


async def test_an_error_says_where_the_cancellation_was() -> None:
    async def operation() -> None:
        try:
            await anyio.sleep(1)
        except BaseException as error:
            raise ZeroDivisionError from error

    with pytest.raises(ZeroDivisionError) as caught:
        async for _ in cancel_at_each_checkpoint(operation):
            pass
    assert caught.value.__notes__ == ["cancelled at checkpoint 0 (before)"]


async def test_an_operation_without_end_is_given_up() -> None:
    async def operation() -> None:
        while True:
            await anyio.lowlevel.checkpoint()

    with pytest.raises(AssertionError, match="not ended after 20 checkpoints"):
        async for _ in cancel_at_each_checkpoint(operation, max_checkpoints=20):
            pass


async def test_it_can_be_cancelled_itself_and_leaves_nothing_behind() -> None:
    create = anyio.create_task_group
    with anyio.move_on_after(1) as scope:
        async for _ in cancel_at_each_checkpoint(anyio.sleep_forever):
            pass
    assert scope.cancelled_caught
    assert anyio.create_task_group is create
