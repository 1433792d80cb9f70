"""What one call comes to, and what becomes of one item of a tree that fails.

Without `on_error` it ends the call, with it the rest goes on.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from anyftp import Client, CopyStats, TransferReport
from anyftp._client._copying._job import Tally
from anyftp._errors import (
    ConnectionLost,
    FileSystemError,
    FTPError,
    PermanentReplyError,
    UnsafeNameError,
)
from client.peer import Hangup, Peer, listing, retr
from client.serving import served
from client.tree import Tree, on_disk

pytestmark = pytest.mark.anyio

LONG = "n" * 256  # one more than a local disk takes

REMOTE = {"/t/": b"", "/t/a": b"A", "/t/d/": b"", "/t/d/b": b"B" * 9000, "/t/z": b"Z"}
LOCAL = {"a": b"A", "d/": b"", "d/b": b"B" * 9000, "z": b"Z"}


class Failures:
    """What `on_error` was told."""

    def __init__(self) -> None:
        self.told: dict[str, FTPError] = {}

    def __call__(self, path: PurePosixPath, error: FTPError) -> None:
        assert str(path) not in self.told
        self.told[str(path)] = error

    @property
    def kinds(self) -> dict[str, type[FTPError]]:
        return {path: type(error) for path, error in self.told.items()}


Call = Callable[[Client, Path, Failures], Any]


async def download(client: Client, folder: Path, failures: Failures, **how: Any) -> TransferReport:
    return await client.download("t", folder, on_error=failures, **how)


async def mirror(client: Client, folder: Path, failures: Failures, **how: Any) -> TransferReport:
    report = await client.mirror_download("t", folder, on_error=failures, **how)
    return report.transfer


def refusing(verb: str, path: str, tree: Tree, usual: Any) -> dict[str, Any]:
    """Answers of a server that refuses one path."""

    async def answer(peer: Peer, argument: str) -> None:
        if argument == path:
            await peer.say("550 not this one")
        else:
            await usual(peer, argument)

    return {verb: answer}


@pytest.mark.parametrize("call", [download, mirror])
@pytest.mark.parametrize(
    ("verb", "path", "missing"),
    [
        pytest.param("RETR", "t/a", {"a"}, id="a-file"),
        pytest.param("RETR", "t/d/b", {"d/b"}, id="a-file-below"),
        pytest.param("MLSD", "t/d", {"d/b"}, id="a-folder"),
    ],
)
async def test_what_the_server_refuses(
    call: Call, verb: str, path: str, missing: set[str], tmp_path: Path
) -> None:
    tree, failures = Tree(dict(REMOTE)), Failures()
    answers = refusing(verb, path, tree, tree.retr if verb == "RETR" else tree.mlsd)
    async with tree.peer(**answers, LIST="550 no").client() as client:
        report = await call(client, tmp_path / "t", failures)
        await client.noop()
    assert failures.kinds == {path: PermanentReplyError}
    assert report.failed == (path,)
    assert on_disk(tmp_path / "t") == {k: v for k, v in LOCAL.items() if k not in missing}


@pytest.mark.parametrize("call", [download, mirror])
@pytest.mark.parametrize("is_folder", [False, True])
async def test_what_the_local_disk_refuses(call: Call, is_folder: bool, tmp_path: Path) -> None:
    failures = Failures()
    more = {f"/t/{LONG}/": b"", f"/t/{LONG}/x": b"X"} if is_folder else {f"/t/{LONG}": b"X"}
    async with Tree(REMOTE | more).peer().client() as client:
        await call(client, tmp_path / "t", failures)
    assert set(failures.kinds.values()) == {FileSystemError}
    assert f"t/{LONG}" in failures.told
    assert on_disk(tmp_path / "t") == LOCAL


@pytest.mark.parametrize("jobs", [1, 3])
async def test_over_several_connections(jobs: int, tmp_path: Path) -> None:
    served_files, failures = tmp_path / "served" / "t", Failures()
    served_files.mkdir(parents=True)
    for n in range(30):
        (served_files / f"f{n}").write_bytes(b"x" * n)
    for n in (3, 7):  # folders in the way
        (tmp_path / "t" / f"f{n}" / "x").mkdir(parents=True)
    async with served(tmp_path / "served") as client:
        report = await client.download("t", tmp_path, on_error=failures, jobs=jobs)
    assert failures.kinds == {"t/f3": FileSystemError, "t/f7": FileSystemError}
    assert (report.files, len(report.failed)) == (28, 2)


@pytest.mark.parametrize("call", [download, mirror])
async def test_names_that_lead_elsewhere(call: Call, tmp_path: Path) -> None:
    failures = Failures()
    mlsd = listing("type=file;size=3; a", "type=file;size=3; ../b", "type=dir; d/../..")
    answers = refusing("RETR", "t", Tree({}), retr)
    kind = "250-\r\n type=dir; /t\r\n250 end"
    async with Peer(MLSD=mlsd, MLST=kind, content=b"abc", **answers).client() as client:
        await call(client, tmp_path / "t", failures)
    assert failures.kinds == {"t/../b": UnsafeNameError, "t/d/../..": UnsafeNameError}
    assert on_disk(tmp_path / "t") == {"a": b"abc"}
    assert on_disk(tmp_path) == {"t/": b"", "t/a": b"abc"}


@pytest.mark.parametrize("call", [download, mirror])
async def test_parts_that_a_crash_has_left_are_passed_over(call: Call, tmp_path: Path) -> None:
    """They bear the names of our own parts, under which nothing is written here."""
    failures = Failures()
    part = ".anyftp-0123456789abcdef.part"
    more = {f"/t/{part}": b"half", f"/t/d/{part}/": b"", f"/t/d/{part}/x": b""}
    async with Tree(REMOTE | more).peer().client() as client:
        report = await call(client, tmp_path / "t", failures)
        await client.download("t", tmp_path / "u")  # nobody has to ask for it
    assert failures.told == {}
    assert sorted(report.skipped) == [f"t/{part}", f"t/d/{part}"]
    assert on_disk(tmp_path / "t") == on_disk(tmp_path / "u") == LOCAL


@pytest.mark.parametrize(
    ("verb", "path", "missing"),
    [
        pytest.param("STOR", "t/a", {"/t/a"}, id="a-file"),
        pytest.param("MKD", "t/d", {"/t/d/", "/t/d/b"}, id="a-folder"),
    ],
)
@pytest.mark.parametrize("is_mirror", [False, True])
async def test_uploads(
    verb: str, path: str, missing: set[str], is_mirror: bool, tmp_path: Path
) -> None:
    for name, content in LOCAL.items():
        file = tmp_path / "t" / name
        file.parent.mkdir(exist_ok=True)
        file.mkdir() if name.endswith("/") else file.write_bytes(content)
    tree, failures = Tree({"/t/": b""} if is_mirror else {}), Failures()
    answers = refusing(verb, path, tree, tree.stor if verb == "STOR" else tree.mkd)
    async with tree.peer(**answers).client() as client:
        if is_mirror:
            report = await client.mirror_upload(tmp_path / "t", "t", on_error=failures)
            failed = report.transfer.failed
        else:
            failed = (await client.upload(tmp_path / "t", "t", on_error=failures)).failed
    assert path in failures.told
    assert failed == tuple(failures.told)
    assert tree.content == {k: v for k, v in REMOTE.items() if k not in missing}


@pytest.mark.parametrize("where", ["RETR", "MLSD"])
async def test_a_mirror_that_misses_something_deletes_nothing(where: str, tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "mine").write_bytes(b"M")
    tree, failures = Tree(dict(REMOTE)), Failures()
    path, usual = ("t/a", tree.retr) if where == "RETR" else ("t/d", tree.mlsd)
    answers = refusing(where, path, tree, usual)
    async with tree.peer(**answers, LIST="550 no").client() as client:
        await client.mirror_download("t", tmp_path / "t", delete=True, on_error=failures)
        assert (tmp_path / "t" / "mine").exists()
        assert list(failures.told) == [path]


@pytest.mark.parametrize("call", [download, mirror])
async def test_a_tree_that_is_not_there_is_no_item(call: Call, tmp_path: Path) -> None:
    failures = Failures()
    async with Tree({}).peer().client() as client:
        with pytest.raises(PermanentReplyError):
            await call(client, tmp_path / "t", failures)
    assert failures.told == {}


async def test_a_connection_that_is_lost_is_no_item(tmp_path: Path) -> None:
    async def hang_up(peer: Peer, argument: str) -> None:
        raise Hangup

    failures = Failures()
    async with Tree(dict(REMOTE)).peer(RETR=hang_up).client() as client:
        with pytest.raises(ConnectionLost):
            await download(client, tmp_path / "t", failures)
    assert failures.told == {}


@pytest.mark.parametrize("call", [download, mirror])
async def test_without_anybody_to_tell_the_first_one_ends_it(call: Any, tmp_path: Path) -> None:
    async with Tree(dict(REMOTE)).peer(RETR="550 no").client() as client:
        with pytest.raises(PermanentReplyError):
            await call(client, tmp_path / "t", None)


def test_the_figures_of_all_files_are_summed() -> None:
    tally = Tally(started=100.0)
    for number in (1, 10):
        tally.add(
            CopyStats(
                nbytes=number,
                seconds_throttle=2.0 * number,
                seconds_network=3.0 * number,
                seconds_disk=4.0 * number,
            )
        )
    tally.files, tally.directories = 2, 1
    lists = (
        "skipped",
        "unconfirmed",
        "unverified",
        "odd_lines",
        "untimed",
        "failed",
        "grown",
        "in_place",
    )
    for names in lists:
        getattr(tally, names).append(names)
    assert dataclasses.asdict(tally.report(105.5)) == {
        "nbytes": 11,
        "seconds": 5.5,
        "files": 2,
        "directories": 1,
        "seconds_throttle": 22.0,
        "seconds_network": 33.0,
        "seconds_disk": 44.0,
        "seconds_replies": 0.0,
        "skipped": ("skipped",),
        "unconfirmed": ("unconfirmed",),
        "unverified": ("unverified",),
        "odd_lines": ("odd_lines",),
        "untimed": ("untimed",),
        "failed": ("failed",),
        "grown": ("grown",),
        "in_place": ("in_place",),
    }
