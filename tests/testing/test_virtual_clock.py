"""Clocks that jump: hours at once, on the standard library's loop and on trio."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

from anyftp.testing import VirtualClockLoop, virtual_backends
from support.backends import run as run_on

BACKENDS = pytest.mark.parametrize("backend", virtual_backends(), ids=lambda backend: backend[0])


async def sleeps(*, total: float, step: float) -> float:
    started = anyio.current_time()
    while anyio.current_time() - started < total:
        await anyio.sleep(step)
    return anyio.current_time() - started


def run(main: Callable[[], Awaitable[None]], backend: tuple[str, dict[str, Any]]) -> None:
    name, options = backend
    run_on(main, backend=name, backend_options=options)


def test_there_is_one_for_each_backend() -> None:
    assert [name for name, _ in virtual_backends()] == ["asyncio", "trio"]


@BACKENDS
def test_a_day_passes_at_once(backend: tuple[str, dict[str, Any]]) -> None:
    async def main() -> None:
        assert await sleeps(total=86400, step=3600) == 86400

    run(main, backend)  # within the 20 s of every test


@BACKENDS
def test_tasks_wake_in_the_order_of_their_timers(backend: tuple[str, dict[str, Any]]) -> None:
    woken: list[tuple[float, int]] = []

    async def main() -> None:
        started = anyio.current_time()

        async def wake(number: int) -> None:
            await anyio.sleep(number * 0.1)
            woken.append((round(anyio.current_time() - started, 6), number))

        async with anyio.create_task_group() as tasks:
            for number in (3, 1, 2):
                tasks.start_soon(wake, number)

    run(main, backend)
    assert woken == [(0.1, 1), (0.2, 2), (0.3, 3)]


def test_the_runners_of_the_standard_library_take_it() -> None:
    async def main() -> float:
        await asyncio.sleep(1000)
        return asyncio.get_running_loop().time()

    with asyncio.Runner(loop_factory=VirtualClockLoop) as runner:
        assert runner.run(main()) == 1000
    loop = VirtualClockLoop()
    assert isinstance(loop, asyncio.SelectorEventLoop)
    assert loop.time() == 0
    loop.close()
