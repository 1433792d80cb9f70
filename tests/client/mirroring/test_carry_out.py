"""Making one folder like another."""

from __future__ import annotations

import os
import ssl
from pathlib import Path, PurePosixPath
from typing import Any

import anyio
import pytest

from anyftp import LocalFileSystem, Progress, RetryPolicy
from anyftp._errors import (
    ListingError,
    LocalProtocolError,
    PermanentReplyError,
    ReplyError,
    UnsafeNameError,
)
from client.mirroring.mirrored import (
    LOCAL,
    REMOTE,
    TIME,
    fill,
    mirror,
    names,
    summary,
    tree,
)
from client.peer import Peer, listing, retr
from client.serving import Line, served
from client.tree import Tree, on_disk

pytestmark = pytest.mark.anyio


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
