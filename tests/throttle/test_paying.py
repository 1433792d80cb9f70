"""One sleep for several throttles: how long, by whose means, and what ends it."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from anyftp import StreamThrottle, Throttle, until_paid
from anyftp._throttle import check_throttles, paid_by
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
        assert not any(throttle._alarms for throttle in made)
        assert max(throttle.delay() for throttle in made) <= 2.0


@pytest.mark.parametrize(
    ("own_word", "limit", "is_changed"),
    [
        pytest.param(None, None, False, id="slept"),
        pytest.param(False, None, False, id="slept-and-says-so"),
        pytest.param(True, None, True, id="its-own-word-counts"),
        pytest.param(None, 2000, True, id="assigned-meanwhile"),
        pytest.param(None, 1000, False, id="the-same-assigned-meanwhile"),
    ],
)
async def test_a_changed_limit_is_looked_at_again(
    own_word: bool | None, limit: int | None, is_changed: bool
) -> None:
    slept: list[float] = []

    class Own(Throttle):
        async def sleep(self, seconds: float) -> bool:
            slept.append(seconds)
            word = await super().sleep(seconds)
            return word if own_word is None or len(slept) > 1 else own_word

    throttle = Own(1000)
    throttle.append(bytes(3000), anyio.current_time())

    async def assign() -> None:
        await anyio.sleep(1)
        if limit is not None:
            throttle.limit = limit

    started = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(assign)
        assert await until_paid([throttle])
    passed = anyio.current_time() - started
    assert passed == pytest.approx(2.0 if limit == 2000 else 3.0)
    assert len(slept) == 1 + (limit == 2000)
    assert is_changed == (limit == 2000 or own_word is True)


async def test_a_changed_limit_is_no_cancellation_of_the_caller() -> None:
    """And a cancellation is none the less one if a limit is assigned in the same moment."""
    throttle = Throttle(1000)
    throttle.append(bytes(3000), anyio.current_time())
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(until_paid, [throttle])
            await anyio.wait_all_tasks_blocked()
            throttle.limit = 5000
        await anyio.lowlevel.checkpoint()
    assert not scope.cancelled_caught
    throttle.append(bytes(30_000), anyio.current_time())
    with anyio.CancelScope() as scope:

        async def end() -> None:
            await anyio.sleep(1)
            throttle.limit = 7
            scope.cancel()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(end)
            await until_paid([throttle])
            await anyio.lowlevel.checkpoint()
            pytest.fail("the cancellation was swallowed")
    assert scope.cancelled_caught
    assert not throttle._alarms


@pytest.mark.parametrize(
    "throttles",
    [
        pytest.param(StreamThrottle.from_limits(1, 1), id="no-dict"),
        pytest.param(None, id="nothing"),
        pytest.param({"a": Throttle(5)}, id="one-direction"),
        pytest.param({"a": None}, id="nothing-in-it"),
        pytest.param({"a": (None, None)}, id="a-pair-of-nothing"),
        pytest.param({"a": (Throttle(),)}, id="too-few"),
        pytest.param({"a": (Throttle(), Throttle(), Throttle())}, id="too-many"),
        pytest.param({"a": [Throttle(), Throttle()]}, id="a-list"),
        pytest.param({"a": (5, Throttle())}, id="a-number"),
    ],
)
def test_what_cannot_be_the_throttles_of_a_stream(throttles: Any) -> None:
    with pytest.raises(TypeError, match="throttles"):
        check_throttles(throttles)


def test_what_a_block_pays() -> None:
    pair, other = StreamThrottle.from_limits(5, None), StreamThrottle.from_limits(6, 7)
    throttles = {"a": pair, "b": other, "again": pair}
    check_throttles(throttles)
    lines, has_hooks = paid_by(throttles, 0)
    assert lines == [pair.read._line, other.read._line]
    assert not has_hooks
    assert paid_by(throttles, 1) == ([other.write._line], False)
    wrong: Any = {"a": Throttle(5)}
    with pytest.raises(TypeError, match="StreamThrottle of two"):
        paid_by(wrong, 0)


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
    assert not any(throttle._alarms for throttle in throttles)
