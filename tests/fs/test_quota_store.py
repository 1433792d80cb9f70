"""How much of a quota is used, and where that is kept."""

from __future__ import annotations

import os
from pathlib import Path

import anyio
import pytest

from anyftp._fs import (
    LocalFileSystem,
    MemoryFileSystem,
    QuotaFileSystem,
    QuotaStore,
    Usage,
)
from fs.under_quota import P, refused

pytestmark = pytest.mark.anyio


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


async def test_two_hard_links_of_one_file_stay_two(tmp_path: Path) -> None:
    """POSIX: to rename one to the other does nothing."""
    (tmp_path / "a").write_bytes(b"x" * 10)
    os.link(tmp_path / "a", tmp_path / "b")
    quota = QuotaFileSystem(LocalFileSystem(tmp_path))
    assert await quota.usage() == Usage(20, 2)
    await quota.rename(P("/a"), P("/b"))
    assert await quota.usage() == Usage(20, 2)
    assert len(os.listdir(tmp_path)) == 2
