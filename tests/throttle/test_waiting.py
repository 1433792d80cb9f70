"""Those who wait: their order, how they are woken; and a time that goes on in whatever run."""

from __future__ import annotations

import math
import time
from typing import Any

import anyio
import pytest
from anyio.lowlevel import current_token
from trio.testing import MockClock

from anyftp._throttle._waiting import OwnClock, Place, Withdrawn
from support.backends import run
from support.clocks import VirtualClockLoop

pytestmark = pytest.mark.anyio

RUNS: dict[str, dict[str, Any]] = {
    "asyncio": {"backend": "asyncio", "backend_options": {"loop_factory": VirtualClockLoop}},
    "real": {"backend": "asyncio"},
    "trio": {"backend": "trio"},
}


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


@pytest.mark.parametrize("names", [(a, b, a) for a in RUNS for b in RUNS])
def test_it_goes_on_from_one_run_to_the_next(names: tuple[str, ...]) -> None:
    """By the seconds between them, though each run's clock begins anywhere."""
    clock = OwnClock()
    ends: list[tuple[float, float]] = []

    async def look() -> None:
        now = clock.now()
        if ends:
            passed, really_passed = now - ends[-1][0], time.monotonic() - ends[-1][1]
            assert -1e-6 <= passed <= really_passed + 1e-6
        await anyio.sleep(0.001)
        really = time.monotonic()
        after = clock.now()
        assert after - now >= 0.0005
        ends.append((after, really))

    for name in names:
        run(look, **RUNS[name])
    assert len(ends) == 3


async def test_a_clock_that_goes_back_within_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = OwnClock()
    now, moment = clock.now(), anyio.current_time()
    backend = current_token().backend_class
    monkeypatch.setattr(backend, "current_time", lambda: moment - 3600)
    assert clock.now() == now
    monkeypatch.setattr(backend, "current_time", lambda: moment - 3590)
    assert clock.now() == pytest.approx(now + 10)


def test_mock_clocks_that_begin_at_nought_again() -> None:
    clock = OwnClock()
    seen: list[float] = []

    async def look() -> None:
        await anyio.sleep(100)
        seen.append(clock.now())

    for _ in range(3):
        options = {"clock": MockClock(autojump_threshold=0)}
        run(look, backend="trio", backend_options=options)
    assert seen == sorted(seen)
    assert seen[-1] - seen[0] < 50, "time between runs is the real one"
