"""Quotas; SECURITY row F13."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint
from hypothesis import given, settings
from hypothesis import strategies as st

from anyftp._errors import FileSystemError
from anyftp._fs import (
    FileInfo,
    FileSystem,
    LocalFileSystem,
    MemoryFileSystem,
    QuotaFileSystem,
    Usage,
    WriteFile,
)
from anyftp.testing import check_file_system
from fs.under_quota import P, put, refused
from support.depth import deep

pytestmark = pytest.mark.anyio


async def test_every_change_is_counted() -> None:
    quota = QuotaFileSystem(MemoryFileSystem())
    steps = []

    async def note() -> None:
        steps.append(tuple(await quota.usage()))

    await note()
    await put(quota, "/f", b"x" * 100)
    await note()
    await put(quota, "/f", b"x" * 30)
    await note()
    await put(quota, "/f", b"x" * 5, append=True)
    await note()
    await put(quota, "/f", b"x" * 10, offset=0)
    await note()
    await put(quota, "/f", b"x" * 10, offset=30)
    await note()
    await quota.make_directory(P("/d"))
    await put(quota, "/d/g", b"x" * 7, append=True)
    await note()
    await quota.rename(P("/d/g"), P("/f"))
    await note()
    await quota.remove_directory(P("/d"))
    await quota.remove_file(P("/f"))
    await note()
    assert steps == [(0, 0), (100, 1), (30, 1), (35, 1), (35, 1), (40, 1), (47, 3), (7, 2), (0, 0)]


async def test_uploads_at_the_same_time_cannot_pass_it_together() -> None:
    quota = QuotaFileSystem(MemoryFileSystem(), max_bytes=100)
    async with await quota.open_write(P("/a")) as one, await quota.open_write(P("/b")) as two:
        await one.write(memoryview(b"x" * 60))
        with pytest.raises(FileSystemError):
            await two.write(memoryview(b"x" * 60))
        await two.write(memoryview(b"x" * 40))
        await one.commit()
        await two.commit()
    assert await quota.usage() == Usage(100, 2)


async def test_one_name_written_by_two() -> None:
    quota = QuotaFileSystem(MemoryFileSystem(), max_bytes=100)
    async with await quota.open_write(P("/a")) as one, await quota.open_write(P("/a")) as two:
        await one.write(memoryview(b"x" * 60))
        await two.write(memoryview(b"x" * 30))
        await one.commit()
        await two.commit()
    assert await quota.usage() == Usage(30, 1)


@pytest.mark.parametrize("is_remade", [True, False])
@pytest.mark.parametrize("kind", ["disk", "paths", "memory", "link"])
async def test_an_upload_whose_folder_is_moved(
    kind: str, is_remade: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is put down to what it replaces, where that is by then: else room is made of nothing."""
    if kind == "paths":
        monkeypatch.setattr(os, "supports_dir_fd", set())
    tree = MemoryFileSystem() if kind == "memory" else LocalFileSystem(tmp_path)
    if kind == "link":
        (tmp_path / "to").symlink_to("d")
    quota = QuotaFileSystem(tree, max_bytes=1000)
    await quota.make_directory(P("/d"))
    await quota.make_directory(P("/d/s"))
    await put(quota, "/d/s/f", b"x" * 10)
    path = P("/to/s/f" if kind == "link" else "/d/s/f")
    async with await quota.open_write(path) as file:
        await file.write(memoryview(b"y" * 20))
        await quota.rename(P("/d"), P("/e"))
        await quota.rename(P("/e"), P("/g"))
        if is_remade:
            await quota.make_directory(P("/d"))
            await quota.make_directory(P("/d/s"))
            await put(quota, "/d/s/f", b"x" * 500)
        with suppress(FileSystemError):  # some commit by paths
            await file.commit()
    assert await quota.usage() == await QuotaFileSystem(tree).usage()
    assert await quota.space_left(P("/")) == 1000 - (await quota.usage()).nbytes


class Slow(MemoryFileSystem):
    """Others do something while a path is looked at."""

    async def real_path(self, path: P, *, follow: bool = True) -> P:
        await checkpoint()
        return await super().real_path(path, follow=follow)


async def test_uploads_that_end_while_a_folder_is_moved() -> None:
    tree = Slow()
    quota = QuotaFileSystem(tree, max_bytes=1000)
    await quota.make_directory(P("/d"))
    files = [await quota.open_write(P(f"/d/{number}")) for number in range(5)]
    for file in files:
        await file.write(memoryview(b"12"))

    async def end() -> None:
        for file in files[1:]:
            await file.aclose()

    async with anyio.create_task_group() as group:
        group.start_soon(end)
        await quota.rename(P("/d"), P("/e"))
    async with files[0]:
        with suppress(FileSystemError):  # it commits by its path
            await files[0].commit()
    assert await quota.usage() == await QuotaFileSystem(tree).usage()


async def test_files_and_folders_are_counted_too() -> None:
    quota = QuotaFileSystem(MemoryFileSystem(), max_files=2)
    await quota.make_directory(P("/d"))
    async with await quota.open_write(P("/a")):
        assert await refused(quota, "/b", b"")
        with pytest.raises(FileSystemError):
            await quota.make_directory(P("/e"))
    assert not await refused(quota, "/b", b"")
    assert not await refused(quota, "/b", b"again")
    with pytest.raises(FileSystemError) as caught:
        await quota.make_directory(P("/d"))
    assert caught.value.errno == errno.EDQUOT


async def test_what_is_left() -> None:
    quota = QuotaFileSystem(MemoryFileSystem(), max_bytes=100)
    await put(quota, "/a", b"x" * 30)
    assert await quota.space_left(P("/")) == 70
    small = QuotaFileSystem(MemoryFileSystem(capacity=20), max_bytes=100)
    assert await small.space_left(P("/")) == 20


@pytest.mark.parametrize("way", ["remove", "replace", "rename over"])
async def test_what_is_being_added_to_a_file_does_not_count_when_it_goes(way: str) -> None:
    quota = QuotaFileSystem(MemoryFileSystem(), max_bytes=100)
    await put(quota, "/a", b"x" * 10)
    await put(quota, "/b", b"")
    async with await quota.open_write(P("/a"), append=True) as file:
        await file.write(memoryview(b"y" * 80))
        if way == "remove":
            await quota.remove_file(P("/a"))
        elif way == "replace":
            await put(quota, "/a", b"")
        else:
            await quota.rename(P("/b"), P("/a"))
        with pytest.raises(FileSystemError) as caught:
            await file.commit()
        assert caught.value.errno == errno.ESTALE
    assert (await quota.usage()).nbytes == 0
    assert not await refused(quota, "/c", b"x" * 100)
    assert await refused(quota, "/d", b"x")


@pytest.mark.parametrize("append", [True, False])
async def test_what_is_added_to_a_file_counts_wherever_it_lies_by_then(
    append: bool, tmp_path: Path
) -> None:
    for tree in (MemoryFileSystem(), LocalFileSystem(tmp_path)):
        quota = QuotaFileSystem(tree, max_bytes=100)
        await put(quota, "/a", b"x" * 10)
        await quota.make_directory(P("/d"))
        offset = None if append else 5
        async with await quota.open_write(P("/a"), append=append, offset=offset) as file:
            await file.write(memoryview(b"y" * 80))
            await quota.rename(P("/a"), P("/d/b"))
            await file.commit()
        assert await quota.usage() == await QuotaFileSystem(tree).usage()
        assert (await quota.usage()).nbytes == (90 if append else 85)


async def test_two_write_into_one_file_and_one_of_them_is_done_first() -> None:
    """Ours lock it; many file systems of users do not."""
    tree = MemoryFileSystem()
    quota = QuotaFileSystem(tree, max_bytes=100)
    await put(quota, "/a", b"x" * 10)
    files = []
    for _ in range(2):
        files.append(await quota.open_write(P("/a"), offset=10))
        tree._file(P("/a")).is_locked = False
    for file, nbytes in zip(files, (20, 30), strict=True):
        async with file:
            await file.write(memoryview(b"y" * nbytes))
            await file.commit()
    assert await quota.usage() == Usage(40, 1)


class Numberless(MemoryFileSystem):
    """Files are known by their paths alone, as in many file systems of users."""

    async def stat(self, path: PurePosixPath) -> FileInfo:
        return (await super().stat(path))._replace(unique="")


async def test_what_was_written_in_place_is_looked_at_anew_once_nobody_writes() -> None:
    """Another file may be there by then."""
    quota = QuotaFileSystem(Numberless(), max_bytes=100)
    await put(quota, "/a", b"x" * 10)
    await put(quota, "/a", b"y" * 80, append=True)
    await put(quota, "/a", b"z" * 5)
    await quota.remove_file(P("/a"))
    assert await quota.usage() == Usage(0, 0)


#: One of two who upload, or somebody who does something else; on which of the names.
NAMES = ["/d/a", "/l/a", "/d/A", "/e"]
STEP = st.one_of(
    st.tuples(
        st.sampled_from(["whole new", "whole append", "whole resume"]),
        st.integers(0, 40),
        st.sampled_from(NAMES),
    ),
    st.tuples(
        st.sampled_from(["new", "append", "resume"]), st.integers(0, 1), st.sampled_from(NAMES)
    ),
    st.tuples(st.sampled_from(["write", "commit", "give up"]), st.integers(0, 1), st.just("")),
    st.tuples(
        st.sampled_from(["rename", "rename exclusive"]),
        st.sampled_from(NAMES),
        st.sampled_from(NAMES),
    ),
    st.tuples(st.sampled_from(["remove", "make", "unmake"]), st.sampled_from(NAMES), st.just("")),
)


class Folding(MemoryFileSystem):
    """Takes names that differ in case alone for one, and /l for another name of /d."""

    def _node(self, path: PurePosixPath) -> Any:
        return super()._node(self._real(path))

    def _parent(self, path: PurePosixPath) -> Any:
        return super()._parent(self._real(path))

    def _real(self, path: PurePosixPath) -> PurePosixPath:
        text = str(path).lower()
        return P("/d" + text[2:]) if text == "/l" or text.startswith("/l/") else P(text)

    def place(self, path: PurePosixPath, *args: Any, **options: Any) -> None:
        super().place(self._real(path), *args, **options)

    def _rename(self, source: PurePosixPath, destination: PurePosixPath) -> None:
        super()._rename(self._real(source), self._real(destination))


def local_with_links(folder: Path) -> LocalFileSystem:
    (folder / "d").mkdir()
    (folder / "l").symlink_to("d")
    (folder / "d" / "x").write_bytes(b"x")
    return LocalFileSystem(folder)


def folding(folder: Path) -> MemoryFileSystem:
    tree = Folding()
    tree.put("/d/x", b"x")
    return tree


async def follow(quota: QuotaFileSystem, steps: list[tuple[Any, Any, Any]]) -> None:
    """Take the steps; whatever is refused is passed over."""
    files: list[WriteFile | None] = [None, None]
    try:
        for what, one, other in steps:
            with suppress(FileSystemError):
                await take(quota, files, what, one, other)
    finally:
        for file in files:
            if file is not None:
                await file.aclose()


async def take(
    quota: QuotaFileSystem, files: list[WriteFile | None], what: str, one: Any, other: Any
) -> None:
    if what.startswith("whole"):
        append, offset = what == "whole append", 0 if what == "whole resume" else None
        await put(quota, other, b"x" * one, append=append, offset=offset)
    elif what in ("new", "append", "resume"):
        if files[one] is None:
            offset = 0 if what == "resume" else None
            files[one] = await quota.open_write(P(other), offset=offset, append=what == "append")
    elif what in ("write", "commit", "give up"):
        file = files[one]
        if file is None:
            return
        if what == "write":
            await file.write(memoryview(b"x" * 30))
            return
        files[one] = None
        async with file:
            if what == "commit":
                await file.commit()
    else:
        act: Any = {
            "rename": lambda: quota.rename(P(one), P(other)),
            "rename exclusive": lambda: quota.rename_exclusive(P(one), P(other)),
            "remove": lambda: quota.remove_file(P(one)),
            "make": lambda: quota.make_directory(P(one)),
            "unmake": lambda: quota.remove_directory(P(one)),
        }[what]
        await act()


@pytest.mark.parametrize("make", [local_with_links, folding])
def test_what_is_noted_is_what_there_is(
    make: Callable[[Path], FileSystem], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever two do, by whatever names: counted anew it is the same, and never too much."""

    @settings(max_examples=deep(120, 2500), deadline=None)
    @given(st.lists(STEP, max_size=25))
    def check(steps: list[tuple[Any, Any, Any]]) -> None:
        tree = make(tmp_path_factory.mktemp("root"))
        quota = QuotaFileSystem(tree, max_bytes=100, max_files=8)

        async def run() -> None:
            await quota.usage()
            await follow(quota, steps)
            used = await quota.usage()
            assert used == await QuotaFileSystem(tree).usage()
            assert used.nbytes <= 100
            assert used.nfiles <= 8
            assert await quota.space_left(P("/")) == 100 - used.nbytes

        anyio.run(run)

    check()


async def test_it_keeps_the_promises_of_a_file_system() -> None:
    async def make() -> FileSystem:
        return QuotaFileSystem(MemoryFileSystem(), max_bytes=1 << 30)

    await check_file_system(make)
