"""Quotas that several servers keep together."""

from __future__ import annotations

import errno
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path, PurePosixPath

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
