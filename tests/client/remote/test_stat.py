"""One file or folder, by MLST or by listing. Quirks 16, 44 (MLST), 56."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from anyftp import Client
from anyftp._errors import (
    DataConnectionError,
    PermanentReplyError,
    ReplyError,
    TransientReplyError,
)
from client.peer import Peer, listing, send_data

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


@pytest.mark.parametrize(
    ("size", "is_file"), [("213 12", True), ("550 nothing there", False), ("500 what?", True)]
)
async def test_a_link_that_leads_nowhere_is_no_file(size: str, is_file: bool) -> None:
    """Where nothing but SIZE would tell, and nobody knows it, it passes for one."""
    peer = Peer(MLST="500 what?", MLSD="500 what?", LIST=UNIX, CWD="550 no folder", SIZE=size)
    async with peer.client() as client:
        assert await client.is_file("l") is is_file
        assert await client.exists("l")  # the link is


async def test_a_server_that_is_out_of_order_does_not_say_no() -> None:
    peer = Peer(MLST="500 what?", MLSD="500 what?", LIST=UNIX, CWD="550 no folder", SIZE="451 now")
    async with peer.client() as client:
        with pytest.raises(TransientReplyError):
            await client.is_file("l")


async def test_another_refusal_is_no_answer() -> None:
    async with Peer(MLST="530 log in").client() as client:
        with pytest.raises(PermanentReplyError, match="log in"):
            await client.exists("a")


# Refusals of one path, and what they say of the command

ASKING = {
    "MLST": lambda client, path: client.exists(path),
    "MLSD": lambda client, path: client.list(path),
    "SIZE": lambda client, path: client.size(path),
    "MDTM": lambda client, path: client.modified(path),
}


def refusing(verb: str, reply: str, times: int = 1) -> Peer:
    """A server that knows all of these, but refuses the path "odd", so many times."""
    left = times

    async def answer(peer: Peer, argument: str) -> None:
        nonlocal left
        usual = _USUAL[verb]
        if argument == "odd" and left:
            left -= 1
            usual = reply
        await (peer.say(usual) if isinstance(usual, str) else usual(peer, argument))

    features = "211-Features\r\n MLST type*;size*;\r\n SIZE\r\n MDTM\r\n211 End"
    answers: dict[str, Any] = {verb: answer}
    return Peer(FEAT=features, **answers)


_USUAL: dict[str, Any] = {
    "MLST": "250-here\r\n type=file;size=3;modify=20260102030405; /home/a\r\n250 end",
    "MLSD": listing("type=file;size=3; a", "type=dir; d"),
    "SIZE": "213 3",
    "MDTM": "213 20260102030405",
}


@pytest.mark.parametrize("verb", ASKING)
@pytest.mark.parametrize("code", ["501", "503", "504"])
async def test_what_is_said_of_one_path_is_not_said_of_the_command(verb: str, code: str) -> None:
    peer = refusing(verb, f"{code} not with this path")
    async with peer.client() as client:
        with suppress(ReplyError):
            await ASKING[verb](client, "odd")
        peer.commands.clear()
        await ASKING[verb](client, "a")
    assert f"{verb} a" in peer.commands


@pytest.mark.parametrize("verb", ASKING)
@pytest.mark.parametrize("code", ["500", "501", "502", "503", "504", "522"])
async def test_what_has_once_worked_is_known(verb: str, code: str) -> None:
    peer = refusing(verb, f"{code} what?")
    async with peer.client() as client:
        await ASKING[verb](client, "a")
        with suppress(ReplyError):
            await ASKING[verb](client, "odd")
        peer.commands.clear()
        await ASKING[verb](client, "a")
    assert f"{verb} a" in peer.commands


async def test_a_path_that_mlst_calls_invalid_is_looked_for_in_its_folder() -> None:
    """501 is no word about whether there is anything."""
    async with Peer(MLST="501 not a valid pathname").client() as client:
        assert [await client.exists(name) for name in ("a", "d", "nope")] == [True, True, False]


async def test_what_cannot_be_listed_is_known_by_what_it_answers_to() -> None:
    """A folder for incoming files: neither MLST nor a listing, but SIZE and CWD."""

    async def size(peer: Peer, argument: str) -> None:
        await peer.say("213 5" if argument == "in/file" else "550 no such file")

    async def cwd(peer: Peer, argument: str) -> None:
        await peer.say("250 there" if argument in ("in", "in/sub", "/home") else "550 no")

    peer = Peer(MLST="500 ?", MLSD="550 no", LIST="550 no", SIZE=size, CWD=cwd)
    async with peer.client() as client:
        assert (await client.stat("in/file")).size == 5
        assert await client.is_file("in/file")
        assert await client.is_dir("in/sub")
        assert not await client.exists("in/nothing")


async def test_a_hidden_name_is_known_by_what_it_answers_to() -> None:
    """vsftpd lists no names with a dot in front, nor may they be missing for that."""

    async def size(peer: Peer, argument: str) -> None:
        await peer.say("213 5" if argument == "x/.file" else "550 no such file")

    async def cwd(peer: Peer, argument: str) -> None:
        await peer.say("250 there" if argument in ("x", "x/.sub", "/home") else "550 no")

    peer = Peer(MLST="500 ?", MLSD="500 ?", LIST=UNIX, SIZE=size, CWD=cwd)
    async with peer.client() as client:
        assert (await client.stat("x/.file")).size == 5
        assert await client.is_file("x/.file")
        assert await client.is_dir("x/.sub")
        assert not await client.exists("x/.nothing")
        assert not await client.exists("x/nothing")
    assert "SIZE x/nothing" not in peer.commands


@pytest.mark.parametrize(
    ("facts", "size", "is_asked"),
    [
        pytest.param("type=file;size=7;unix.mode=0777;", 5000, True, id="a-link-to-a-file"),
        pytest.param("type=file;size=7;unix.mode=0644;", 7, False, id="a-file"),
        pytest.param("type=file;size=9000;unix.mode=0777;", 9000, False, id="longer-than-links"),
        pytest.param("type=dir;size=7;unix.mode=0777;", 7, False, id="a-folder"),
    ],
)
async def test_a_size_that_may_be_that_of_a_link(facts: str, size: int, is_asked: bool) -> None:
    """proftpd's MLST tells "file" of a link to one, and the length of the link."""
    peer = Peer(MLST=f"250-here\r\n {facts} /home/a\r\n250 end", SIZE="213 5000")
    async with peer.client() as client:
        entry = await client.stat("a")
    assert (entry.name, entry.size, entry.facts["unix.mode"][0]) == ("a", size, "0")
    assert ("SIZE a" in peer.commands) == is_asked


async def test_a_size_that_cannot_be_asked_for_is_as_told() -> None:
    peer = Peer(MLST="250-here\r\n type=file;size=7;unix.mode=0777; a\r\n250 end", SIZE="550 no")
    async with peer.client() as client:
        assert (await client.stat("a")).size == 7


F_AND_G = b"-rw-r--r-- 1 u g 12 Nov 23 2025 f\r\n-rw-r--r-- 1 u g 13 Nov 23 2025 gg\r\n"


@pytest.mark.parametrize("first", [b"", F_AND_G[:20], F_AND_G[:40], F_AND_G[:-3]])
@pytest.mark.parametrize("again", [True, False], ids=["whole-then", "cut-again"])
@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda client: client.exists("d/gg"), id="exists"),
        pytest.param(lambda client: client.is_file("d/gg"), id="is_file"),
        pytest.param(lambda client: client.size("d/gg"), id="size"),
        pytest.param(lambda client: client.stat("d/gg"), id="stat"),
    ],
)
async def test_what_a_cut_listing_lacks_may_be_there(
    ask: Callable[[Client], Awaitable[object]], again: bool, first: bytes
) -> None:
    left = [first, F_AND_G if again else F_AND_G[:21]]

    async def answer(peer: Peer, argument: str) -> None:
        await send_data(peer, left.pop(0))

    unknown: dict[str, Any] = dict.fromkeys(("MLST", "MLSD", "SIZE", "FEAT"), "500 what?")
    async with Peer(LIST=answer, **unknown).client() as client:
        if again:
            assert await ask(client)
        else:
            with pytest.raises(DataConnectionError, match="its listing was cut short"):
                await ask(client)
    assert not left
