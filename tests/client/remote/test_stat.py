"""One file or folder, by MLST or by listing. Quirks 16, 44 (MLST), 56."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from anyftp._errors import PermanentReplyError
from client.peer import Peer, listing

pytestmark = pytest.mark.anyio

UNIX = listing(
    "-rw-r--r-- 1 u g 12 Nov 23 2025 f",
    "drwxr-xr-x 2 u g 4096 Nov 23 2025 d",
    "lrwxrwxrwx 1 u g 3 Nov 23 2025 l -> d",
)


async def test_mlst() -> None:
    peer = Peer()
    async with peer.client() as client:
        entry = await client.stat("a")
    assert (entry.name, str(entry.path), entry.type, entry.size) == ("a", "a", "file", 3)
    assert entry.modified == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert peer.commands == ["OPTS UTF8 ON", "MLST a"]


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param("250-x\r\n type=dir;size=9; /home/a b\r\n250 end", id="full-path"),
        pytest.param("250-x\r\n Type=CDIR;Size=9; .\r\n250 end", id="cdir"),
        pytest.param("250-x\r\n250-type=dir;size=9; a b\r\n250 end", id="with-codes"),
        pytest.param("250 type=dir;size=9; a b", id="one-line"),
        pytest.param("250-x\r\n type=dir;size=9 a b\r\n250 end", id="no-last-semicolon"),
    ],
)
async def test_forms_of_mlst(reply: str) -> None:
    async with Peer(MLST=reply).client() as client:
        entry = await client.stat("/home/a b")
        assert (entry.name, str(entry.path), entry.is_dir) == ("a b", "/home/a b", True)
        assert entry.size == 9


async def test_what_is_missing() -> None:
    async with Peer(MLST="550 no such file").client() as client:
        with pytest.raises(PermanentReplyError, match="no such file"):
            await client.stat("a")
        assert not await client.exists("a")
        assert not await client.is_file("a")
        assert not await client.is_dir("a")


@pytest.mark.parametrize("answers", [{"MLST": "500 what?"}, {"MLST": "550 no", "FEAT": "500 no"}])
async def test_the_listing_of_its_folder_where_mlst_is_unknown(answers: dict[str, Any]) -> None:
    peer = Peer(MLSD="500 what?", LIST=UNIX, **answers)
    async with peer.client() as client:
        assert (await client.stat("x/f")).size == 12
        assert await client.is_file("x/f")
        assert await client.is_dir("x/d")
        assert not await client.is_dir("x/f")
        assert await client.exists("/")
        assert await client.is_dir("/")
        assert not await client.exists("x/missing")
        with pytest.raises(PermanentReplyError, match="x/missing"):
            await client.stat("x/missing")
    assert sum(command.startswith("MLST") for command in peer.commands) == 1
    assert sum(command.startswith("MLSD") for command in peer.commands) == 1


async def test_links_are_what_they_lead_to() -> None:
    peer = Peer(MLST="500 what?", MLSD="500 what?", LIST=UNIX)
    async with peer.client() as client:
        assert (await client.stat("l")).target == "d"
        assert await client.is_dir("l")
        assert peer.commands[-3:] == ["PWD", "CWD l", "CWD /home"]
        peer.answers["CWD"] = "550 not a folder"
        assert not await client.is_dir("l")
        assert await client.is_file("l")


async def test_another_refusal_is_no_answer() -> None:
    async with Peer(MLST="530 log in").client() as client:
        with pytest.raises(PermanentReplyError, match="log in"):
            await client.exists("a")
