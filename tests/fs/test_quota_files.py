"""Files under a quota: each block is set aside before it is written; SECURITY row F13."""

from __future__ import annotations

import errno

import anyio
import pytest

from anyftp._errors import FileSystemError
from anyftp._fs import (
    MemoryFileSystem,
    QuotaFileSystem,
    Usage,
)
from fs.under_quota import P, put, refused

pytestmark = pytest.mark.anyio


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


async def test_a_refused_opening_leaves_nothing_set_aside() -> None:
    quota = QuotaFileSystem(MemoryFileSystem(), max_files=1)
    for _ in range(3):
        with pytest.raises(FileSystemError) as caught:
            await quota.open_write(P("/missing/f"))
        assert caught.value.errno == errno.ENOENT
    assert not await refused(quota, "/f", b"")


async def test_a_credit_is_looked_at_again_at_the_commit() -> None:
    """What an upload was to replace may lie under another name by then."""
    quota = QuotaFileSystem(MemoryFileSystem(), max_bytes=100, max_files=2)
    await put(quota, "/a", b"x" * 100)
    async with await quota.open_write(P("/a")) as file:
        await file.write(memoryview(b"y" * 100))
        await quota.rename(P("/a"), P("/b"))
        with pytest.raises(FileSystemError) as caught:
            await file.commit()
    assert caught.value.errno == errno.EDQUOT
    assert await quota.usage() == Usage(100, 1)
    await quota.make_directory(P("/d"))
    async with await quota.open_write(P("/b")) as file:
        await quota.rename(P("/b"), P("/d/b"))
        with pytest.raises(FileSystemError) as caught:
            await file.commit()
    assert caught.value.errno == errno.EDQUOT
    assert await quota.usage() == Usage(100, 2)


async def test_a_block_that_was_cut_short_counts_for_what_is_there() -> None:
    """Where a part of an upload is kept, the last block may never have been written."""
    tree = MemoryFileSystem()
    quota = QuotaFileSystem(tree, max_bytes=100)
    for append in (False, True):
        async with await quota.open_write(P("/a"), append=append) as file:
            await file.write(memoryview(b"x" * 10))
            with anyio.CancelScope() as scope:
                scope.cancel()
                await file.write(memoryview(b"x" * 20))
            await file.commit()
        assert await quota.usage() == await QuotaFileSystem(tree).usage()
        assert await quota.space_left(P("/")) == 100 - (await quota.usage()).nbytes
