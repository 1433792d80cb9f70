"""Quotas; SECURITY row F13."""

from __future__ import annotations

import errno
from pathlib import Path, PurePosixPath

import anyio
import pytest

from anyftp._errors import FileSystemError
from anyftp._fs import (
    FileSystem,
    LocalFileSystem,
    MemoryFileSystem,
    QuotaFileSystem,
    QuotaStore,
    Usage,
)
from anyftp.testing import check_file_system

pytestmark = pytest.mark.anyio

P = PurePosixPath


async def put(
    quota: QuotaFileSystem,
    path: str,
    content: bytes,
    *,
    offset: int | None = None,
    append: bool = False,
) -> None:
    async with await quota.open_write(P(path), offset=offset, append=append) as file:
        for start in range(0, len(content), 10):
            await file.write(memoryview(content[start : start + 10]))
        await file.commit()


async def refused(quota: QuotaFileSystem, path: str, content: bytes, **how: object) -> bool:
    """Whether the quota forbids it; then nothing has changed."""
    before = await quota.usage()
    try:
        await put(quota, path, content, **how)  # type: ignore[arg-type]
    except FileSystemError as error:
        if error.errno != errno.EDQUOT or await quota.usage() != before:
            raise
        return True
    return False


async def test_what_is_there_is_counted() -> None:
    tree = MemoryFileSystem()
    tree.put("/a/b/c", b"12345")
    tree.put("/d", b"67")
    assert await QuotaFileSystem(tree).usage() == Usage(7, 4)


async def test_links_count_as_what_they_lead_to(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"12345")
    (tmp_path / "link").symlink_to("f")
    (tmp_path / "loop").symlink_to(".")
    (tmp_path / "dead").symlink_to("nowhere")
    quota = QuotaFileSystem(LocalFileSystem(tmp_path))
    assert await quota.usage() == Usage(10, 4)
    await quota.remove_file(P("/link"))
    assert await quota.usage() == Usage(5, 3)


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


async def test_an_upload_that_breaks_off_counts_for_nothing() -> None:
    quota = QuotaFileSystem(MemoryFileSystem(), max_bytes=100, max_files=2)
    await put(quota, "/old", b"x" * 40)
    for append in (False, True):
        for path in ("/old", "/new"):
            async with await quota.open_write(P(path), append=append) as file:
                await file.write(memoryview(b"x" * 50))
            assert await quota.usage() == Usage(40, 1)
    assert not await refused(quota, "/new", b"x" * 60)


async def test_f13_the_first_block_beyond_the_quota_is_refused() -> None:
    tree = MemoryFileSystem()
    quota = QuotaFileSystem(tree, max_bytes=100)
    assert not await refused(quota, "/a", b"x" * 100)
    assert await refused(quota, "/b", b"x")
    assert await refused(quota, "/a", b"x", append=True)
    assert not await refused(quota, "/a", b"y" * 100)
    assert await refused(quota, "/a", b"y" * 101)
    assert tree.get("/a") == b"y" * 100
    assert tree.names() == ["a"]
    async with await quota.open_write(P("/a")) as file:
        await file.write(memoryview(b"z" * 100))
        with pytest.raises(FileSystemError):
            await file.write(memoryview(b"z"))


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


async def test_a_refused_opening_leaves_nothing_set_aside() -> None:
    quota = QuotaFileSystem(MemoryFileSystem(), max_files=1)
    for _ in range(3):
        with pytest.raises(FileSystemError) as caught:
            await quota.open_write(P("/missing/f"))
        assert caught.value.errno == errno.ENOENT
    assert not await refused(quota, "/f", b"")


class Ledger(QuotaStore):
    """A store of one's own, which somebody else writes too."""

    def __init__(self) -> None:
        self.used = Usage(0, 0)

    async def usage(self) -> Usage:
        await anyio.lowlevel.checkpoint()
        return self.used

    async def change(self, nbytes: int, nfiles: int) -> None:
        await anyio.lowlevel.checkpoint()
        self.used = Usage(self.used.nbytes + nbytes, self.used.nfiles + nfiles)


async def test_a_store_of_ones_own() -> None:
    ledger = Ledger()
    quota = QuotaFileSystem(MemoryFileSystem(), max_bytes=100, store=ledger)
    assert not await refused(quota, "/a", b"x" * 60)
    ledger.used = Usage(90, 5)
    assert await refused(quota, "/b", b"x" * 11)
    assert not await refused(quota, "/b", b"x" * 10)
    assert ledger.used == Usage(100, 6)


async def test_what_is_left() -> None:
    quota = QuotaFileSystem(MemoryFileSystem(), max_bytes=100)
    await put(quota, "/a", b"x" * 30)
    assert await quota.space_left(P("/")) == 70
    small = QuotaFileSystem(MemoryFileSystem(capacity=20), max_bytes=100)
    assert await small.space_left(P("/")) == 20


async def test_it_keeps_the_promises_of_a_file_system() -> None:
    async def make() -> FileSystem:
        return QuotaFileSystem(MemoryFileSystem(), max_bytes=1 << 30)

    await check_file_system(make)
