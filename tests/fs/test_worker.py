"""Errors on their way back from a worker thread."""

from __future__ import annotations

import errno
import gc
import threading
import weakref
from pathlib import PurePosixPath

import anyio
import pytest

from anyftp._errors import FileSystemError
from anyftp._fs._worker import DiskWorkers, acting_for

pytestmark = pytest.mark.anyio

PATH = PurePosixPath("/inner")


def fail(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize(
    ("error", "number"),
    [
        (OSError(errno.ENOSPC, "full", "/outer/secret"), errno.ENOSPC),
        (OSError("odd"), errno.EIO),
        (ValueError("embedded null byte"), errno.EINVAL),
        (OverflowError("timestamp out of range"), errno.EINVAL),
    ],
)
async def test_errors_speak_of_the_inner_path(error: Exception, number: int) -> None:
    with pytest.raises(FileSystemError) as caught:
        await DiskWorkers().run(PATH, fail, error)
    assert caught.value.errno == number
    assert caught.value.path == "/inner"
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is error


async def test_our_own_error_passes() -> None:
    mine = FileSystemError(errno.EPERM, "/mine")
    with pytest.raises(FileSystemError) as caught:
        await DiskWorkers().run(PATH, fail, mine)
    assert caught.value is mine


async def test_each_who_uses_a_file_system_has_threads_of_his_own() -> None:
    """Whoever hangs holds up himself, in that file system, and nobody else anywhere."""
    hung = threading.Event()
    one, other = DiskWorkers(2), DiskWorkers(2)

    def current(whose: str) -> str:
        return whose

    async def hang() -> None:
        acting_for.set("ann")
        await one.run(PATH, hung.wait)

    async def blocked(workers: DiskWorkers, whose: str) -> bool:
        acting_for.set(whose)
        with anyio.move_on_after(0.2):
            return await workers.run(PATH, current, whose) != whose
        return True

    try:
        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(hang)
            await anyio.wait_all_tasks_blocked()
            assert not await blocked(one, "bob")
            assert not await blocked(other, "ann")
            assert await blocked(one, "ann")
            hung.set()
    finally:
        hung.set()
    assert not await blocked(one, "ann")


async def test_what_counts_idle_threads_does_not_stay() -> None:
    workers = DiskWorkers(2)
    counted = []
    for number in range(10):
        acting_for.set(number)
        limiter = workers.limiter()
        assert workers.limiter() is limiter
        counted.append(weakref.ref(limiter))
    del limiter
    gc.collect()
    assert [limiter() for limiter in counted[:-1]] == [None] * 9


def zero() -> int:
    return 0


def test_one_file_system_serves_one_run_of_a_loop_after_another() -> None:
    workers = DiskWorkers(2)

    async def run() -> int:
        return await workers.run(PATH, zero)

    for backend in ("asyncio", "trio", "asyncio"):
        assert anyio.run(run, backend=backend) == 0
