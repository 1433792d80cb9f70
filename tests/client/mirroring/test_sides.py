"""The two ends of a mirror: what is in them, as far as they tell."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from anyftp._errors import (
    FileSystemError,
    PermanentReplyError,
    ReplyError,
)
from client.mirroring.mirrored import (
    LIST,
    LOCAL,
    REMOTE,
    SECONDS,
    TIME,
    fill,
    mirror,
    names,
    summary,
    tree,
)
from client.peer import Peer, listing, send_data
from client.tree import Tree, is_in, on_disk

pytestmark = pytest.mark.anyio

MINUTES = listing("-rw-r--r-- 1 u g 1 2026-01-02 05:04 a")


@pytest.mark.parametrize(
    ("lines", "local_time", "mdtm", "asked"),
    [
        pytest.param(LIST, SECONDS, "213 20990101000000", False, id="a-day-is-all-that-is-told"),
        pytest.param(MINUTES, SECONDS + 7255, "213 2099", False, id="within-the-minute"),
        pytest.param(MINUTES, SECONDS, f"213 {TIME}", True, id="another-zone"),
    ],
)
async def test_times_of_list(
    lines: Any, local_time: float, mdtm: str, asked: bool, tmp_path: Path
) -> None:
    local = fill(tmp_path / "mine", {"a": b"A"})
    os.utime(local / "a", (local_time, local_time))
    peer = Peer(MLSD="500 what?", LIST=lines, MDTM=mdtm)
    async with peer.client() as client:
        report = await client.mirror_download("t", local)
    assert summary(report.plan) == {"unchanged": ["a"]}
    assert ("MDTM t/a" in peer.commands) == asked


async def test_a_server_whose_mlsd_tells_no_times(tmp_path: Path) -> None:
    peer = Peer(MLSD=listing("type=file;size=1; a"), MDTM=f"213 {TIME}", content=b"A")
    async with peer.client() as client:
        await client.mirror_download("t", tmp_path / "t")
        assert (await client.mirror_download("t", tmp_path / "t")).plan.is_empty


async def test_a_download_by_list_gets_its_exact_time(tmp_path: Path) -> None:
    peer = Peer(MLSD="500 what?", LIST=LIST, MDTM=f"213 {TIME}", content=b"A")
    async with peer.client() as client:
        await client.mirror_download("t", tmp_path / "t")
        assert (tmp_path / "t" / "a").stat().st_mtime == SECONDS
        assert (await client.mirror_download("t", tmp_path / "t")).plan.is_empty


async def test_up_to_a_server_that_sets_no_times(tmp_path: Path) -> None:
    local = fill(tmp_path / "mine", {"a": b"A"})
    remote = Tree({"/t/": b"", "/t/a": b"B"}, {"/t/a": "20260202000000"})
    answers = {"FEAT": "211-\r\n MLST\r\n211 end", "MFMT": "500 what?", "SITE": "500 what?"}
    async with remote.peer(**answers).client() as client:
        assert summary((await client.mirror_upload(local, "t")).plan) == {"unchanged": ["a"]}
        os.utime(local / "a", (SECONDS + 10**7, SECONDS + 10**7))
        assert summary((await client.mirror_upload(local, "t")).plan) == {"replace": ["a"]}
    assert remote.content["/t/a"] == b"A"


@pytest.mark.parametrize("name", ["f.csv", "d/f.csv", "/d/f.csv"])
@pytest.mark.parametrize("way", ["down", "up"])
@pytest.mark.parametrize("verb", ["LIST", "MLSD"])
async def test_a_file_is_no_folder_though_it_is_listed(
    way: str, verb: str, name: str, tmp_path: Path
) -> None:
    """vsftpd, pyftpdlib and others answer LIST of a file with the file."""
    local = fill(tmp_path / "mine", {"f.csv": b"12345", "mine": b"M"})
    line = "-rw-r--r-- 1 u g 5 Jan  2 03:04 f.csv" if verb == "LIST" else "type=file;size=5; f.csv"
    answers: dict[str, Any] = {"MLSD": "500 ?", "MLST": "500 ?", "CWD": "550 not a folder"}
    peer = Peer(**answers | {verb: listing(line)})
    async with peer.client() as client:
        mirroring = {
            "down": lambda: client.mirror_download(name, local, delete=True),
            "up": lambda: client.mirror_upload(local, name, delete=True),
        }
        with pytest.raises(ReplyError):
            await mirroring[way]()
        await client.noop()
    assert on_disk(local) == {"f.csv": b"12345", "mine": b"M"}
    assert not [line for line in peer.commands if line.startswith(("DELE", "STOR"))]


@pytest.mark.parametrize("listed", [["a", "a2"], ["t"]])
async def test_what_is_deleted_from_is_a_folder_by_its_own_account(
    listed: list[str], tmp_path: Path
) -> None:
    """However many entries a listing has: nothing is deleted where one cannot go."""
    local = fill(tmp_path / "mine", {"mine": b"M"})
    mlsd = listing(*[f"type=file;size=1;modify={TIME}; {name}" for name in listed])
    async with Peer(MLSD=mlsd, CWD="550 no").client() as client:
        with pytest.raises(PermanentReplyError):
            await client.mirror_download("t", local, delete=True)
    assert on_disk(local) == {"mine": b"M"}


async def test_a_missing_local_source_deletes_nothing(tmp_path: Path) -> None:
    remote = tree()
    (tmp_path / "file").write_bytes(b"")
    async with remote.peer().client() as client:
        for name in ("missing", "file"):
            with pytest.raises(FileSystemError):
                await client.mirror_upload(tmp_path / name, "t", delete=True)
    assert remote.content == REMOTE


async def test_links_of_the_source_are_files_if_they_lead_to_files(tmp_path: Path) -> None:
    mine = fill(tmp_path / "mine", {"a": b"A"})
    (mine / "to-a").symlink_to("a")
    (mine / "out").symlink_to("/etc/passwd")
    remote = Tree({"/t/": b"", "/t/out": b"kept"})
    async with remote.peer().client() as client:
        report = await client.mirror_upload(mine, "t", delete=True)
        assert summary(report.plan) == {"transfer": ["a", "to-a"], "skipped": ["out"]}
        assert (await client.mirror_upload(mine, "t", delete=True)).plan.is_empty
    assert remote.content == {"/t/": b"", "/t/out": b"kept", "/t/a": b"A", "/t/to-a": b"A"}


async def test_a_folder_above_in_disguise(tmp_path: Path) -> None:
    remote = tree({"/t/d/loop/": b""})
    remote.facts = {"/t/": "unique=1;", "/t/d/loop/": "unique=1;"}
    async with remote.peer().client() as client:
        report = await client.mirror_download("t", tmp_path / "t")
    assert names(report.plan.skipped) == ["d/loop"]
    assert on_disk(tmp_path / "t") == LOCAL


@pytest.mark.parametrize("way", ["down", "up"])
async def test_times_that_cannot_be_kept_are_named(way: str, tmp_path: Path) -> None:
    local = fill(tmp_path / "mine", {"b": b"B"} if way == "up" else {})
    remote = Tree({"/t/": b"", "/t/a": b"A"} if way == "down" else {"/t/": b""})
    async with remote.peer(MFMT="550 no", MDTM="550 no").client() as client:
        report = await mirror(client, way, local)
    assert report.transfer.untimed == (("t/a",) if way == "down" else ("t/b",))
    assert report.transfer.files == 1


async def test_names_that_list_hides(tmp_path: Path) -> None:
    """vsftpd's LIST shows no name with a dot in front; they are neither lost nor sent again."""
    remote = tree()

    async def size(peer: Peer, argument: str) -> None:
        content = remote.content.get(f"/{argument}")
        await peer.say("550 no" if content is None else f"213 {len(content)}")

    async def cwd(peer: Peer, argument: str) -> None:
        is_there = argument == "/home" or f"/{argument}/" in remote.content
        await peer.say("250 changed" if is_there else "550 no")

    async def list_(peer: Peer, argument: str) -> None:
        folder = f"/{argument}/"
        lines = [
            f"{'d' if path.endswith('/') else '-'}rw-r--r-- 1 u g {len(data)} "
            f"2026-01-02 03:04 {path.rstrip('/').rpartition('/')[2]}"
            for path, data in remote.content.items()
            if is_in(path, folder) and not path.removeprefix(folder).startswith(".")
        ]
        await send_data(peer, "".join(f"{line}\r\n" for line in lines).encode())

    answers: dict[str, Any] = {"SIZE": size, "CWD": cwd, "LIST": list_, "MLST": "500 what?"}
    more = {".a": b"A", ".d/": b"", ".d/b": b"B"}
    mine = fill(tmp_path / "mine", LOCAL | more)
    async with remote.peer(MLSD="500 what?", **answers).client() as client:
        first = await client.mirror_upload(mine, "t", delete=True)
        assert summary(first.plan) == {
            "make": [".d"],
            "transfer": [".a", ".d/b"],
            "unchanged": ["a", "d/b"],
        }
        assert (await client.mirror_upload(mine, "t", delete=True)).plan.is_empty
        assert (await client.mirror_download("t", mine, delete=True)).plan.is_empty
    assert on_disk(mine) == LOCAL | more
