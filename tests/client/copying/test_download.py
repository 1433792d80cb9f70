"""`cp -r`: where things go, and what servers may not do to it (SECURITY F1 to F4)."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from anyftp._errors import (
    FileSystemError,
    LocalProtocolError,
    PermanentReplyError,
    ReplyError,
    UnsafeNameError,
)
from client.peer import Peer, retr, send_data
from client.tree import Tree, on_disk

pytestmark = pytest.mark.anyio


REMOTE = {
    "/t/": b"",
    "/t/a": b"A",
    "/t/d/": b"",
    "/t/d/b": b"B" * 100_000,
    "/t/e/": b"",
    "/f": b"F",
}
TREE = {"a": b"A", "d/": b"", "d/b": b"B" * 100_000, "e/": b""}


def below(name: str) -> dict[str, bytes]:
    return {f"{name}/": b""} | {f"{name}/{path}": content for path, content in TREE.items()}


# Where a download goes


@pytest.mark.parametrize(
    ("destination", "result"),
    [
        pytest.param("new", {"new": b"F"}, id="names-the-result"),
        pytest.param("folder", {"folder/f": b"F"}, id="into-an-existing-folder"),
        pytest.param("folder/", {"folder/f": b"F"}, id="into-a-folder-by-its-slash"),
        pytest.param("folder/g", {"folder/g": b"F"}, id="names-the-result-in-a-folder"),
        pytest.param("old", {"old": b"F"}, id="replaces"),
        pytest.param("link", {"folder/f": b"F"}, id="through-a-link-to-a-folder"),
        pytest.param("", {"f": b"F"}, id="here"),
        pytest.param(".", {"f": b"F"}, id="dot"),
    ],
)
async def test_where_a_downloaded_file_goes(
    destination: str, result: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "old").write_bytes(b"old")
    (tmp_path / "link").symlink_to("folder")
    async with Tree(dict(REMOTE)).peer().client() as client:
        await client.download("f", destination)
    (tmp_path / "link").unlink()
    assert on_disk(tmp_path) == {"folder/": b"", "old": b"old"} | result


@pytest.mark.parametrize(
    ("source", "destination", "result"),
    [
        pytest.param("t", "new", below("new"), id="names-the-result"),
        pytest.param("/t", "folder", below("folder/t"), id="into-an-existing-folder"),
        pytest.param("t", "folder/", below("folder/t"), id="into-a-folder-by-its-slash"),
        pytest.param("t/", "", below("t"), id="here"),
        pytest.param(PurePosixPath("t"), ".", below("t"), id="dot"),
        pytest.param("t", "folder/x", below("folder/x"), id="names-the-result-in-a-folder"),
    ],
)
async def test_where_a_downloaded_tree_goes(
    source: str,
    destination: str,
    result: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    async with Tree(dict(REMOTE)).peer().client() as client:
        report = await client.download(source, destination)
    assert on_disk(tmp_path) == {"folder/": b""} | result
    assert (report.files, report.directories, report.nbytes) == (2, 3, 100_001)


async def test_everything_is_downloaded(tmp_path: Path) -> None:
    async with Tree(dict(REMOTE)).peer().client() as client:
        await client.download("/", tmp_path / "all")
        await client.download("", tmp_path / "again")
    expected = {path[1:]: content for path, content in REMOTE.items()}
    assert on_disk(tmp_path / "all") == on_disk(tmp_path / "again") == expected


async def test_a_file_in_a_tree_costs_two_commands(tmp_path: Path) -> None:
    peer = Tree(dict(REMOTE)).peer()
    async with peer.client() as client:
        await client.download("t/", tmp_path / "t")
    assert peer.commands == [
        *["OPTS UTF8 ON", "EPSV", "MLSD t", "TYPE I", "EPSV", "RETR t/a"],
        *["EPSV", "MLSD t/d", "EPSV", "RETR t/d/b", "EPSV", "MLSD t/e", "EPSV", "MLSD t/e"],
    ]


async def test_a_tree_over_another_replaces_files_and_keeps_the_rest(tmp_path: Path) -> None:
    (tmp_path / "t" / "d").mkdir(parents=True)
    (tmp_path / "t" / "a").write_bytes(b"old")
    (tmp_path / "t" / "mine").write_bytes(b"mine")
    async with Tree(dict(REMOTE)).peer().client() as client:
        await client.download("t", tmp_path)
    assert on_disk(tmp_path / "t") == TREE | {"mine": b"mine"}


async def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"")
    async with Tree(dict(REMOTE)).peer().client() as client:
        with pytest.raises(FileSystemError):
            await client.download("t", tmp_path / "t")
        await client.noop()


# Where an upload goes


@pytest.mark.parametrize(
    ("destination", "result"),
    [
        pytest.param("", "/mine", id="here"),
        pytest.param("new", "/new", id="names-the-result"),
        pytest.param("t", "/t/mine", id="into-an-existing-folder"),
        pytest.param("t/", "/t/mine", id="into-a-folder-by-its-slash"),
        pytest.param("t/a", "/t/a", id="replaces"),
    ],
)
async def test_where_an_uploaded_file_goes(destination: str, result: str, tmp_path: Path) -> None:
    (tmp_path / "mine").write_bytes(b"M")
    tree = Tree(dict(REMOTE))
    async with tree.peer().client() as client:
        await client.upload(tmp_path / "mine", destination)
    assert tree.content == REMOTE | {result: b"M"}


async def test_a_folder_whose_refusal_is_called_transient(tmp_path: Path) -> None:
    (tmp_path / "mine").write_bytes(b"M")
    tree = Tree(dict(REMOTE))
    async with tree.peer(STOR=("451 file system error", tree.stor)).client() as client:
        await client.upload(tmp_path / "mine", "t")
    assert tree.content == REMOTE | {"/t/mine": b"M"}


@pytest.mark.parametrize(
    ("destination", "result"),
    [
        pytest.param("", "/mine", id="here"),
        pytest.param("new", "/new", id="names-the-result"),
        pytest.param("t", "/t/mine", id="into-an-existing-folder"),
        pytest.param("t/", "/t/mine", id="into-a-folder-by-its-slash"),
    ],
)
async def test_where_an_uploaded_tree_goes(destination: str, result: str, tmp_path: Path) -> None:
    for path, content in TREE.items():
        if path.endswith("/"):
            (tmp_path / "mine" / path).mkdir(parents=True, exist_ok=True)
        else:
            (tmp_path / "mine" / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "mine" / path).write_bytes(content)
    tree = Tree(dict(REMOTE))
    async with tree.peer().client() as client:
        report = await client.upload(tmp_path / "mine", destination)
    expected = {f"{result}/": b""} | {f"{result}/{path}": data for path, data in TREE.items()}
    assert tree.content == REMOTE | expected
    assert (report.files, report.directories) == (2, 3)


async def test_links_in_an_uploaded_tree(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    mine = tmp_path / "mine"
    (mine / "d").mkdir(parents=True)
    (mine / "a").write_bytes(b"A")
    (mine / "to-file").symlink_to("a")
    (mine / "to-folder").symlink_to("d")
    (mine / "loop").symlink_to(".")
    (mine / "out").symlink_to("../secret")
    (mine / "dead").symlink_to("nowhere")
    tree = Tree({})
    async with tree.peer().client() as client:
        report = await client.upload(mine)
    assert tree.content == {"/mine/": b"", "/mine/d/": b"", "/mine/a": b"A", "/mine/to-file": b"A"}
    assert sorted(report.skipped) == ["mine/dead", "mine/loop", "mine/out", "mine/to-folder"]


async def test_a_link_named_by_the_user_is_followed(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "file").write_bytes(b"F")
    (tmp_path / "link").symlink_to("deep/er/file")
    tree = Tree({})
    async with tree.peer().client() as client:
        await client.upload(tmp_path / "link")
        (tmp_path / "target").symlink_to("deep/er/file")
        await client.download("link", tmp_path / "target")
    assert tree.content == {"/link": b"F"}


async def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    tree = Tree({})
    async with tree.peer(MKD="550 permission denied").client() as client:
        with pytest.raises(PermanentReplyError, match="denied"):
            await client.upload(tmp_path / "mine")


# What hostile servers say


EVIL = [
    *["../evil", "../../evil", "/etc/evil", "a/b", "..", ".", "a/../../evil", "/", "//x"],
    *["x/", "./evil", "a\0b", "d/../evil"],
]


@pytest.mark.parametrize("name", EVIL)
@pytest.mark.parametrize("command", ["MLSD", "LIST"])
async def test_f1_names_never_lead_out_of_the_destination(
    name: str, command: str, tmp_path: Path
) -> None:
    async def answer(peer: Peer, argument: str) -> None:
        lines = {
            "MLSD": f"type=file;size=1; {name}\r\ntype=dir; {name}\r\n",
            "LIST": f"-rw-r--r-- 1 u g 1 Nov 23 2025 {name}\r\n"
            f"drwxr-xr-x 1 u g 1 Nov 23 2025 {name}\r\n",
        }
        await send_data(peer, lines[command].encode())

    answers: dict[str, Any] = {"MLSD": "500 what?", "LIST": answer} | {command: answer}
    (tmp_path / "in").mkdir()
    async with Peer(content=b"evil", **answers).client() as client:
        with contextlib.suppress(UnsafeNameError, ReplyError, LocalProtocolError):
            await client.download("t/", tmp_path / "in" / "t")
    assert not {path for path in on_disk(tmp_path) if not path.startswith("in/")} - {"in/"}
    assert not {path for path in on_disk(tmp_path / "in") if "evil" in path}


async def test_f2_a_link_and_then_a_folder_of_its_name(tmp_path: Path) -> None:
    async def answer(peer: Peer, argument: str) -> None:
        lines = "type=OS.unix=slink:/tmp; x\r\ntype=dir; x\r\n"
        await send_data(peer, (lines if argument == "t" else "type=file; f\r\n").encode())

    peer = Peer(MLSD=answer, RETR=("550 a folder", retr))
    async with peer.client() as client:
        report = await client.download("t/", tmp_path / "t")
    assert not (tmp_path / "t" / "x").is_symlink()
    assert report.skipped == ("t/x",)


async def test_a_local_link_in_the_way_does_not_lead_out(tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "t" / "d").symlink_to(tmp_path / "elsewhere")
    async with Tree(dict(REMOTE)).peer().client() as client:
        with pytest.raises(FileSystemError):
            await client.download("t", tmp_path)
        await client.noop()
    assert os.listdir(tmp_path / "elsewhere") == []


async def test_f4_a_folder_that_contains_itself(tmp_path: Path) -> None:
    async def answer(peer: Peer, argument: str) -> None:
        await send_data(peer, b"type=dir; d\r\n")

    async with Peer(MLSD=answer).client(max_depth=5) as client:
        with pytest.raises(LocalProtocolError, match="nested"):
            await client.download("t/", tmp_path / "t")


async def test_a_link_to_a_folder_above_that_looks_like_a_folder(tmp_path: Path) -> None:
    tree = Tree(dict(REMOTE) | {"/t/d/loop/": b""})
    tree.facts = {"/t/": "unique=1g1;", "/t/d/": "unique=1g2;", "/t/d/loop/": "unique=1g1;"}
    async with tree.peer().client() as client:
        report = await client.download("t", tmp_path / "t")
    assert on_disk(tmp_path / "t") == TREE
    assert report.skipped == ("t/d/loop",)


async def test_links_are_downloaded_as_files_if_they_lead_to_files(tmp_path: Path) -> None:
    async def answer(peer: Peer, argument: str) -> None:
        lines = "type=OS.unix=slink:a; l\r\ntype=OS.unix=chr-1/2; dev\r\n"
        await send_data(peer, lines.encode())

    async with Peer(MLSD=answer, content=b"A").client() as client:
        report = await client.download("t/", tmp_path / "t")
    assert on_disk(tmp_path / "t") == {"l": b"A"}
    assert report.skipped == ("t/dev",)
