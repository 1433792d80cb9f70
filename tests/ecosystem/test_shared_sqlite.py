"""Counts in a file: processes that are dead, and those that begin together."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import anyio
import pytest

from anyftp.shared import SharedCounts
from anyftp.shared._sqlite import connect, forget
from ecosystem.kept import MARKS
from ecosystem.kept import anyio_backend as anyio_backend

pytestmark = MARKS


async def test_who_is_known_to_be_dead_is_forgotten_at_once(tmp_path: Path) -> None:
    path = tmp_path / "counts"
    async with SharedCounts(f"sqlite://{path}", member="dead") as dead:
        await dead.take({"all": 1})
        async with SharedCounts(f"sqlite://{path}") as counts:
            assert await counts.take({"all": 1}) == "all"
            forget(str(path), "dead")
            assert await counts.take({"all": 1}) is None


@pytest.mark.parametrize("lock", ["BEGIN", "BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
def test_a_ledger_that_another_makes_at_the_same_moment(tmp_path: Path, lock: str) -> None:
    path = str(tmp_path / "counts")
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE mine (x)")
    other.execute(lock)
    other.execute("SELECT * FROM mine").fetchall()
    release = threading.Timer(0.2, other.execute, ["COMMIT"])
    release.start()
    connect(path).close()
    release.join()
    other.close()


async def test_a_file_that_is_removed_is_made_anew_by_all(tmp_path: Path) -> None:
    """Else who comes later would find another file, and nobody there."""
    path = tmp_path / "counts"
    async with SharedCounts(f"sqlite://{path}") as one, SharedCounts(f"sqlite://{path}") as other:
        assert await one.take({"all": 3}) is None
        assert await other.take({"all": 3}) is None
        for file in tmp_path.iterdir():
            file.unlink()
        async with SharedCounts(f"sqlite://{path}") as late:
            with anyio.fail_after(10):
                while (await late.numbers(["all"]))[0][1] < 2:
                    await anyio.sleep(0.05)
            assert await late.take({"all": 3}) is None
            assert await one.take({"all": 3}) == "all"
            assert (one.is_lost, other.is_lost) == (False, False)
