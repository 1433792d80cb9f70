"""The black box: what is kept of both ends, and what of it belongs to a problem."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

import anyio
import pytest

from soak.blackbox import LINES, BlackBox, Watched, told_of

pytestmark = pytest.mark.anyio


async def test_what_becomes_of_a_file_is_kept(tmp_path: Path) -> None:
    box = BlackBox()
    files = Watched(tmp_path, "user1", box)
    path = PurePosixPath("/f1")
    async with await files.open_write(path) as file:
        await file.write(memoryview(b"x"))
        await file.commit()
    async with await files.open_write(path, append=True) as file:
        await file.write(memoryview(b"y"))
    await files.rename(path, PurePosixPath("/f2"))
    await files.remove_file(PurePosixPath("/f2"))
    assert [text for _, text in box.lines("user1")] == [
        "disk opened /f1 {}",
        "disk commits /f1 {}",
        "disk committed /f1 {}",
        "disk opened /f1 {'append': True}",
        "disk undone /f1 {'append': True}",
        "disk renames /f1 /f2",
        "disk renamed /f1 /f2",
        "disk removes /f2",
        "disk removed /f2",
    ]
    box.write(tmp_path / "box")
    assert len(json.loads((tmp_path / "box").read_text())["user1"]) == 9


def test_memory_is_bounded() -> None:
    box = BlackBox()
    for number in range(10 * LINES):
        box.note("user1", str(number))
    assert [text for _, text in box.lines("user1")][-1] == str(10 * LINES - 1)
    assert len(box.lines("user1")) == LINES


def test_both_ends_are_merged_and_other_files_left_out() -> None:
    server = [(2.0, "server 1 < RETR f1"), (3.0, "server 1 > 226 done"), (5.0, "disk removed /f3")]
    client = [(1.0, "client 1 > RETR f1"), (4.0, "client finds f1 is no file")]
    told = told_of("user1 (TLS), list: f1 is no file, not 5 bytes", [*server, *client])
    assert [line.strip().split(" ", 1)[1] for line in told.strip().splitlines()] == [
        "client 1 > RETR f1",
        "server 1 < RETR f1",
        "server 1 > 226 done",
        "client finds f1 is no file",
    ]


def test_what_came_after_a_problem_was_found_is_left_out() -> None:
    lines = [(1.0, "client 1 > RETR f1"), (2.0, "client finds f1 is cut\nshort")]
    lines += [(3.0 + n, "client 1 > RETR f1") for n in range(100)]
    told = told_of("user1 (TLS), download: f1 is cut\nshort", lines)
    assert "1.000000 client 1 > RETR f1" in told
    assert "3.000000" not in told


async def test_a_commit_that_fails_is_undone(tmp_path: Path) -> None:
    box = BlackBox()
    files = Watched(tmp_path, "user1", box)
    with anyio.CancelScope() as scope:
        async with await files.open_write(PurePosixPath("/f1")) as file:
            await file.write(memoryview(b"x"))
            scope.cancel()
            await anyio.sleep(1)
    assert box.lines("user1")[-1][1] == "disk undone /f1 {}"
    assert list(tmp_path.iterdir()) == []
