"""Many files at once, down and up, and what becomes of the rest when one fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from anyftp import (
    LocalProtocolError,
    PermanentReplyError,
)
from pool.pooling import CONTENT, pooled

pytestmark = pytest.mark.anyio


async def test_many_down_and_up(tmp_path: Path) -> None:
    async with pooled(3) as (pool, server):
        names = [f"file {number}" for number in range(20)]
        for name in names:
            server.files.put(f"/pub/{name}", name.encode())
        report = await pool.download_many((f"/pub/{name}", tmp_path / name) for name in names)
        assert sorted(source for source, _ in report.done) == sorted(f"/pub/{n}" for n in names)
        assert report.nbytes == sum(map(len, names))
        assert report.failed == []
        assert all((tmp_path / name).read_text() == name for name in names)
        report = await pool.upload_many((tmp_path / name, f"/copy of {name}") for name in names)
        assert report.files == 20
        assert all(server.files.get(f"/copy of {name}") == name.encode() for name in names)


async def test_the_first_error_cancels_the_rest(tmp_path: Path) -> None:
    async with pooled(2) as (pool, server):
        server.files.put("/large", bytes(1_000_000))
        server.slow_down(1000)  # it would take a quarter of an hour
        pairs = [("/large", tmp_path / "large"), ("/missing", tmp_path / "missing")]
        with pytest.raises(PermanentReplyError, match="missing"):
            await pool.download_many(pairs)
        assert list(tmp_path.iterdir()) == []


async def test_all_errors_are_gathered(tmp_path: Path) -> None:
    async with pooled(2) as (pool, server):
        server.files.put("/one", CONTENT)
        server.files.put("/two", CONTENT)
        names = ["/missing", "/one", "/gone", "/two"]
        pairs = [(name, tmp_path / name[1:]) for name in names]
        report = await pool.download_many(pairs, on_error="gather")
        assert sorted(source for source, _ in report.done) == ["/one", "/two"]
        assert sorted(source for source, _ in report.failed) == ["/gone", "/missing"]
        assert all(isinstance(error, PermanentReplyError) for _, error in report.failed)
        with pytest.raises(LocalProtocolError, match="on_error"):
            await pool.download_many(pairs, on_error="ignore")  # type: ignore[arg-type]  # wrong
