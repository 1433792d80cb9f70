"""Throttle and StreamThrottle by themselves, to the exact second."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import anyio
import pytest

from anyftp import StreamThrottle, Throttle
from anyftp._throttle._meter import CREDIT_SECONDS

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
    assert not throttle._alarms


async def test_waiting_is_a_checkpoint() -> None:
    for throttle in (Throttle(), Throttle(1000)):
        with anyio.CancelScope() as scope:
            scope.cancel()
            await throttle.wait()
        assert scope.cancelled_caught


async def test_sleeping_by_other_means() -> None:
    """Who overrides `sleep` need not move any clock: the seconds count as past."""

    class Sleepless(Throttle):
        slept = 0.0

        async def sleep(self, seconds: float) -> bool:
            self.slept += seconds
            return False

    throttle = Sleepless(1000)
    started = anyio.current_time()
    for _ in range(10):
        throttle.append(bytes(1000), anyio.current_time())
        await throttle.wait()
    assert throttle.slept == pytest.approx(10.0)
    assert anyio.current_time() == started


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
