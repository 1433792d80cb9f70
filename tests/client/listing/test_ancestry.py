"""How deep one goes, and folders that lie above themselves."""

from __future__ import annotations

import pytest

from client.peer import Peer, listing, send_data

pytestmark = pytest.mark.anyio


async def test_recursion() -> None:
    folders: dict[str, tuple[str, ...]] = {
        "": ("type=file;size=1; a", "type=dir; d"),
        "d": ("type=cdir; d", "type=pdir; /", "type=dir; e", "type=file;size=2; b"),
        "d/e": (),
    }

    async def mlsd(peer: Peer, argument: str) -> None:
        lines = "".join(f"{line}\r\n" for line in folders[argument])
        await send_data(peer, lines.encode())

    async with Peer(MLSD=mlsd).client() as client:
        entries = await client.list(recursive=True)
        assert [str(e.path) for e in entries] == ["a", "d", "d/e", "d/b"]


async def test_a_folder_that_contains_itself_is_left_at_some_depth() -> None:
    async with Peer(MLSD=listing("type=dir; d")).client(max_depth=5) as client:
        entries = await client.list(recursive=True)
        assert len(entries) == 6


async def test_a_link_to_a_folder_above_that_looks_like_a_folder() -> None:
    """Entered once, as nothing tells that it is the first folder, and no more."""
    lines = ["type=cdir;unique=1; .", "type=dir;unique=2; d", "type=dir;unique=1; up"]
    folders = {"": lines, "d": ["type=cdir;unique=2; ."], "up": lines, "up/d": []}

    async def mlsd(peer: Peer, argument: str) -> None:
        await send_data(peer, "".join(f"{line}\r\n" for line in folders[argument]).encode())

    async with Peer(MLSD=mlsd).client() as client:
        entries = await client.list(recursive=True)
    assert [str(entry.path) for entry in entries] == ["d", "up", "up/d", "up/up"]
