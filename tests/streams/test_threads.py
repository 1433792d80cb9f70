"""Worker threads: reused by whoever comes next, ended when nobody does, and never lost."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import anyio
import pytest

from anyftp._streams import _threads, run_in_thread

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def none_idle() -> Iterator[None]:
    """No thread is left over from another test, and each test is given the usual time."""
    kept = list(_threads._idle)
    _threads._idle.clear()
    yield
    _threads._idle.extend(kept)


def limiter(count: int = 5) -> anyio.CapacityLimiter:
    return anyio.CapacityLimiter(count)


async def test_results_and_errors() -> None:
    assert await run_in_thread(divmod, 7, 2, limiter=limiter()) == (3, 1)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            await run_in_thread(divmod, 7, 0, limiter=limiter())
    assert len(_threads._idle) == 1


async def test_an_error_keeps_nothing_alive() -> None:
    """It holds the frames that it went through, so none of these may hold it."""
    error = ValueError("no")

    def fail() -> None:
        raise error

    with pytest.raises(ValueError, match="no"):
        await run_in_thread(fail, limiter=limiter())
    calls = [holder for holder in gc.get_objects() if isinstance(holder, _threads._Call)]
    assert all(call._error is None for call in calls)


async def test_calls_at_once_are_counted() -> None:
    barrier = threading.Barrier(3)
    ours = limiter(3)
    async with anyio.create_task_group() as tasks:
        for _ in range(9):
            tasks.start_soon(lambda: run_in_thread(barrier.wait, 10, limiter=ours))
    assert len(_threads._idle) == 3


@pytest.mark.parametrize("is_interrupted", [False, True])
async def test_a_cancelled_call_is_waited_for(is_interrupted: bool) -> None:
    has_begun, may_end, has_ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> str:
        has_begun.set()
        may_end.wait(10)
        has_ended.set()
        return "result"

    results: list[str] = []

    async def run() -> None:
        interrupt = may_end.set if is_interrupted else None
        try:
            results.append(await run_in_thread(work, limiter=limiter(), interrupt=interrupt))
        finally:
            assert has_ended.is_set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run)
        await run_in_thread(has_begun.wait, 10, limiter=limiter())
        tasks.cancel_scope.cancel()
        if not is_interrupted:
            threading.Timer(0.01, may_end.set).start()
    assert results == ([] if is_interrupted else ["result"])
    assert len(_threads._idle) == 2


async def test_a_thread_ends_when_it_is_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_threads, "_IDLE_SECONDS", 0.01)
    thread = await run_in_thread(threading.current_thread, limiter=limiter())
    thread.join(10)
    assert not thread.is_alive()
    assert not _threads._idle
    assert await run_in_thread(divmod, 7, 2, limiter=limiter()) == (3, 1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
async def test_a_child_process_has_threads_of_its_own() -> None:
    await run_in_thread(divmod, 7, 2, limiter=limiter())
    child = os.fork()
    if not child:
        os._exit(len(_threads._idle))
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert len(_threads._idle) == 1


# Event loops that are run by hand, each call in a task of its own


def until_complete(make: Callable[[], Coroutine[Any, Any, None]], count: int) -> None:
    loop = asyncio.new_event_loop()
    for _ in range(count):
        loop.run_until_complete(make())
    loop.close()


def for_ever(make: Callable[[], Coroutine[Any, Any, None]], count: int) -> None:
    async def run() -> None:
        try:
            for _ in range(count):
                await asyncio.create_task(make())
        finally:
            loop.stop()

    loop = asyncio.new_event_loop()
    task = loop.create_task(run())
    loop.run_forever()
    task.result()
    loop.close()


@pytest.mark.parametrize("run", [until_complete, for_ever])
def test_tasks_come_and_go_and_the_thread_stays(
    run: Callable[[Callable[[], Coroutine[Any, Any, None]], int], None],
) -> None:
    names: set[int] = set()

    async def call() -> None:
        names.add(await run_in_thread(threading.get_ident, limiter=limiter()))

    run(call, 100)
    assert len(names) == 1


def test_a_loop_that_ends_meanwhile_loses_no_thread() -> None:
    may_end = threading.Event()

    async def call() -> None:
        await run_in_thread(may_end.wait, 10, limiter=limiter())

    loop = asyncio.new_event_loop()
    task = loop.create_task(call())
    loop.run_until_complete(asyncio.sleep(0.01))
    task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    assert not task.done()
    loop.close()
    may_end.set()
    end = time.monotonic() + 10
    while not _threads._idle and time.monotonic() < end:
        time.sleep(0.001)
    assert len(_threads._idle) == 1
