"""Quotas that several servers keep together."""

from __future__ import annotations

import errno
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path, PurePosixPath

import anyio
import pytest

from anyftp import (
    FileSystemError,
    LocalFileSystem,
    MemoryFileSystem,
    QuotaFileSystem,
)
from anyftp.shared import SharedCounts
from ecosystem.kept import MARKS
from ecosystem.kept import anyio_backend as anyio_backend
from ecosystem.kept import forget as forget
from ecosystem.kept import name as name
from ecosystem.kept import redis as redis
from ecosystem.kept import url as url

pytestmark = MARKS


WRITER = """
import sys
from pathlib import PurePosixPath
import anyio
from anyftp import LocalFileSystem, QuotaFileSystem, FileSystemError
from anyftp.shared import SharedCounts

async def write(files, name, block):
    try:
        async with await files.open_write(PurePosixPath(name)) as file:
            for _ in range(10):
                await file.write(memoryview(block))
            await file.commit()
    except FileSystemError as error:
        assert error.errno == 122, error

async def main():
    url, name, folder, me = sys.argv[1:]
    inner = LocalFileSystem(folder)
    async with SharedCounts(url, name) as counts:
        quota = QuotaFileSystem(inner, max_bytes=600_000, store=counts.quota("home", inner))
        print("ready", flush=True)
        sys.stdin.readline()
        async with anyio.create_task_group() as group:
            for one in range(4):
                group.start_soon(write, quota, f"/{me}-{one}", b"x" * 9_973)
        # What is left is used to the last byte, and by all.
        for size in (9_973, 997, 97, 7, 1):
            for turn in range(12):
                try:
                    async with await quota.open_write(PurePosixPath(f"/{me}{size}-{turn}")) as file:
                        await file.write(memoryview(b"x" * size))
                        await file.commit()
                except FileSystemError:
                    break

anyio.run(main)
"""


def test_a_quota_is_kept_to_the_byte_by_three_processes(
    url: str, name: str, tmp_path: Path
) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "there").write_bytes(b"x" * 50_000)
    with ExitStack() as stack:
        processes = []
        for me in "abc":
            command = [sys.executable, "-c", WRITER, url, name, str(folder), me]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            processes.append(stack.enter_context(subprocess.Popen(command, text=True, **pipes)))  # type: ignore[call-overload]
        for process in processes:
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            process.stdin.write("\n")
            process.stdin.flush()
        for process in processes:
            assert process.wait(50) == 0
    assert sum(file.stat().st_size for file in folder.iterdir()) == 600_000


async def test_a_quota_in_the_words_of_its_file_system(url: str, name: str) -> None:
    inner = MemoryFileSystem()
    path = PurePosixPath("/file")
    async with SharedCounts(url, name) as one, SharedCounts(url, name) as other:
        here = QuotaFileSystem(inner, max_bytes=10, store=one.quota("q", inner))
        there = QuotaFileSystem(inner, max_bytes=10, store=other.quota("q", inner))
        async with await here.open_write(path) as file:
            await file.write(memoryview(b"12345678"))
            with pytest.raises(FileSystemError) as caught:
                async with await there.open_write(PurePosixPath("/other")) as second:
                    await second.write(memoryview(b"123"))
            assert caught.value.errno == errno.EDQUOT
            assert await there.space_left(PurePosixPath("/")) == 2
            await file.commit()
        assert (await there.usage()).nbytes == 8
        async with await there.open_write(path) as file:  # takes the place of the other
            await file.write(memoryview(b"1234567890"))
            await file.commit()
        assert (await here.usage()) == (10, 1)
        await here.remove_file(path)
        assert (await there.usage()) == (0, 0)


async def test_a_server_over_a_local_folder(url: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    inner = LocalFileSystem(tmp_path / "home")
    async with SharedCounts(url, name) as counts:
        quota = QuotaFileSystem(inner, max_files=2, store=counts.quota("folder", inner))
        for one in ("/a", "/b"):
            await quota.make_directory(PurePosixPath(one))
        with pytest.raises(FileSystemError) as caught:
            await quota.make_directory(PurePosixPath("/c"))
        assert caught.value.errno == errno.EDQUOT


@pytest.mark.parametrize("is_writing", [False, True])
async def test_what_is_used_is_counted_anew_where_it_was_forgotten(
    is_writing: bool, url: str, name: str, forget: Callable[[], None]
) -> None:
    """By a Redis that was started anew, or since the file of SQLite was removed."""
    inner = MemoryFileSystem()
    inner.put("/there", b"x" * 60)
    async with SharedCounts(url, name) as counts:
        quota = QuotaFileSystem(inner, max_bytes=100, store=counts.quota("q", inner))
        await _put(quota, "/mine", 20)
        assert await quota.usage() == (80, 2)
        file = await quota.open_write(PurePosixPath("/under way")) if is_writing else None
        forget()
        await anyio.sleep(1.2)  # until the lease is renewed
        if file is not None:
            async with file:
                await file.write(memoryview(b"x" * 15))
                await file.commit()
            assert await quota.usage() == (95, 3)
        else:
            assert await quota.usage() == (80, 2)
        with pytest.raises(FileSystemError) as caught:
            await _put(quota, "/more", 30)
        assert caught.value.errno == errno.EDQUOT
        await quota.remove_file(PurePosixPath("/there"))
        await _put(quota, "/more", 30)


async def _put(files: QuotaFileSystem, path: str, nbytes: int) -> None:
    async with await files.open_write(PurePosixPath(path)) as file:
        await file.write(memoryview(b"x" * nbytes))
        await file.commit()
