"""MLSD or LIST, and what their refusals mean."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from anyftp import Client, RetryPolicy
from anyftp._errors import (
    ConnectionLost,
    DataConnectionError,
    PermanentReplyError,
    ReplyError,
)
from client.peer import Peer, hang_up, listing, send_data

pytestmark = pytest.mark.anyio

UNIX = listing(
    "total 2",
    "drwxr-xr-x 3 u g 4096 Nov 23 2025 .",
    "drwxr-xr-x 3 u g 4096 Nov 23 2025 ..",
    "-rw-r--r-- 1 u g 12 Nov 23 2025 a b",
    "lrwxrwxrwx 1 u g 3 Nov 23 2025 l -> a b",
    "what is this",
    "drwxr-xr-x 2 u g 4096 Nov 23 2025 d",
)


async def test_list_where_mlsd_is_unknown_is_remembered() -> None:
    peer = Peer(MLSD="500 what?", LIST=UNIX)
    async with peer.client() as client:
        for _ in range(2):
            entries = await client.list()
            assert [(e.name, e.type, e.size) for e in entries] == [
                ("a b", "file", 12),
                ("l", "link", 3),
                ("d", "dir", 4096),
            ]
    assert peer.commands == [
        *["OPTS UTF8 ON", "EPSV", "MLSD", "EPSV", "LIST"],
        *["EPSV", "LIST"],
    ]


@pytest.mark.parametrize("code", ["500", "501", "502", "503", "504", "522"])
async def test_mlsd_refused_in_whatever_way(code: str) -> None:
    async with Peer(MLSD=f"{code} no").client() as client:
        assert len(await client.list()) == 2


async def test_mlsd_refused_with_550_by_a_server_that_does_not_claim_it() -> None:
    peer = Peer(MLSD="550 no", FEAT="500 what?")
    async with peer.client() as client:
        assert len(await client.list()) == 2
        assert len(await client.list()) == 2
    assert peer.commands.count("MLSD") == 1


async def test_mlsd_refused_for_an_empty_folder() -> None:
    peer = Peer(MLSD="550 no files", LIST=listing(), MLST="250-\r\n type=dir; /home/e\r\n250 end")
    async with peer.client() as client:
        assert await client.list("e") == []
        assert await client.list("e") == []
    assert peer.commands.count("MLSD e") == 2


async def test_a_missing_folder_is_not_an_empty_one() -> None:
    peer = Peer(MLSD="550 no such folder", LIST=listing(), MLST="550 no such file")
    async with peer.client() as client:
        with pytest.raises(PermanentReplyError, match="no such folder"):
            await client.list("missing")
    assert "LIST missing" not in peer.commands


async def test_a_missing_folder_that_the_server_lists_as_if_it_were_empty() -> None:
    peer = Peer(MLSD="500 what?", LIST=listing(), CWD="550 no such folder")
    async with peer.client() as client:
        with pytest.raises(PermanentReplyError, match="no such folder"):
            await client.list("missing")
        peer.answers["CWD"] = "250 changed"
        assert await client.list("empty") == []
        assert peer.commands[-3:] == ["PWD", "CWD empty", "CWD /home"]
        assert await client.list() == []
    assert peer.commands[-1] == "LIST"


async def test_both_commands_are_refused() -> None:
    async with Peer(MLSD="500 what?", LIST="550 no such folder").client() as client:
        with pytest.raises(PermanentReplyError, match="no such folder"):
            await client.list()
        await client.noop()


async def test_a_command_by_request() -> None:
    peer = Peer()
    async with peer.client() as client:
        await client.list(raw_command="LIST")
        assert peer.commands[-1] == "LIST"
        peer.answers["MLSD"] = "500 what?"
        with pytest.raises(ReplyError):
            await client.list(raw_command="MLSD")


# Options of LIST, and parsers of one's own


@pytest.mark.parametrize(
    ("path", "commands"),
    [
        pytest.param("", ["LIST -a"], id="here"),
        pytest.param("d", ["LIST -a d"], id="path"),
        pytest.param("a b", ["PWD", "CWD a b", "LIST -a", "CWD /home"], id="by-cwd"),
    ],
)
async def test_options_of_list(path: str, commands: list[str]) -> None:
    peer = Peer(MLSD="500 what?", LIST=listing("-rw-r--r-- 1 u g 3 Nov 23 2025 .hidden"))
    async with peer.client(list_options="-a") as client:
        assert [entry.name for entry in await client.list(path)] == [".hidden"]
    assert [line for line in peer.commands if line[:3] in ("LIS", "PWD", "CWD")] == commands


async def test_options_of_list_are_not_for_mlsd() -> None:
    peer = Peer()
    async with peer.client(list_options="-a") as client:
        await client.list("d")
    assert peer.commands[-1] == "MLSD d"


async def test_a_missing_folder_with_options_of_list() -> None:
    peer = Peer(MLSD="500 what?", LIST=listing(), CWD="550 no such folder")
    async with peer.client(list_options="-la") as client:
        with pytest.raises(PermanentReplyError, match="no such folder"):
            await client.list("missing")
    assert "CWD missing" in peer.commands


@pytest.mark.parametrize(("size", "is_file"), [("213 3", True), ("550 not a file", False)])
async def test_where_pwd_is_refused_size_tells_whether_it_is_a_file(
    size: str, is_file: bool
) -> None:
    """A server that lists only: nobody knows the way back from a folder."""
    answers: dict[str, Any] = {"PWD": "502 no PWD", "SIZE": size, "MLSD": listing()}
    async with Peer(**answers).client() as client:
        if is_file:
            with pytest.raises(PermanentReplyError, match="it is a file"):
                await client.list("f")
        else:
            assert await client.list("d") == []


A_AND_B = b"type=file;size=5; a\r\ntype=file;size=6; bb\r\n"


async def by_itself(client: Client, folder: Path) -> list[str]:
    return [entry.name for entry in await client.list("d").whole()]


async def by_walk(client: Client, folder: Path) -> list[str]:
    return [entry.name async for _, _, files in client.walk("d") for entry in files]


async def by_glob(client: Client, folder: Path) -> list[str]:
    return [entry.name async for entry in client.glob("d/*")]


async def by_download(client: Client, folder: Path) -> list[str]:
    await client.download("d/", folder)
    return sorted(path.name for path in (folder / "d").iterdir())


async def by_mirror(client: Client, folder: Path) -> list[str]:
    await client.mirror_download("d", folder)
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.one_loop
@pytest.mark.parametrize("way", [by_itself, by_walk, by_glob, by_download, by_mirror])
@pytest.mark.parametrize(
    ("listings", "asked"),
    [
        pytest.param([A_AND_B], 1, id="whole"),
        *(pytest.param([A_AND_B[:n], A_AND_B], 2, id=f"cut-at-{n}") for n in (1, 9, 18, 20, 39)),
        pytest.param([A_AND_B[:-2], A_AND_B[:-2]], 2, id="never-ended"),
        pytest.param([A_AND_B[:1]] * 2, None, id="cut-in-the-first-fact"),
        pytest.param([A_AND_B[:30]] * 2, None, id="cut-in-the-second"),
        pytest.param([A_AND_B[:-3], A_AND_B[:-2]], None, id="cut-in-a-name"),
        pytest.param([A_AND_B[:-2], A_AND_B[:30]], None, id="cut-anywhere"),
    ],
)
async def test_a_listing_that_was_cut_is_not_taken_for_all(
    way: Callable[[Client, Path], Awaitable[list[str]]],
    listings: list[bytes],
    asked: int | None,
    tmp_path: Path,
) -> None:
    left = list(listings)

    async def mlsd(peer: Peer, argument: str) -> None:
        await send_data(peer, left.pop(0))

    async def file(peer: Peer, argument: str) -> None:
        await send_data(peer, b"12345" if argument.endswith("a") else b"123456")

    peer = Peer(MLSD=mlsd, RETR=file)
    async with peer.client() as client:
        if asked is None:
            with pytest.raises(DataConnectionError, match="d: its listing was cut short"):
                await way(client, tmp_path)
        else:
            assert await way(client, tmp_path) == ["a", "bb"]
    assert sum(command.startswith("MLSD") for command in peer.commands) == (asked or 2)


async def test_a_cut_listing_is_asked_for_again_as_often_as_the_policy_says() -> None:
    left = [A_AND_B[:10], A_AND_B[:10], A_AND_B[:12], A_AND_B[:30], A_AND_B]

    async def mlsd(peer: Peer, argument: str) -> None:
        await send_data(peer, left.pop(0))

    policy = RetryPolicy(attempts=3, first_delay_seconds=0)
    async with Peer(MLSD=mlsd).client(retry=policy) as client:
        assert len(await client.list("d").whole()) == 2
    assert not left


@pytest.mark.parametrize(
    ("final", "listings", "asked"),
    [
        pytest.param("226 ok", [b"", A_AND_B], 2, id="nothing"),
        pytest.param("226 ok", [b"type=cdir; d\r\n", A_AND_B], 2, id="the-folder-itself"),
        pytest.param("226 2 matches total", [b"", A_AND_B], 2, id="fewer-than-counted"),
        pytest.param("226 2 matches total", [A_AND_B[:21], A_AND_B], 2, id="one-of-two"),
        pytest.param("226 2 matches total", [A_AND_B], 1, id="counted"),
        pytest.param("226 42 bytes transferred", [A_AND_B[:21], A_AND_B], 2, id="fewer-bytes"),
    ],
)
async def test_what_may_be_the_begin_of_a_listing_is_asked_for_again(
    final: str, listings: list[bytes], asked: int
) -> None:
    left = list(listings)

    async def mlsd(peer: Peer, argument: str) -> None:
        await send_data(peer, left.pop(0), final=final)

    peer = Peer(MLSD=mlsd)
    async with peer.client() as client:
        assert [entry.name for entry in await client.list("d").whole()] == ["a", "bb"]
    assert sum(command.startswith("MLSD") for command in peer.commands) == asked


async def test_a_folder_that_is_empty_is() -> None:
    for final, asked in (("226 ok", 2), ("226 0 matches total", 1)):
        peer = Peer(MLSD=lambda peer, argument, final=final: send_data(peer, b"", final=final))
        async with peer.client() as client:
            assert await client.list("d").whole() == []
        assert sum(command.startswith("MLSD") for command in peer.commands) == asked


async def test_a_listing_with_which_the_connection_ends_is_asked_for_again() -> None:
    left = [A_AND_B[:21], A_AND_B]

    async def mlsd(peer: Peer, argument: str) -> None:
        if len(left) == 1:
            return await send_data(peer, left.pop())
        await peer.say("150 here it comes")
        data = await peer.accept_data()
        await data.send(left.pop(0))
        await peer.say("226 done")
        assert peer.control is not None
        await peer.control.aclose()  # before the client knows that this was all
        await data.aclose()
        await hang_up(peer, argument)

    policy = RetryPolicy(attempts=2, first_delay_seconds=0)
    async with Peer(MLSD=mlsd).client(retry=policy) as client:
        assert len(await client.list("d").whole()) == 2
    left = [A_AND_B[:21], A_AND_B]
    async with Peer(MLSD=mlsd).client() as client:
        with pytest.raises(ConnectionLost):
            await client.list("d").whole()
