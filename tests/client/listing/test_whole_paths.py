"""Names that are whole paths."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from client.peer import Peer, listing

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("path", ["x", "/home/x", ""])
async def test_names_that_are_whole_paths_below_the_listed_folder(path: str) -> None:
    lines = [
        "type=cdir; /home/x",
        "type=file;size=3; /home/x/a",
        "type=dir; /home/x/d",
        "type=file; b",
    ]
    lines += ["type=file; /home/y/other", "type=file; /home/x/.."]
    async with Peer(MLSD=listing(*lines)).client() as client:
        entries = await client.list(path)
    assert [entry.name for entry in entries] == ["a", "d", "b", "/home/y/other", "/home/x/.."]
    assert [str(entry.path) for entry in entries[:3]] == [
        str(PurePosixPath(path) / name) for name in ("a", "d", "b")
    ]
    assert (entries[0].size, entries[1].is_dir) == (3, True)
