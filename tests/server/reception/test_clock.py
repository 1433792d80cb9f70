"""One clock for many deadlines: each rings when it is due, and puts nobody else off."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import anyio
import pytest
from anyio.lowlevel import checkpoint, checkpoint_if_cancelled

from anyftp._server._reception._clock import Alarm, Attention, Clock
from support.clocks import VIRTUAL_BACKENDS

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)]


@asynccontextmanager
async def running() -> AsyncIterator[Clock]:
    clock = Clock()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(clock.run)
        yield clock
        clock.stop()


async def test_each_rings_in_its_moment() -> None:
    began, rung = anyio.current_time(), list[tuple[str, float]]()

    def note(name: str, now: float) -> None:
        rung.append((name, now))

    async with running() as clock:
        for name, seconds in (("late", 300.0), ("soon", 0.02), ("between", 30.0)):
            clock.alarm(partial(note, name)).set(began + seconds)
            await checkpoint()
        await anyio.sleep(400)
    assert [name for name, _ in rung] == ["soon", "between", "late"]
    assert [now - began for _, now in rung] == pytest.approx([0.02, 30.0, 300.0])


async def test_one_that_is_put_off_rings_once_and_late() -> None:
    began, rung = anyio.current_time(), list[float]()
    async with running() as clock:
        alarm = clock.alarm(rung.append)
        for second in range(100):  # each a little before it is due
            alarm.set(began + second + 2)
            await anyio.sleep(1)
        assert rung == []
        await anyio.sleep(10)
    assert [now - began for now in rung] == pytest.approx([101.0])


async def test_one_that_was_removed_or_has_rung_is_still() -> None:
    rung: list[float] = []
    async with running() as clock:
        gone = clock.alarm(rung.append)
        gone.set(anyio.current_time() + 1)
        gone.remove()
        heard = clock.alarm(rung.append)
        heard.set(anyio.current_time() + 2)
        await anyio.sleep(10)
        assert len(rung) == 1
        assert heard.at == math.inf


async def test_one_may_be_set_anew_while_it_rings_and_before_the_clock_runs() -> None:
    rung: list[float] = []
    clock = Clock()

    def again(now: float) -> None:
        rung.append(now)
        if len(rung) < 3:
            alarm.set(now)

    alarm: Alarm = clock.alarm(again)
    alarm.set(anyio.current_time() - 1)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(clock.run)
        await anyio.sleep(1)
        clock.stop()
    assert len(rung) == 3


async def test_a_stopped_clock_ends_at_once() -> None:
    clock = Clock()
    clock.stop()
    with anyio.fail_after(1):
        await clock.run()


async def test_a_wait_is_broken_off_and_nothing_else_is() -> None:
    done: list[str] = []
    attention = Attention()
    began = anyio.current_time()
    async with anyio.create_task_group() as tasks:

        async def wait() -> None:
            with attention.scope:
                with attention:
                    await checkpoint()
                done.append("waited")
                await anyio.sleep(2)  # woken meanwhile
                done.append("slept")
                with attention:
                    await anyio.sleep_forever()
                done.append("never")

        tasks.start_soon(wait)
        await anyio.sleep(1)
        attention.wake()
    assert done == ["waited", "slept"]
    assert anyio.current_time() - began == pytest.approx(2)


async def test_a_wait_that_is_over_as_it_is_broken_off_is_broken_off() -> None:
    attention = Attention()

    async def until() -> None:
        await checkpoint()
        attention.wake()

    with attention.scope:
        with attention:
            await until()
        assert attention.is_woken
        await checkpoint_if_cancelled()
        pytest.fail("went on")
    assert attention.scope.cancelled_caught


class Counting(Clock):
    """It counts how often it looks up."""

    nlooks = 0

    def _ring(self, now: float) -> None:
        self.nlooks += 1
        super()._ring(now)


async def test_what_begins_and_ends_again_and_again_wakes_it_once() -> None:
    """As one small file after the other does: each asks to be looked at soon, and is gone."""
    clock, rung = Counting(), list[float]()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(clock.run)
        alarm = clock.alarm(rung.append)
        alarm.set(anyio.current_time() + 300.0)
        await anyio.sleep(1.0)
        clock.nlooks, began = 0, anyio.current_time()
        for _ in range(100):
            alarm.set(began + 0.02)
            alarm.set(began + 300.0)  # before it has come to look
            for _ in range(3):
                await checkpoint()
        assert clock.nlooks <= 2
        await anyio.sleep(299.0)
        assert not rung
        await anyio.sleep(2.0)
        assert [now - began for now in rung] == pytest.approx([300.0])
        clock.stop()
