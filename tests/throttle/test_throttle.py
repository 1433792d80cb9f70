"""Throttle and StreamThrottle by themselves, to the exact second."""

from __future__ import annotations

import copy
import math
import pickle
import threading
import time
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from anyftp import StreamThrottle, Throttle, ThrottleStatistics, until_paid
from anyftp._throttle import check_throttles, paid_by
from anyftp._throttle._meter import CREDIT_SECONDS
from support.cancelling import cancelled_everywhere

pytestmark = pytest.mark.anyio


async def elapsed(throttle: Throttle) -> float:
    started = anyio.current_time()
    await throttle.wait()
    return anyio.current_time() - started


async def test_waiting_pays_for_what_was_recorded() -> None:
    throttle = Throttle(1000)
    assert await elapsed(throttle) == 0.0
    throttle.append(bytes(5000), anyio.current_time())
    assert await elapsed(throttle) == pytest.approx(5.0)
    assert await elapsed(throttle) == 0.0


async def test_an_hour_in_no_time() -> None:
    throttle = Throttle(1 << 20)
    started = anyio.current_time()
    for _ in range(3600):
        await throttle.wait()
        throttle.append(bytes(1 << 20), anyio.current_time())
    await throttle.wait()
    assert anyio.current_time() - started == pytest.approx(3600.0, abs=1e-6)


async def test_without_a_limit_nobody_waits() -> None:
    throttle = Throttle()
    throttle.append(bytes(10**7), anyio.current_time())
    assert await elapsed(throttle) == 0.0
    assert throttle.delay() == 0.0
    assert throttle.try_acquire(10**12)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
async def test_any_buffer_is_recorded_by_its_bytes(kind: Callable[[bytes], bytes]) -> None:
    throttle = Throttle(1000)
    throttle.append(kind(bytes(2000)), anyio.current_time())
    assert throttle.delay() == pytest.approx(2.0)


async def test_a_view_of_wide_items_counts_its_bytes() -> None:
    throttle = Throttle(1000)
    throttle.append(memoryview(bytes(4000)).cast("I"), anyio.current_time())
    assert throttle.delay() == pytest.approx(4.0)


@pytest.mark.parametrize(
    "clock", [anyio.current_time, time.monotonic, time.time], ids=["anyio", "monotonic", "time"]
)
async def test_the_clock_of_a_start_is_recognised(clock: Callable[[], float]) -> None:
    """A transfer that began two seconds ago by any of three clocks has two seconds paid."""
    throttle = Throttle(1000)
    throttle.append(bytes(5000), clock() - 2.0)
    assert throttle.delay() == pytest.approx(3.0, abs=0.5)


async def test_a_start_in_the_future_is_now() -> None:
    throttle = Throttle(1000)
    throttle.append(bytes(1000), time.time() + 1e6)
    assert throttle.delay() == pytest.approx(1.0)


async def test_idle_credit_is_bounded() -> None:
    throttle = Throttle(1000)
    throttle.append(b"x", anyio.current_time())
    await anyio.sleep(3600)
    throttle.append(bytes(1000), anyio.current_time())
    assert throttle.delay() == pytest.approx(1.0 - CREDIT_SECONDS)


@pytest.mark.parametrize(
    ("new_limit", "total"),
    [
        pytest.param(2000, 1.0 + 9000 / 2000, id="raised"),
        pytest.param(500, 1.0 + 9000 / 500, id="lowered"),
        pytest.param(None, 1.0, id="lifted"),
    ],
)
async def test_a_changed_limit_wakes_sleepers(new_limit: float | None, total: float) -> None:
    throttle = Throttle(1000)
    throttle.append(bytes(10_000), anyio.current_time())
    started = anyio.current_time()

    async def change() -> None:
        await anyio.sleep(1)
        throttle.limit = new_limit

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(change)
        tasks.start_soon(throttle.wait)
        tasks.start_soon(throttle.wait)
    assert anyio.current_time() - started == pytest.approx(total)
    assert throttle.limit == new_limit


async def test_a_limit_that_comes_late() -> None:
    throttle = Throttle()
    throttle.append(bytes(10**6), anyio.current_time())
    throttle.limit = 1000
    assert await elapsed(throttle) == 0.0
    throttle.append(bytes(1000), anyio.current_time())
    assert await elapsed(throttle) == pytest.approx(1.0)


async def test_a_cancelled_wait_changes_nothing() -> None:
    throttle = Throttle(1000)
    throttle.append(bytes(5000), anyio.current_time())
    for _ in range(3):
        with anyio.move_on_after(1) as scope:
            await throttle.wait()
        assert scope.cancelled_caught
    assert throttle.delay() == pytest.approx(2.0)
    assert not throttle._line._paying


async def test_waiting_is_a_checkpoint() -> None:
    for throttle in (Throttle(), Throttle(1000)):
        with anyio.CancelScope() as scope:
            scope.cancel()
            await throttle.wait()
        assert scope.cancelled_caught


@pytest.mark.parametrize("limit", [0, -1, -0.1, math.nan, math.inf])
async def test_limits_that_let_nothing_through(limit: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Throttle(limit)
    with pytest.raises(ValueError, match="above 0"):
        StreamThrottle.from_limits(None, limit)
    throttle = Throttle(5)
    with pytest.raises(ValueError, match="above 0"):
        throttle.limit = limit
    assert throttle.limit == 5


async def test_clones_share_settings_and_nothing_else() -> None:
    class Mine(Throttle):
        pass

    throttle = Mine(1000, reset_rate=3)
    throttle.append(bytes(5000), anyio.current_time())
    copy = throttle.clone()
    assert (type(copy), copy.limit, copy.reset_rate) == (Mine, 1000, 3)
    assert throttle.delay() == pytest.approx(5.0)
    assert copy.delay() == 0.0
    copy.limit = 7
    assert throttle.limit == 1000


async def test_stream_throttles() -> None:
    pair = StreamThrottle.from_limits(read_speed_limit=10, write_speed_limit=20)
    assert (pair.read.limit, pair.write.limit) == (10, 20)
    copy = pair.clone()
    assert (copy.read.limit, copy.write.limit) == (10, 20)
    assert copy.read is not pair.read
    assert copy.write is not pair.write
    free = StreamThrottle.from_limits()
    assert (free.read.limit, free.write.limit) == (None, None)


class Named(Throttle):
    """A constructor of its own, and attributes."""

    def __init__(self, name: str) -> None:
        super().__init__(10)
        self.name = name


class Counting(Throttle):
    """One that passes everything on."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.total = 0

    def append(self, data: Any, start: float) -> None:
        super().append(data, start)
        self.total += len(data)


class Pair(StreamThrottle):
    """Whatever class a pair is of, its clone is of it, too."""


@pytest.mark.parametrize(
    "made", [Throttle(10), Named("n"), Counting(limit=10), Pair.from_limits(1, 2)], ids=repr
)
@pytest.mark.parametrize(
    "copied",
    [
        lambda it: it.clone(),
        copy.copy,
        copy.deepcopy,
        lambda it: pickle.loads(pickle.dumps(it)),
    ],
    ids=["clone", "copy", "deepcopy", "pickle"],
)
async def test_copies_have_accounts_of_their_own(made: Any, copied: Callable[[Any], Any]) -> None:
    """Of whatever class, and though somebody waits for the original."""
    first = made.read if isinstance(made, Pair) else made
    first.append(bytes(100), anyio.current_time())
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(first.wait)
        await anyio.wait_all_tasks_blocked()
        other = copied(made)
        tasks.cancel_scope.cancel()
    assert type(other) is type(made)
    assert other is not made
    if isinstance(made, Pair):
        assert (other.read.limit, other.write.limit) == (1, 2)
        return
    assert (other.limit, other.reset_rate) == (10, 10)
    assert other.delay() == 0.0
    assert getattr(other, "name", "n") == "n"
    assert first.delay() > 0.0
    await other.wait()
    other.limit = 20
    assert made.limit == 10


def test_a_clone_is_made_by_its_constructor_where_that_takes_the_settings() -> None:
    counting = Counting(limit=10)
    counting.total = 5
    assert counting.clone().total == 0
    assert Named("n").clone().name == "n"


async def test_acquire_waits_until_the_last_byte_may_move() -> None:
    throttle = Throttle(1000)
    started = anyio.current_time()
    for nbytes in (1, 10, 100, 1000, 10_000):
        await throttle.acquire(nbytes)
    await throttle.acquire(0)
    assert 11.111 - 0.13 <= anyio.current_time() - started <= 11.111
    assert throttle.delay() <= 0.128
    assert throttle.statistics().bytes_moved == 11_111
    await Throttle().acquire(1 << 50)


@pytest.mark.parametrize("blocks", [(100, 1000, 20_000), (50, 700, 50_000), (5000, 5000, 5000)])
async def test_tasks_that_acquire_share_by_bytes(blocks: tuple[int, ...]) -> None:
    """To a turn at every moment, whatever the blocks."""
    throttle = Throttle(100_000)
    got = [0] * 6

    async def use(number: int) -> None:
        while True:
            await throttle.acquire(blocks[number % 3])
            got[number] += blocks[number % 3]

    with anyio.move_on_after(8):
        async with anyio.create_task_group() as tasks:
            for number in range(len(got)):
                tasks.start_soon(use, number)
    assert max(got) - min(got) <= max(blocks) + 2048
    assert sum(got) <= 100_000 * 8 + 2048
    assert sum(got) + len(got) * max(blocks) >= 100_000 * 8


async def test_tasks_that_acquire_share_by_weight() -> None:
    throttle = Throttle(100_000)
    got = [0] * 3

    async def use(number: int) -> None:
        while True:
            await throttle.acquire(500, weight=number + 1)
            got[number] += 500

    with anyio.move_on_after(12):
        async with anyio.create_task_group() as tasks:
            for number in range(len(got)):
                tasks.start_soon(use, number)
    assert [nbytes / 200_000 for nbytes in got] == pytest.approx([1, 2, 3], rel=0.01)


async def test_an_acquire_that_is_cancelled_leaves_neither_debt_nor_credit() -> None:
    for moment in (0.0, 0.001, 0.1, 1.0, 5.0):
        throttle = Throttle(1000)
        with anyio.move_on_after(moment) as scope:
            await throttle.acquire(10_000)
        assert scope.cancelled_caught
        now = throttle.statistics()
        assert (now.tasks_waiting, now.bytes_queued, now.bytes_moved) == (0, 0, 0)
        assert throttle.delay() == 0.0
        started = anyio.current_time()
        await throttle.acquire(1000)
        assert anyio.current_time() - started >= 0.86


async def test_try_acquire() -> None:
    throttle = Throttle(1000)
    assert throttle.try_acquire(500)
    assert not throttle.try_acquire(1)
    assert throttle.try_acquire(0)
    assert throttle.delay() == pytest.approx(0.5)
    assert throttle.statistics().bytes_moved == 500
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(throttle.acquire, 100)
        await anyio.sleep(0.45)
        assert not throttle.try_acquire(1), "somebody waits"
    await anyio.sleep(1)
    assert throttle.try_acquire(1)
    assert Throttle().try_acquire(1 << 60)


@pytest.mark.parametrize("nbytes", [-1, 1.5, "1", None])
async def test_what_cannot_be_acquired(nbytes: Any) -> None:
    throttle = Throttle(1000)
    with pytest.raises((ValueError, TypeError)):
        throttle.try_acquire(nbytes)
    with pytest.raises((ValueError, TypeError)):
        await throttle.acquire(nbytes)
    assert throttle.delay() == 0.0


@pytest.mark.parametrize("weight", [0, -1, math.nan, math.inf])
async def test_weights_that_are_none(weight: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        await Throttle(5).acquire(1, weight=weight)


async def test_statistics_tell_what_is_going_on() -> None:
    throttle = Throttle(1000)
    assert throttle.statistics() == ThrottleStatistics(1000, 0, 0, 0, 0.0)
    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(throttle.acquire, 5000)
        await anyio.sleep(4)
        now = throttle.statistics()
        assert now.tasks_waiting == 3
        assert 0 < now.bytes_queued <= 3 * 128, "a turn each"
        assert now.bytes_moved == pytest.approx(4000, abs=200)
        assert now.bytes_per_second == pytest.approx(1000, rel=0.2)
    throttle.limit = None
    assert throttle.statistics().limit is None
    assert throttle.statistics().bytes_moved == 15_000


@pytest.mark.parametrize("is_waited_for", [False, True])
async def test_a_limit_that_another_thread_assigns(is_waited_for: bool) -> None:
    """It works, or is refused before it has changed anything."""
    throttle = Throttle(100)
    throttle.append(bytes(200), anyio.current_time())

    def assign(failures: list[Exception]) -> None:
        try:
            throttle.limit = 10_000
        except RuntimeError as error:
            failures.append(error)

    failures: list[Exception] = []
    async with anyio.create_task_group() as tasks:
        if is_waited_for:
            tasks.start_soon(throttle.wait)
            await anyio.wait_all_tasks_blocked()
        other = threading.Thread(target=assign, args=(failures,))
        other.start()
        other.join()
        assert throttle.limit == (100 if is_waited_for else 10_000)
        assert throttle.delay() == pytest.approx(2.0 if is_waited_for else 0.02, abs=0.15)
        assert len(failures) == is_waited_for
        if failures:
            assert "from_thread" in str(failures[0])
            throttle.limit = 10_000  # in its own thread it is heeded at once
            started = anyio.current_time()
    if failures:
        assert anyio.current_time() - started < 0.1


async def test_hooks_are_known_by_what_is_overridden() -> None:
    class Named(Throttle):
        name = "x"

    class Told(Throttle):
        def append(self, data: bytes | bytearray | memoryview, start: float) -> None:
            super().append(data, start)

    class Asked(Throttle):
        async def wait(self) -> None:
            await super().wait()

    assert [kind()._is_hooked() for kind in (Throttle, Named, Told, Asked)] == [0, 0, 1, 1]


async def test_repr_tells_the_limit() -> None:
    assert repr(Throttle(1000)) == "Throttle(limit=1000, reset_rate=10)"


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
        assert not any(throttle._line._paying for throttle in made)
        assert max(throttle.delay() for throttle in made) <= 2.0


@pytest.mark.parametrize(("limit", "seconds"), [(None, 1.0), (1000, 3.0), (2000, 2.0), (500, 5.0)])
async def test_a_changed_limit_is_looked_at_again(limit: int | None, seconds: float) -> None:
    throttle = Throttle(1000)
    throttle.append(bytes(3000), anyio.current_time())

    async def assign() -> None:
        await anyio.sleep(1)
        throttle.limit = limit

    started = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(assign)
        assert await until_paid([throttle])
    assert anyio.current_time() - started == pytest.approx(seconds)


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
    assert not throttle._line._paying


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


async def test_a_changed_limit_wakes_who_sleeps_for_several() -> None:
    throttles = [Throttle(1000), Throttle(100)]
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
    assert not any(throttle._line._paying for throttle in throttles)
