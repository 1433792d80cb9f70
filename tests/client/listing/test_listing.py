"""Listings: MLSD or LIST, one by one or all at once. Quirks 40, 44, 45 and names of 46."""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path, PurePosixPath
from typing import Any

import anyio
import pytest

from anyftp import Client, Entry, KnownEntry, RetryPolicy
from anyftp._errors import (
    ConnectionLost,
    DataConnectionError,
    ListingError,
    LocalProtocolError,
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


async def test_more_entries_than_allowed() -> None:
    lines = [f"type=file; {n}" for n in range(1000)]
    peer = Peer(MLSD=listing(*lines), ABOR="225 no transfer")
    async with peer.client(max_entries=100) as client:
        with pytest.raises(ListingError, match="more than"):
            await client.list()
        await client.noop()


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


# A file that is listed as if it were in a folder


@pytest.mark.parametrize("verb", ["LIST", "MLSD"])
@pytest.mark.parametrize("path", ["f.csv", "d/f.csv", "/d/f.csv"])
@pytest.mark.parametrize("name", ["f.csv", "d/f.csv", "/d/f.csv"])
async def test_a_file_is_no_folder_with_itself_in_it(verb: str, path: str, name: str) -> None:
    line = f"-rw-r--r-- 1 u g 5 Nov 23 2025 {name}" if verb == "LIST" else f"type=file; {name}"
    answers: dict[str, Any] = {"MLSD": "500 ?"} if verb == "LIST" else {}
    peer = Peer(**answers | {verb: listing(line), "CWD": "550 not a folder"})
    async with peer.client() as client:
        with pytest.raises(PermanentReplyError, match="not a folder"):
            await client.list(path)
        with pytest.raises(PermanentReplyError):
            await anext(aiter(client.list(path)))
        await client.noop()


@pytest.mark.parametrize("verb", ["LIST", "MLSD"])
@pytest.mark.parametrize("kind", ["file", "dir"])
async def test_a_folder_may_have_one_entry_of_its_own_name(verb: str, kind: str) -> None:
    letter = "d" if kind == "dir" else "-"
    line = f"{letter}rw-r--r-- 1 u g 5 Nov 23 2025 d" if verb == "LIST" else f"type={kind}; d"
    answers: dict[str, Any] = {"MLSD": "500 ?"} if verb == "LIST" else {}
    peer = Peer(**answers | {verb: listing(line)})
    async with peer.client() as client:
        assert [(e.name, e.type) for e in await client.list("x/d")] == [("d", kind)]
        assert [e.name async for e in client.list("x/d")] == ["d"]
    assert peer.commands.count("CWD x/d") == 2


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["type=file; d", "type=file; e"], id="another"),
        pytest.param(["type=file; e"], id="of-another-name"),
        pytest.param(["type=cdir; .", "type=file; d"], id="itself"),
        pytest.param(["type=file; d", "type=cdir; /x/d"], id="itself-at-the-end"),
    ],
)
async def test_nothing_is_asked_where_there_is_no_doubt(lines: list[str]) -> None:
    peer = Peer(MLSD=listing(*lines))
    async with peer.client() as client:
        entries = await client.list("x/d")
    assert [e.name for e in entries] == [
        line.partition("; ")[2] for line in lines if "cdir" not in line
    ]
    assert not [line for line in peer.commands if line.startswith(("CWD", "PWD"))]


async def test_an_answer_without_a_byte_may_be_about_no_folder() -> None:
    """aioftp's server answers MLSD of a file as if it were an empty folder."""
    peer = Peer(MLSD=listing(), CWD="550 not a folder")
    async with peer.client() as client:
        with pytest.raises(PermanentReplyError, match="not a folder"):
            await client.list("x/f")
        assert await client.list() == []  # where we are is a folder
    empty = Peer(MLSD=listing())
    async with empty.client() as client:
        assert await client.list("x/d") == []


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
