"""Listings: MLSD or LIST, one by one or all at once. Quirks 40, 44, 45 and names of 46."""

from __future__ import annotations

import contextlib
import gc
import os
from datetime import datetime, timedelta, timezone
from pathlib import Path, PurePosixPath
from typing import Any

import anyio
import pytest

from anyftp import Entry, KnownEntry
from anyftp._errors import (
    DataConnectionError,
    ListingError,
    LocalProtocolError,
    ReplyError,
)
from client.peer import Peer, listing, send_data
from support.patient_clocks import patient

pytestmark = pytest.mark.anyio


async def test_mlsd() -> None:
    peer = Peer()
    async with peer.client() as client:
        entries = await client.list()
        assert [(str(e.path), e.type, e.size) for e in entries] == [
            ("a", "file", 3),
            ("d", "dir", None),
        ]
    assert peer.commands == ["OPTS UTF8 ON", "EPSV", "MLSD"]


async def test_paths_begin_with_the_folder_that_was_listed() -> None:
    async with Peer().client() as client:
        assert [str(e.path) for e in await client.list("x/y")] == ["x/y/a", "x/y/d"]
        assert [str(e.path) for e in await client.list("/")] == ["/a", "/d"]


@pytest.mark.parametrize("name", ["a b", "x*", "[y]", "-la", "~"])
async def test_list_is_not_given_names_that_it_misunderstands(name: str) -> None:
    peer = Peer(MLSD="500 what?")
    async with peer.client() as client:
        entries = await client.list(name)
        assert [str(e.path) for e in entries] == [f"{name}/a", f"{name}/d"]
    assert peer.commands[3:] == ["PWD", f"CWD {name}", "EPSV", "LIST", "CWD /home"]


@pytest.mark.parametrize("end", ["cancelled", "refused", "left"])
async def test_the_working_directory_is_restored_however_a_listing_ends(end: str) -> None:
    async def refuse_at_the_end(peer: Peer, argument: str) -> None:
        await peer.say("150 here it comes")
        await (await peer.accept_data()).aclose()
        await peer.say("426 broken off")

    peer = Peer(MLSD="500 what?")
    if end == "refused":
        peer.answers["LIST"] = refuse_at_the_end
    async with peer.client() as client:
        with anyio.CancelScope() as scope, contextlib.suppress(ReplyError):
            async for _ in client.list("a b"):
                if end == "cancelled":
                    scope.cancel()
                    await anyio.sleep(1)
                break
        gc.collect()
        await client.noop()
        assert peer.commands[-2:] == ["CWD /home", "NOOP"]
        await client.noop()
        assert peer.commands[-2:] == ["NOOP", "NOOP"]


@pytest.mark.parametrize("name", [" x", "x ", '"q"', "a -> b", "x\ty", "#", "\\", "\udcff", "日本"])
async def test_names_survive(name: str) -> None:
    async with Peer(MLSD=listing(f"type=file;size=1; {name}")).client() as client:
        assert [entry.name for entry in await client.list()] == [name]


async def test_undecodable_names_go_back_as_they_came() -> None:
    peer = Peer(MLSD=listing("type=file;size=1; caf\udce9"))
    async with peer.client() as client:
        (entry,) = await client.list()
        await client.remove_file(entry.path)
    assert peer.commands[-1] == "DELE caf\udce9"


async def test_another_encoding() -> None:
    peer = Peer(MLSD=listing("type=file;size=1; caf\udce9"))
    async with peer.client(encoding="latin-1") as client:
        (entry,) = await client.list()
        assert entry.name == "café"
        await client.remove_file(entry.path)
    assert peer.commands[-1] == "DELE caf\udce9"
    assert "OPTS UTF8 ON" not in peer.commands


# One by one


async def test_iterating() -> None:
    async with Peer().client() as client:
        assert [entry.name async for entry in client.list()] == ["a", "d"]
        await client.noop()


async def test_a_hundred_thousand_entries_are_never_held() -> None:
    sent = 0

    async def mlsd(peer: Peer, argument: str) -> None:
        nonlocal sent
        await peer.say("150 here it comes")
        data = await peer.accept_data()
        while sent < 100_000:
            lines = (f"type=file;size={n}; file{n:06}" for n in range(sent, sent + 500))
            await data.send("".join(f"{line}\r\n" for line in lines).encode())
            sent += 500
        await data.aclose()
        await peer.say("226 done")

    async with Peer(MLSD=mlsd).client() as client:
        count = total = most = 0
        async for entry in client.list():
            count += 1
            total += entry.size or 0
            most = max(most, sent - count)
    assert (count, total) == (100_000, sum(range(100_000)))
    assert most < 30_000  # what is in the kernel's buffers is among them


async def test_commands_between_the_entries() -> None:
    lines = [f"type=file;size={n}; file{n:05}" for n in range(30_000)]
    peer = Peer(MLSD=listing(*lines))
    names = []
    async with peer.client() as client:
        async for entry in client.list():
            names.append(entry.name)
            if len(names) in (1, 10_000):
                await client.remove_file(entry.path)
    assert names == [f"file{n:05}" for n in range(30_000)]
    assert peer.commands[-2:] == ["DELE file00000", "DELE file09999"]


async def test_a_listing_inside_a_listing() -> None:
    async with Peer().client() as client:
        pairs = [(a.name, b.name) async for a in client.list() async for b in client.list("d")]
    assert pairs == [("a", "a"), ("a", "d"), ("d", "a"), ("d", "d")]


async def broken_off(peer: Peer, argument: str) -> None:
    await peer.say("150 it comes")
    data = await peer.accept_data()
    with contextlib.suppress(anyio.BrokenResourceError):
        for n in range(1_000_000):
            await data.send(f"type=file;size={n}; file{n}\r\n".encode() * 1000)
    await peer.say("426 broken off")


async def test_a_listing_that_is_left_in_the_middle() -> None:
    async with Peer(MLSD=broken_off).client() as client:
        async for entry in client.list():
            assert entry.name == "file0"
            break
        assert str(await client.get_current_directory()) == "/home"


async def test_a_refusal_at_the_end_of_a_listing_is_told_to_whom_it_concerns() -> None:
    async def fail(peer: Peer, argument: str) -> None:
        await peer.say("150 it comes")
        data = await peer.accept_data()
        await data.send(b"type=file; a\r\n")
        await data.aclose()
        await peer.say("451 the disk broke")

    async with Peer(MLSD=fail).client() as client:
        iterator = aiter(client.list())
        assert (await anext(iterator)).name == "a"
        await client.noop()
        with pytest.raises(ReplyError, match="the disk broke"):
            await anext(iterator)


async def test_a_cancelled_listing() -> None:
    async with Peer(MLSD=broken_off).client() as client:
        with anyio.move_on_after(0.05):
            await client.list()
        assert str(await client.get_current_directory()) == "/home"


async def test_more_entries_than_allowed() -> None:
    lines = [f"type=file; {n}" for n in range(1000)]
    peer = Peer(MLSD=listing(*lines), ABOR="225 no transfer")
    async with peer.client(max_entries=100) as client:
        with pytest.raises(ListingError, match="more than"):
            await client.list()
        await client.noop()


@patient
async def test_a_broken_data_connection() -> None:
    async def cut(peer: Peer, argument: str) -> None:
        await peer.say("150 it comes")
        data = await peer.accept_data()
        await data.send(b"type=file; a\r\n")
        await peer.say("226 done")

    async with Peer(MLSD=cut).client(timeout=0.05) as client:
        with pytest.raises((DataConnectionError, TimeoutError)):
            await client.list()
        await client.noop()


async def test_line_breaks_in_the_path() -> None:
    async with Peer().client() as client:
        with pytest.raises(LocalProtocolError):
            await client.list("a\r\nDELE b")


async def test_a_listing_can_be_used_again() -> None:
    async with Peer().client() as client:
        listed: Any = client.list()
        assert len(await listed) == len(await listed) == 2


def parse_mine(line: str, now: datetime, directory: PurePosixPath | None) -> Entry | None:
    """Lines such as `name|size|hours ago`."""
    if line.startswith("#"):
        return None
    name, bar, rest = line.partition("|")
    if not bar:
        raise ListingError(line)
    size, _, hours = rest.partition("|")
    when = now - timedelta(hours=int(hours))
    return KnownEntry(name, "file", size=int(size), modified=when, directory=directory)


@pytest.mark.parametrize("path", ["", "d"])
async def test_a_parser_of_ones_own(path: str) -> None:
    lines = ["# mine", "a b|7|0", "-rw-r--r-- 1 u g 3 Nov 23 2025 c", "what is this"]
    peer = Peer(MLSD="500 what?", LIST=listing(*lines))
    zone = timezone(timedelta(hours=5))
    async with peer.client(list_parser=parse_mine, server_zone=zone) as client:
        first, second = await client.list(path)
    assert (first.name, first.size, str(first.path)) == ("a b", 7, f"{path}/a b".lstrip("/"))
    assert first.modified is not None
    assert first.modified.utcoffset() == timedelta(hours=5)
    assert (second.name, second.size) == ("c", 3)


async def test_a_parser_of_ones_own_that_fails() -> None:
    peer = Peer(MLSD="500 what?", LIST=listing("a|7|x"))
    async with peer.client(list_parser=parse_mine) as client:
        with pytest.raises(ValueError, match="invalid literal"):
            await client.list()
        await client.noop()


@pytest.mark.parametrize("command", ["MLSD", "LIST"])
@pytest.mark.parametrize("name", ["caf\udce9", "\udcff\udcfe", "x\udcc0\udcafy", "日本\udc80"])
async def test_undecodable_names_go_all_the_way(name: str, command: str, tmp_path: Path) -> None:
    """Listed, downloaded, looked at, renamed, removed: the same bytes each time."""
    line = {"MLSD": "type=file;size=3; ", "LIST": "-rw-r--r-- 1 u g 3 Nov 23 2025 "}[command]
    answers: dict[str, Any] = {"MLSD": "500 what?", command: listing(f"{line}{name}")}
    peer = Peer(content=b"abc", **answers)
    async with peer.client() as client:
        (entry,) = await client.list("d")
        assert entry.name == name
        await client.download(entry.path, tmp_path / "copy")
        await client.download("d/", tmp_path / "tree")
        await client.mirror_download("d", tmp_path / "mirror")
        await client.size(entry.path)
        await client.rename(entry.path, entry.path.with_name(f"{name}.old"))
        await client.remove(entry.path)
    for folder in ("tree", "mirror"):
        assert os.listdir(os.fsencode(tmp_path / folder)) == [os.fsencode(name)]
    wanted = ("RETR", "SIZE", "RNFR", "RNTO")
    assert [line for line in peer.commands if line.startswith(wanted)] == [
        *[f"RETR d/{name}"] * 3,
        f"SIZE d/{name}",
        f"RNFR d/{name}",
        f"RNTO d/{name}.old",
    ]
    assert peer.commands[-1] == f"DELE d/{name}"


async def test_other_tasks_go_on_while_nonsense_is_read() -> None:
    """131,072 lines a block, each tried in every dialect, took seconds in one piece."""
    peer = Peer(MLSD="500 ?", LIST=lambda peer, _: send_data(peer, b"x\n" * 131_072))
    turns = 0
    async with peer.client() as client, anyio.create_task_group() as group:

        async def count_turns() -> None:
            nonlocal turns
            while True:
                await anyio.lowlevel.checkpoint()
                turns += 1

        group.start_soon(count_turns)
        assert await client.list() == []
        group.cancel_scope.cancel()
    assert turns > 120


@pytest.mark.parametrize(
    ("lines", "is_whole"),
    [
        (b"type=file;size=5; a\r\ntype=file;size=6; b\r\n", True),
        (b"type=file;size=5; a\r\ntype=file;size=6; b", False),
        (b"type=file;size=5; a\r\nwhat is this?\r\n", False),
        (b"", True),
    ],
)
async def test_whoever_iterates_is_told_whether_it_was_all(lines: bytes, is_whole: bool) -> None:
    async with Peer(MLSD=lambda peer, argument: send_data(peer, lines)).client() as client:
        listing = client.list("/d")
        assert not listing.is_whole
        async for _ in listing:
            assert not listing.is_whole
        assert listing.is_whole == is_whole
        async for _ in listing:
            break
        assert listing.is_whole == (is_whole and not lines)
        await listing
        assert listing.is_whole == is_whole
