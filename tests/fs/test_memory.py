"""What is special about the file system in memory."""

from __future__ import annotations

import errno
from pathlib import PurePosixPath

import pytest

from anyftp._errors import FileSystemError
from anyftp._fs import MemoryFileSystem

pytestmark = pytest.mark.anyio

P = PurePosixPath


def test_setting_a_scene() -> None:
    tree = MemoryFileSystem()
    tree.put("/d/e/f", b"content", modified=5.0)
    assert tree.get("d/e/f") == b"content"
    assert tree.names() == ["d"]
    assert tree.names("/d") == ["e"]
    with pytest.raises(FileSystemError):
        tree.put("/d/e/f/g", b"")


async def test_time_comes_from_the_clock() -> None:
    now = 100.0
    tree = MemoryFileSystem(clock=lambda: now)
    tree.put("/f", b"")
    now = 200.0
    tree.put("/g", b"")
    assert (await tree.stat(P("/f"))).modified == 100.0
    assert (await tree.stat(P("/g"))).modified == 200.0
    assert (await tree.stat(P("/"))).modified == 200.0


async def test_the_capacity_holds_and_is_given_back() -> None:
    tree = MemoryFileSystem(capacity=10)
    tree.put("/a", b"12345")
    async with await tree.open_write(P("/b")) as file:
        await file.write(memoryview(b"12345"))
        with pytest.raises(FileSystemError) as caught:
            await file.write(memoryview(b"6"))
    assert caught.value.errno == errno.ENOSPC
    assert tree.used == 5
    tree.put("/a", b"123")
    assert tree.used == 3
    await tree.rename(P("/a"), P("/c"))
    await tree.remove_file(P("/c"))
    assert tree.used == 0


async def test_an_abandoned_append_gives_its_bytes_back() -> None:
    tree = MemoryFileSystem(capacity=10)
    tree.put("/a", b"12345")
    async with await tree.open_write(P("/a"), append=True) as file:
        await file.write(memoryview(b"12345"))
        assert tree.used == 10
    assert tree.used == 5


async def test_a_folder_may_replace_an_empty_one() -> None:
    tree = MemoryFileSystem()
    await tree.make_directory(P("/a"))
    await tree.make_directory(P("/b"))
    await tree.rename(P("/a"), P("/b"))
    await tree.rename(P("/b"), P("/b"))
    tree.put("/c/x", b"")
    with pytest.raises(FileSystemError) as caught:
        await tree.rename(P("/b"), P("/c"))
    assert caught.value.errno == errno.ENOTEMPTY
    assert tree.names() == ["b", "c"]


async def test_space_that_is_left() -> None:
    tree = MemoryFileSystem(capacity=10)
    tree.put("/d/f", b"1234")
    assert await tree.space_left(PurePosixPath("/")) == 6
    assert await tree.space_left(PurePosixPath("/d")) == 6
    for path, number in (("/no", errno.ENOENT), ("/d/f", errno.ENOTDIR)):
        with pytest.raises(FileSystemError) as caught:
            await tree.space_left(PurePosixPath(path))
        assert caught.value.errno == number
    with pytest.raises(FileSystemError) as caught:
        await MemoryFileSystem().space_left(PurePosixPath("/"))
    assert caught.value.errno == errno.EOPNOTSUPP
