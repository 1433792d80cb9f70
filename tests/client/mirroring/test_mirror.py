"""Mirrors: the second run moves nothing, and nothing is deleted that could be missed."""

from __future__ import annotations

import os
import ssl
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import anyio
import pytest

from anyftp import Client, LocalFileSystem, MirrorPlan, MirrorReport, Progress, RetryPolicy
from anyftp._errors import (
    FileSystemError,
    ListingError,
    LocalProtocolError,
    PermanentReplyError,
    ReplyError,
    UnsafeNameError,
)
from client.peer import Peer, listing, retr, send_data
from client.serving import Line, served
from client.tree import Tree, is_in, on_disk

pytestmark = pytest.mark.anyio

TIME = "20260102030405"
SECONDS = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp()

REMOTE = {"/t/": b"", "/t/a": b"A", "/t/d/": b"", "/t/d/b": b"B" * 70_000, "/t/e/": b""}
LOCAL = {"a": b"A", "d/": b"", "d/b": b"B" * 70_000, "e/": b""}


def tree(more: dict[str, bytes] | None = None) -> Tree:
    content = dict(REMOTE) | (more or {})
    return Tree(content, {path: TIME for path in content if not path.endswith("/")})


def fill(folder: Path, content: dict[str, bytes]) -> Path:
    """Put files into a folder, all of the same time."""
    folder.mkdir(exist_ok=True)
    for name, data in content.items():
        path = folder / name
        if name.endswith("/"):
            path.mkdir(exist_ok=True, parents=True)
            continue
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(data)
        os.utime(path, (SECONDS, SECONDS))
    return folder


def names(paths: tuple[PurePosixPath, ...]) -> list[str]:
    return [str(path) for path in paths]


def summary(plan: MirrorPlan) -> dict[str, list[str]]:
    """What is not empty in a plan."""
    found = {
        field: names(getattr(plan, field)) for field in MirrorPlan.__slots__ if field != "sizes"
    }
    return {field: paths for field, paths in found.items() if paths}


def answered(data: bytes, preliminary: str = "150 it comes", end: str = "226 done") -> Any:
    """A listing in these bytes, with these replies."""

    async def answer(peer: Peer, argument: str) -> None:
        await peer.say(preliminary)
        stream = await peer.accept_data()
        await stream.send(data)
        stream.close()
        await peer.say(end)

    return answer


# Down


async def test_down_and_once_more(tmp_path: Path) -> None:
    peer = tree().peer()
    async with peer.client() as client:
        first = await client.mirror_download("t", tmp_path / "new" / "copy")
        assert on_disk(tmp_path / "new" / "copy") == LOCAL
        peer.commands.clear()
        second = await client.mirror_download("t", tmp_path / "new" / "copy")
    assert summary(first.plan) == {"make": ["d", "e"], "transfer": ["a", "d/b"]}
    assert (first.transfer.files, first.transfer.nbytes) == (2, 70_001)
    assert second.plan.is_empty
    assert summary(second.plan) == {"unchanged": ["a", "d/b"]}
    assert not [line for line in peer.commands if line.startswith("RETR")]


@pytest.mark.parametrize("delete", [False, True])
async def test_down_again_after_a_killed_mirror(tmp_path: Path, delete: bool) -> None:
    """Its parts go, wherever they lie; those of one that is still at it stay."""
    left = ".anyftp-0123456789abcdef.part"
    copy = fill(tmp_path / "copy", LOCAL | {f"{folder}{left}": b"x" for folder in ("", "d/", "e/")})
    peer = tree().peer()
    async with (
        peer.client() as client,
        await LocalFileSystem(copy).open_write(PurePosixPath("/e/other")),
    ):
        [used] = [path.name for path in (copy / "e").iterdir() if path.name != left]
        await client.mirror_download("t", copy, delete=delete)
        assert on_disk(copy) == LOCAL | {f"e/{used}": b""}


async def test_up_and_once_more(tmp_path: Path) -> None:
    local = fill(tmp_path / "mine", LOCAL)
    remote = Tree({})
    peer = remote.peer()
    async with peer.client() as client:
        first = await client.mirror_upload(local, "x/t")
        assert remote.content == {"/x/": b""} | {f"/x{k}": v for k, v in REMOTE.items()}
        peer.commands.clear()
        second = await client.mirror_upload(local, "x/t")
    assert summary(first.plan) == {"make": ["d", "e"], "transfer": ["a", "d/b"]}
    assert summary(second.plan) == {"unchanged": ["a", "d/b"]}
    assert not [line for line in peer.commands if line.startswith(("STOR", "MFMT", "MKD"))]


@pytest.mark.parametrize("jobs", [1, 3])
async def test_with_our_own_server_there_and_back(tmp_path: Path, jobs: int) -> None:
    mine = fill(tmp_path / "mine", LOCAL | {f"n{n}": b"x" * n for n in range(20)})
    async with served(tmp_path / "served") as client:
        await client.mirror_upload(mine, "/there", jobs=jobs)
        await client.mirror_download("/there", tmp_path / "back", jobs=jobs)
        assert on_disk(tmp_path / "back") == on_disk(mine)
        for report in (
            await client.mirror_upload(mine, "/there", jobs=jobs, delete=True),
            await client.mirror_download("/there", tmp_path / "back", jobs=jobs, delete=True),
        ):
            assert report.plan.is_empty
            assert len(report.plan.unchanged) == 22
            assert report.transfer.nbytes == 0


@pytest.mark.parametrize(
    ("content", "time", "expected"),
    [
        pytest.param(b"A", SECONDS, "unchanged", id="same"),
        pytest.param(b"A", SECONDS + 0.9, "unchanged", id="fraction"),
        pytest.param(b"A", SECONDS - 1, "unchanged", id="even-seconds-of-fat"),
        pytest.param(b"A", SECONDS + 3, "replace", id="newer"),
        pytest.param(b"A", SECONDS - 3, "replace", id="older"),
        pytest.param(b"AA", SECONDS, "replace", id="longer"),
        pytest.param(b"", SECONDS, "replace", id="shorter"),
    ],
)
@pytest.mark.parametrize("way", ["down", "up"])
async def test_what_counts_as_the_same(
    content: bytes, time: float, expected: str, way: str, tmp_path: Path
) -> None:
    local = fill(tmp_path / "mine", {"a": content})
    os.utime(local / "a", (time, time))
    remote = Tree({"/t/": b"", "/t/a": b"A"}, {"/t/a": TIME})
    features = "211-Features\r\n MLST type*;\r\n MFMT\r\n211 End"
    async with remote.peer(FEAT=features).client() as client:
        report = await mirror(client, way, local)
        assert summary(report.plan) == {expected: ["a"]}
        again = await mirror(client, way, local)
        assert summary(again.plan) == {"unchanged": ["a"]}
    assert remote.content["/t/a"] == (local / "a").read_bytes()


async def mirror(client: Client, way: str, local: Path, **options: Any) -> MirrorReport:
    if way == "down":
        return await client.mirror_download("t", local, **options)
    return await client.mirror_upload(local, "t", **options)


# Times that are not told exactly


LIST = listing("-rw-r--r-- 1 u g 1 Jan 2 2026 a")
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


# Only a plan


@pytest.mark.parametrize("way", ["down", "up"])
async def test_a_dry_run_changes_nothing(way: str, tmp_path: Path) -> None:
    local = fill(tmp_path / "mine", {"a": b"old", "mine": b"M", "only/": b"", "only/x": b""})
    remote = tree({"/t/theirs": b"T"})
    before = dict(remote.content), on_disk(tmp_path)
    peer = remote.peer()
    async with peer.client() as client:
        report = await mirror(client, way, local, dry_run=True, delete=True)
    assert (remote.content, on_disk(tmp_path)) == before
    assert report.is_dry_run
    assert not [line for line in peer.commands if line.split()[0] in CHANGING]
    here = {"make": ["d", "e"], "transfer": ["d/b", "theirs"], "replace": ["a"]}
    down = here | {"delete": ["mine", "only", "only/x"]}
    up = {"make": ["only"], "transfer": ["mine", "only/x"], "replace": ["a"]}
    up |= {"delete": ["d", "d/b", "e", "theirs"]}
    assert summary(report.plan) == (down if way == "down" else up)


CHANGING = {"STOR", "APPE", "MKD", "RMD", "DELE", "MFMT", "RNFR", "RETR"}


async def test_a_dry_run_into_nothing(tmp_path: Path) -> None:
    async with tree().peer().client() as client:
        down = await client.mirror_download("t", tmp_path / "new", dry_run=True)
        local = fill(tmp_path / "mine", {"a": b"A"})
        up = await client.mirror_upload(local, "new", dry_run=True)
    assert not (tmp_path / "new").exists()
    assert summary(down.plan) == {"make": ["d", "e"], "transfer": ["a", "d/b"]}
    assert summary(up.plan) == {"transfer": ["a"]}


# Deleting


@pytest.mark.parametrize("way", ["down", "up"])
async def test_what_the_source_lacks_is_deleted_on_request(way: str, tmp_path: Path) -> None:
    local = fill(tmp_path / "mine", LOCAL)
    remote = tree()
    if way == "down":
        fill(local, {"x": b"", "y/": b"", "y/z/": b"", "y/z/w": b"", "d/v": b""})
    else:
        remote.content |= {f"/t/{name}": b"" for name in ["x", "y/", "y/z/", "y/z/w", "d/v"]}
    async with remote.peer().client() as client:
        await mirror(client, way, local)
        assert len(on_disk(local)) + len(remote.content) == 2 * len(LOCAL) + 6
        report = await mirror(client, way, local, delete=True)
    assert on_disk(local) == LOCAL
    assert remote.content == REMOTE
    assert names(report.plan.delete) == ["d/v", "x", "y", "y/z", "y/z/w"]


@pytest.mark.parametrize("way", ["down", "up"])
async def test_nothing_is_deleted_if_a_transfer_fails(way: str, tmp_path: Path) -> None:
    local = fill(tmp_path / "mine", {"x": b"X"} if way == "down" else LOCAL)
    remote = tree() if way == "down" else Tree({"/t/": b"", "/t/x": b"X"})
    answers: dict[str, Any] = {"RETR": "550 no", "STOR": "553 no"}
    async with remote.peer(**answers).client() as client:
        with pytest.raises(PermanentReplyError):
            await mirror(client, way, local, delete=True)
    assert (local / "x").exists() if way == "down" else "/t/x" in remote.content


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param({"MLSD": "550 no such folder", "MLST": "550 no"}, id="missing"),
        pytest.param({"MLSD": listing("type=file;size=1; a", "garbage")}, id="odd-line"),
        pytest.param(
            {"MLSD": "500 ?", "LIST": listing("ls: cannot open: Permission denied")}, id="ls-failed"
        ),
        pytest.param(
            {"MLSD": "500 ?", "LIST": listing(), "CWD": "550 no"}, id="missing-and-listed-empty"
        ),
        pytest.param({"MLSD": listing("type=file; a", "type=dir; ../d")}, id="unsafe-name"),
        pytest.param({"MLSD": "451 the disk broke"}, id="failed"),
        pytest.param({"MLSD": answered(b"type=file; a\r\ntype=file; mi")}, id="cut-in-a-line"),
        pytest.param(
            {"MLSD": answered(b"type=file; a\r\n", "150 it comes (99 bytes)")}, id="cut-by-150"
        ),
        pytest.param(
            {"MLSD": answered(b"type=file; a\r\n", end="226 99 bytes sent")}, id="cut-by-226"
        ),
    ],
)
async def test_nothing_is_deleted_unless_the_source_is_known(
    answers: dict[str, Any], tmp_path: Path
) -> None:
    local = fill(tmp_path / "mine", {"mine": b"M"})
    async with Peer(**answers).client() as client:
        with pytest.raises((ReplyError, ListingError, UnsafeNameError)):
            await client.mirror_download("t", local, delete=True)
        await client.noop()
    assert on_disk(local) == {"mine": b"M"}


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


@pytest.mark.parametrize("way", ["down", "up"])
async def test_a_source_that_is_empty_deletes_nothing_unless_that_is_meant(
    way: str, tmp_path: Path
) -> None:
    local = fill(tmp_path / "mine", {"x": b"X"} if way == "down" else {})
    remote = Tree({"/t/": b""} if way == "down" else {"/t/": b"", "/t/x": b"X"})
    async with remote.peer().client() as client:
        for dry_run in (False, True):
            with pytest.raises(LocalProtocolError, match=r"nothing in it.* has 1.*allow_empty"):
                await mirror(client, way, local, delete=True, dry_run=dry_run)
        assert (local / "x").exists() if way == "down" else "/t/x" in remote.content
        report = await mirror(client, way, local, delete=True, allow_empty=True)
        assert names(report.plan.delete) == ["x"]
        await mirror(client, way, local, delete=True)  # both are empty now
    assert on_disk(local) == {}
    assert remote.content == {"/t/": b""}


@pytest.mark.parametrize("way", ["down", "up"])
@pytest.mark.parametrize(
    ("max_delete", "is_allowed"),
    [(0, False), (1, False), (2, True), (0.0, False), (0.3, False), (0.4, True), (1.0, True)],
)
async def test_no_more_is_deleted_than_is_allowed(
    way: str, max_delete: float, is_allowed: bool, tmp_path: Path
) -> None:
    """Two things of six, a folder of them."""
    local, remote = fill(tmp_path / "mine", LOCAL), tree()
    if way == "down":
        fill(local, {"y/": b"", "y/w": b""})
    else:
        remote.content |= {"/t/y/": b"", "/t/y/w": b""}
    async with remote.peer().client() as client:
        if is_allowed:
            await mirror(client, way, local, delete=True, max_delete=max_delete)
        else:
            with pytest.raises(LocalProtocolError, match="2 of 6 would be deleted"):
                await mirror(client, way, local, delete=True, max_delete=max_delete)
    left = (local / "y").exists() if way == "down" else "/t/y/" in remote.content
    assert left != is_allowed


@pytest.mark.parametrize("max_delete", [-1, -0.1, 1.5, float("nan")])
async def test_an_allowance_that_makes_no_sense(max_delete: float, tmp_path: Path) -> None:
    async with tree().peer().client() as client:
        with pytest.raises(ValueError, match="max_delete must be a count, or a share"):
            await client.mirror_download("t", tmp_path / "t", max_delete=max_delete)


async def test_a_missing_local_source_deletes_nothing(tmp_path: Path) -> None:
    remote = tree()
    (tmp_path / "file").write_bytes(b"")
    async with remote.peer().client() as client:
        for name in ("missing", "file"):
            with pytest.raises(FileSystemError):
                await client.mirror_upload(tmp_path / name, "t", delete=True)
    assert remote.content == REMOTE


async def test_local_links_are_deleted_and_never_followed(tmp_path: Path) -> None:
    outside = fill(tmp_path / "outside", {"precious": b"P", "d/": b"", "d/b": b"P"})
    local = fill(tmp_path / "mine", {})
    (local / "x").symlink_to(outside)
    (local / "d").symlink_to(outside / "d")
    (local / "a").symlink_to(outside / "precious")
    async with tree().peer().client() as client:
        with pytest.raises(LocalProtocolError, match="a link at the destination"):
            await client.mirror_download("t", local)
        report = await client.mirror_download("t", local, delete=True)
    assert on_disk(outside) == {"precious": b"P", "d/": b"", "d/b": b"P"}
    assert on_disk(local) == LOCAL
    assert names(report.plan.delete) == ["a", "d", "x"]


async def test_what_a_remote_link_leads_to_stays_though_it_looks_like_a_folder(
    tmp_path: Path,
) -> None:
    remote = Tree({"/t/": b"", "/t/link/": b"", "/t/link/precious": b"P"})

    async def dele(peer: Peer, argument: str) -> None:
        if argument == "t/link":
            remote.content = {"/t/": b"", "/elsewhere": b"P"}
            return await peer.say("250 removed")
        return await remote.dele(peer, argument)

    local = fill(tmp_path / "mine", {})
    peer = remote.peer(DELE=dele)
    async with peer.client() as client:
        await client.mirror_upload(local, "t", delete=True, allow_empty=True)
    assert remote.content == {"/t/": b"", "/elsewhere": b"P"}
    assert not [line for line in peer.commands if "precious" in line]


@pytest.mark.parametrize("way", ["down", "up"])
async def test_a_folder_where_a_file_should_be_and_the_other_way_round(
    way: str, tmp_path: Path
) -> None:
    there = {"a": b"A", "b/": b"", "b/x": b"X"}
    here = {"a/": b"", "a/y": b"Y", "b": b"B"}
    mine, theirs = (here, there) if way == "down" else (there, here)
    local = fill(tmp_path / "mine", mine)
    remote = Tree({"/t/": b""} | {f"/t/{name}": data for name, data in theirs.items()})
    before = dict(remote.content)
    async with remote.peer().client() as client:
        with pytest.raises(LocalProtocolError, match="at the destination"):
            await mirror(client, way, local)
        assert (remote.content, on_disk(local)) == (before, mine)
        await mirror(client, way, local, delete=True)
    assert on_disk(local) == there
    assert remote.content == {"/t/": b""} | {f"/t/{name}": data for name, data in there.items()}


async def test_what_is_passed_over_protects_its_counterpart(tmp_path: Path) -> None:
    lines = ["type=OS.unix=chr-1/2; dev", "type=OS.unix=slink:nowhere; dead"]
    local = fill(tmp_path / "mine", {"dev": b"D", "dead": b"M"})
    answers: dict[str, Any] = {"SIZE": "550 no", "MLSD": listing(*lines)}
    async with Peer(**answers).client() as client:
        report = await client.mirror_download("t", local, delete=True)
    assert summary(report.plan) == {"skipped": ["dead", "dev"]}
    assert on_disk(local) == {"dev": b"D", "dead": b"M"}


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


# Patterns


@pytest.mark.parametrize("way", ["down", "up"])
async def test_patterns(way: str, tmp_path: Path) -> None:
    there = {"a.txt": b"A", "a.tmp": b"T", "d/": b"", "d/b.txt": b"B", "d/b.bin": b"B"}
    there |= {"cache/": b"", "cache/c.txt": b"C", "empty/": b""}
    here = {"old.txt": b"O", "old.bin": b"O", "cache/": b"", "cache/mine.txt": b"M"}
    here |= {"only/": b"", "only/x.txt": b"", "only/x.bin": b"", "gone/": b"", "gone/y.txt": b""}
    mine, theirs = (here, there) if way == "down" else (there, here)
    local = fill(tmp_path / "mine", mine)
    remote = Tree({"/t/": b""} | {f"/t/{name}": data for name, data in theirs.items()})
    patterns = {"include": ["*.txt"], "exclude": ["cache/", "d/c*"]}
    async with remote.peer().client() as client:
        report = await mirror(client, way, local, delete=True, **patterns)
    assert summary(report.plan) == {
        "make": ["d"],
        "transfer": ["a.txt", "d/b.txt"],
        "delete": ["gone", "gone/y.txt", "old.txt", "only/x.txt"],
    }
    copy = on_disk(local) if way == "down" else {k[3:]: v for k, v in remote.content.items()}
    assert copy.keys() - {""} == {
        *["a.txt", "d/", "d/b.txt", "old.bin", "cache/", "cache/mine.txt", "only/", "only/x.bin"]
    }


# Faults on the way


async def test_progress_and_a_cancelled_mirror(tmp_path: Path) -> None:
    remote = tree({f"/t/f{n}": b"x" * 100 for n in range(5)})
    local = fill(tmp_path / "mine", {"mine": b"M"})
    seen: list[str] = []
    async with remote.peer().client() as client:
        with anyio.CancelScope() as scope:

            def progress(news: Progress) -> None:
                seen.append(str(news.path))
                if len({*seen}) == 3:
                    scope.cancel()

            await client.mirror_download("t", local, delete=True, progress=progress)
        assert scope.cancelled_caught
        assert (local / "mine").exists()
        report = await client.mirror_download("t", local, delete=True)
    assert len(report.plan.unchanged) in (2, 3)
    assert on_disk(local) == LOCAL | {f"f{n}": b"x" * 100 for n in range(5)}


async def test_a_part_is_gone_on_with(tmp_path: Path) -> None:
    async def break_off(peer: Peer, argument: str) -> None:
        await peer.say("150 it comes")
        data = await peer.accept_data()
        await data.send(peer.content[:150_000])
        await data.aclose()
        await peer.say("426 broken off")

    content = os.urandom(200_000)
    answers: dict[str, Any] = {"RETR": (break_off, retr)}
    answers["MLSD"] = listing(f"type=file;size=200000;modify={TIME}; big")
    peer = Peer(content=content, **answers)
    async with peer.client() as client:
        with pytest.raises(ReplyError):
            await client.mirror_download("t", tmp_path / "t", resume=True)
        report = await client.mirror_download("t", tmp_path / "t", resume=True)
    assert on_disk(tmp_path / "t") == {"big": content}
    assert report.transfer.nbytes < 100_000


async def test_a_folder_above_in_disguise(tmp_path: Path) -> None:
    remote = tree({"/t/d/loop/": b""})
    remote.facts = {"/t/": "unique=1;", "/t/d/loop/": "unique=1;"}
    async with remote.peer().client() as client:
        report = await client.mirror_download("t", tmp_path / "t")
    assert names(report.plan.skipped) == ["d/loop"]
    assert on_disk(tmp_path / "t") == LOCAL


async def test_verification_that_is_not_offered(tmp_path: Path) -> None:
    async with tree().peer().client() as client:
        with pytest.raises(PermanentReplyError, match="checksums"):
            await client.mirror_download("t", tmp_path / "t", verify="required")
    assert not (tmp_path / "t").exists()


async def test_jobs_that_make_no_sense(tmp_path: Path) -> None:
    async with tree().peer().client() as client:
        with pytest.raises(LocalProtocolError):
            await client.mirror_download("t", tmp_path / "t", jobs=0)


async def test_a_listing_that_may_be_cut_deletes_nothing(
    tmp_path: Path, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    """Over TLS an end without close_notify may be anybody's doing."""

    async def cut(peer: Peer, argument: str) -> None:
        await peer.say("150 it comes")
        data = await peer.accept_data()
        await data.send(f"type=file;size=1;modify={TIME}; a\r\n".encode())
        data.close()
        await peer.say("226 done")

    local = fill(tmp_path / "mine", {"a": b"A", "mine": b"M"})
    peer = Peer(tls=server_tls, MLSD=cut)
    async with peer.client(tls="explicit", ssl_context=client_tls) as client:
        assert (await client.mirror_download("t", local)).plan.is_empty
        with pytest.raises(ListingError, match="may not be all"):
            await client.mirror_download("t", local, delete=True)
        await client.noop()
    assert on_disk(local) == {"a": b"A", "mine": b"M"}


async def test_sessions_that_die_are_replaced(tmp_path: Path) -> None:
    """Comparing, transferring and deleting go on over another connection."""
    mine = fill(tmp_path / "mine", {f"d{n}/f{n}": b"x" * 1000 for n in range(8)})
    (tmp_path / "served").mkdir()
    fill(tmp_path / "served" / "t", {"old/x": b"", "old/y": b""})
    line = Line()
    moved: list[int] = []

    def progress(news: Progress) -> None:
        moved.append(news.nbytes)
        if len(moved) in (3, 9):
            line.cut(slice(None))

    retry = RetryPolicy(first_delay_seconds=0.0)
    async with served(tmp_path / "served", dialler=line, retry=retry) as client:
        await client.mirror_upload(mine, "/t", delete=True, jobs=2, progress=progress)
        assert on_disk(tmp_path / "served" / "t") == on_disk(mine)
        assert len(line.controls) > 2
        line.cut(slice(None))
        assert (await client.mirror_upload(mine, "/t", delete=True)).plan.is_empty


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
