"""Two real folders kept alike, and what an interruption leaves behind."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import anyio
import pytest

from anyftp import Client, FTPError, SyncReport
from anyftp._client._control._wire import Wire
from anyftp._errors import (
    FileSystemError,
    ListingError,
    LocalProtocolError,
    PermanentReplyError,
    ReplyError,
)
from client.peer import listing
from client.serving import served
from client.tree import RenamingTree, on_disk
from support.clocks import Backend

from .test_merge import told

pytestmark = pytest.mark.anyio


@dataclass
class Pair:
    """A client, its server's folder, one of ours, and the state of both."""

    client: Client
    here: Path
    there: Path
    state: Path

    async def sync(self, **options: Any) -> SyncReport:
        return await self.client.sync(self.here, "tree", state=self.state, **options)

    @property
    def both(self) -> dict[str, bytes]:
        """What is in both, which is the same."""
        here, there = on_disk(self.here), on_disk(self.there)
        assert here == there
        return here


def fill(folder: Path, content: dict[str, bytes]) -> None:
    for name, data in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir(exist_ok=True)
        else:
            path.write_bytes(data)


@pytest.fixture(name="pair")
async def make_pair(tmp_path: Path) -> AsyncIterator[Pair]:
    root = tmp_path / "served"
    root.mkdir()
    async with served(root) as client:
        yield Pair(client, tmp_path / "here", root / "tree", tmp_path / "state")


CONTENT = {"a": b"A", "d/b": b"B" * 70_000, "e/": b""}


async def test_a_first_one_makes_a_union(pair: Pair) -> None:
    fill(pair.here, {"a": b"A", "d/b": b"B"})
    fill(pair.there, {"c": b"C", "d/e": b"E", "f/": b""})
    report = await pair.sync()
    assert told(report.plan) == {
        "make_local": ["f"],
        "download": ["c", "d/e"],
        "upload": ["a", "d/b"],
    }
    assert report.transfer.files == 4
    expected = {"a": b"A", "d/": b"", "d/b": b"B", "c": b"C", "d/e": b"E", "f/": b""}
    assert pair.both == expected
    second = await pair.sync()
    assert second.plan.is_empty
    assert second.transfer.files == 0


@pytest.mark.parametrize("missing", ["here", "there"])
async def test_a_folder_that_a_first_one_makes(pair: Pair, missing: str) -> None:
    fill(pair.there if missing == "here" else pair.here, CONTENT)
    await pair.sync()
    assert pair.both == {"a": b"A", "d/": b"", "d/b": b"B" * 70_000, "e/": b""}
    assert (await pair.sync()).plan.is_empty


async def test_that_neither_folder_is_there_is_an_error(pair: Pair) -> None:
    """Somebody has mistyped both."""
    with pytest.raises(LocalProtocolError, match="neither of the two folders"):
        await pair.sync()
    assert not pair.here.exists()
    assert not pair.there.exists()


async def test_changes_go_to_the_other_side(pair: Pair) -> None:
    fill(pair.here, {"a": b"A", "b": b"B", "c": b"C", "d/e": b"E", "g/h": b"H"})
    await pair.sync()
    fill(pair.here, {"a": b"longer"})
    fill(pair.there, {"b": b"longer", "new": b"N"})
    (pair.here / "c").unlink()
    shutil.rmtree(pair.there / "d")
    shutil.rmtree(pair.here / "g")
    shown = await pair.sync(dry_run=True)
    before = pair.state.read_bytes()
    assert pair.state.read_bytes() == before
    report = await pair.sync()
    assert (shown.plan, shown.is_dry_run) == (report.plan, True)
    assert told(report.plan) == {
        "download": ["b", "new"],
        "upload": ["a"],
        "delete_local": ["d", "d/e"],
        "delete_remote": ["c", "g", "g/h"],
    }
    assert pair.both == {"a": b"longer", "b": b"longer", "new": b"N"}
    assert (await pair.sync()).plan.is_empty


async def test_both_versions_of_a_conflict_are_kept(pair: Pair) -> None:
    fill(pair.here, {"a": b"A", "d/b": b"B"})
    await pair.sync()
    fill(pair.here, {"a": b"ours", "d/b": b"ours"})
    fill(pair.there, {"a": b"the other one", "a.conflict": b"old"})
    (pair.there / "d" / "b").unlink()
    (pair.there / "d").rmdir()
    fill(pair.there, {"d": b"a file by now"})
    report = await pair.sync()
    assert told(report.plan)["conflicts"] == ["a -> a.conflict2", "d -> d.conflict"]
    assert pair.both == {
        "a": b"ours",
        "a.conflict": b"old",
        "a.conflict2": b"the other one",
        "d/": b"",
        "d/b": b"ours",
        "d.conflict": b"a file by now",
    }
    assert (await pair.sync()).plan.is_empty


async def test_the_same_content_is_no_conflict(pair: Pair) -> None:
    fill(pair.here, {"same": b"1234", "other": b"1234"})
    fill(pair.there, {"same": b"1234", "other": b"4321"})
    for name in ("same", "other"):
        os.utime(pair.there / name, (1e9, 1e9))
    report = await pair.sync()
    assert told(report.plan) == {
        "conflicts": ["other -> other.conflict"],
        "download": ["other.conflict"],
        "upload": ["other"],
        "unchanged": ["same"],
    }
    assert pair.both == {"same": b"1234", "other": b"1234", "other.conflict": b"4321"}


@pytest.mark.parametrize("verb", ["HASH", "XCRC", None])
@pytest.mark.parametrize("is_known", [True, False], ids=["known", "first"])
async def test_equal_sizes_and_times_do_not_prove_it(
    tmp_path: Path, is_known: bool, verb: str | None
) -> None:
    """Changed on both sides within a second, to the same size."""
    root = tmp_path / "served"
    async with served(root, extensions=[verb] if verb else []) as client:
        pair = Pair(client, tmp_path / "here", root / "tree", tmp_path / "state")
        if is_known:
            fill(pair.here, {"same": b"0000", "other": b"0000"})
            await pair.sync()
        fill(pair.here, {"same": b"1111", "other": b"1111"})
        fill(pair.there, {"same": b"1111", "other": b"2222"})
        for path in (*pair.here.iterdir(), *pair.there.iterdir()):
            os.utime(path, (1e9, 1e9))
        report = await pair.sync()
        if not (is_known or verb):  # then times are believed: a first one does not read all
            assert told(report.plan) == {"unchanged": ["other", "same"]}
            return
        assert pair.both == {"same": b"1111", "other": b"1111", "other.conflict": b"2222"}
        assert report.plan.unchanged == (PurePosixPath("same"),)
        assert (await pair.sync()).plan.is_empty


async def test_an_edit_right_after_a_sync(pair: Pair) -> None:
    """To the same size, and within the second that times are cut to."""
    fill(pair.here, {"up": b"0", "both": b"0"})
    await pair.sync()
    fill(pair.here, {"up": b"1", "both": b"1"})
    fill(pair.there, {"both": b"2"})
    os.utime(pair.there / "both", (1e9, 1e9))
    await pair.sync()
    assert pair.both == {"up": b"1", "both": b"1", "both.conflict": b"2"}


# What deletes nothing


async def test_an_emptied_folder_is_not_believed(pair: Pair) -> None:
    fill(pair.here, CONTENT)
    await pair.sync()
    for side in (pair.here, pair.there):
        kept = side.with_name("kept")
        side.rename(kept)
        side.mkdir()
        with pytest.raises(LocalProtocolError, match="nothing in it"):
            await pair.sync()
        assert list(side.iterdir()) == []
        side.rmdir()
        kept.rename(side)
    shutil.rmtree(pair.here)
    pair.here.mkdir()
    await pair.sync(allow_empty=True)
    assert pair.both == {}


async def test_a_missing_folder_is_an_error(pair: Pair) -> None:
    fill(pair.here, CONTENT)
    await pair.sync()
    pair.here.rename(pair.here.with_name("elsewhere"))
    for allow_empty in (False, True):  # which is another thing
        with pytest.raises(FileSystemError):
            await pair.sync(allow_empty=allow_empty)
    pair.here.with_name("elsewhere").rename(pair.here)
    pair.there.rename(pair.there.with_name("elsewhere"))
    with pytest.raises(PermanentReplyError):
        await pair.sync(allow_empty=True)
    assert on_disk(pair.here)["a"] == b"A"


async def test_a_listing_that_may_be_cut(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(pair.here, CONTENT)
    await pair.sync()

    async def cut(self: Any, session: Any) -> Any:
        ancestry, entries = await look(self, session)
        return ancestry._replace(is_whole=False), entries[:1]

    from anyftp._client._listing._ancestry import Ancestry

    look = Ancestry.look_at_all
    monkeypatch.setattr(Ancestry, "look_at_all", cut)
    with pytest.raises(ListingError, match="may not be all"):
        await pair.sync()
    assert on_disk(pair.here)["a"] == b"A"


async def test_too_much(pair: Pair) -> None:
    fill(pair.here, {str(number): b"x" for number in range(10)})
    await pair.sync()
    for number in range(6):
        (pair.there / str(number)).unlink()
    for most in (5, 0.5):
        with pytest.raises(LocalProtocolError, match="6 of 10 would be deleted"):
            await pair.sync(max_delete=most)
    assert len(list(pair.here.iterdir())) == 10
    await pair.sync(max_delete=6)
    assert len(pair.both) == 4


async def test_a_failure_deletes_nothing(pair: Pair) -> None:
    fill(pair.here, {"a": b"A", "b": b"B"})
    await pair.sync()
    (pair.there / "a").unlink()
    fill(pair.here, {"new": b"N", "other": b"O"})
    failures: list[tuple[PurePosixPath, FTPError]] = []
    (pair.there / "new").symlink_to("/nowhere/at/all")
    (pair.here / "new").rename(pair.here / "n2")
    fill(pair.there, {"n2": b"longer"})
    os.chmod(pair.there / "n2", 0)
    report = await pair.sync(on_error=lambda path, error: failures.append((path, error)))
    if os.geteuid():  # root can read anything
        assert (pair.here / "a").exists()
        assert failures
        assert report.transfer.failed
    assert (pair.there / "other").read_bytes() == b"O"


async def test_links_are_left_alone(pair: Pair) -> None:
    fill(pair.here, {"a": b"A", "d/b": b"B"})
    (pair.here / "link").symlink_to("a")
    await pair.sync()
    assert not (pair.there / "link").exists()
    shutil.rmtree(pair.here / "d")
    (pair.here / "d").symlink_to("/etc")
    report = await pair.sync()
    assert told(report.plan) == {"unchanged": ["a"], "skipped": ["d", "link"]}
    assert (pair.there / "d" / "b").read_bytes() == b"B"


async def test_what_is_excluded(pair: Pair) -> None:
    fill(pair.here, {"a": b"A", "x.tmp": b"X", "d/y.tmp": b"Y"})
    await pair.sync(exclude=["*.tmp"])
    assert on_disk(pair.there) == {"a": b"A", "d/": b""}


# The state


async def test_a_state_that_is_none(pair: Pair, tmp_path: Path) -> None:
    fill(pair.here, CONTENT)
    for text in ("", "{}", "[]", '{"version": 2}', '{"version": 1, "pair": [], "files": {"a": 1}}'):
        pair.state.write_text(text, "utf-8")
        with pytest.raises(LocalProtocolError, match="no state of a sync"):
            await pair.sync()
    pair.state.unlink()
    await pair.sync()
    with pytest.raises(LocalProtocolError, match="of other folders"):
        await pair.client.sync(pair.here, "elsewhere", state=pair.state)
    with pytest.raises(LocalProtocolError, match="outside"):
        await pair.client.sync(pair.here, "tree", state=pair.here / "state")
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileSystemError):
        await pair.client.sync(pair.here, "tree", state=tmp_path / "folder")
    assert json.loads(pair.state.read_text("utf-8"))["version"] == 1
    assert [path.name for path in tmp_path.iterdir() if "state" in path.name] == ["state"]


async def test_without_its_state_nothing_is_deleted(pair: Pair) -> None:
    fill(pair.here, {"a": b"A", "b": b"B"})
    await pair.sync()
    pair.state.unlink()
    (pair.here / "a").unlink()
    report = await pair.sync()
    assert told(report.plan) == {"download": ["a"], "unchanged": ["b"]}


@pytest.mark.parametrize("is_killed", [False, True], ids=["cancelled", "killed"])
async def test_interrupted_anywhere(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, is_killed: bool, anyio_backend: Backend
) -> None:
    """Whatever the moment, the next sync makes both alike, and nothing is lost.

    Each loop has every second of the moments.
    """
    fill(pair.here, {"a": b"A", "gone": b"G", "both": b"1"})
    await pair.sync()
    state = pair.state.read_bytes()
    known = on_disk(pair.here)

    def begin_anew() -> None:
        for side in (pair.here, pair.there):
            shutil.rmtree(side, ignore_errors=True)
            fill(side, known)
            for name in known:
                os.utime(side / name, (1e9, 1e9))
        times = json.loads(state)
        for _, local, remote in times["files"].values():
            local[1] = remote[1] = 1e9
        pair.state.write_text(json.dumps(times), "utf-8")
        (pair.there / "gone").unlink()
        fill(pair.here, {"both": b"ours", "d/new": b"N"})
        fill(pair.there, {"both": b"the other", "e": b"E"})

    expected = {
        "a": b"A",
        "both": b"ours",
        "both.conflict": b"the other",
        "d/": b"",
        "d/new": b"N",
        "e": b"E",
    }
    has_ended, moments = False, -(anyio_backend[0] == "trio")
    while not has_ended:
        moments += 2
        begin_anew()
        with monkeypatch.context() as patched, anyio.CancelScope() as scope:
            cancel_at_line(patched, scope, moments)
            if is_killed:  # it has no time to write down what it has done
                patched.setattr("anyftp._client._syncing._sync.write_memory", lambda *_: None)
            await pair.sync()
            has_ended = True
        assert pair.client.is_connected
        await pair.sync()
        assert pair.both == expected
        assert (await pair.sync()).plan.is_empty
    assert moments > 20


def cancel_at_line(patched: pytest.MonkeyPatch, scope: anyio.CancelScope, number: int) -> None:
    """Cancel a scope when the client sends its next line but so many."""
    at_line(patched, number, scope.cancel)


@dataclass
class Line:
    """One line of the dialogue: whether it has come."""

    has_come: bool = False


def at_line(
    patched: pytest.MonkeyPatch, number: int, act: Callable[[], object], verb: str = ""
) -> Line:
    """Do something before the client sends its next line, with that verb, but so many."""
    transmit, left, line = Wire.transmit, number, Line()

    async def counted(self: Wire, data: Any, *arguments: Any, **options: Any) -> Any:
        nonlocal left
        left -= bytes(data).startswith(verb.encode())
        if left == 0 and not line.has_come:
            line.has_come = True
            act()
        return await transmit(self, data, *arguments, **options)

    patched.setattr(Wire, "transmit", counted)
    return line


def begin_with_something_of_each_kind(pair: Pair) -> list[str]:
    """Have something to download, upload, delete and keep twice; gives the names on both sides."""
    for side in (pair.here, pair.there):
        shutil.rmtree(side, ignore_errors=True)
    pair.state.unlink(missing_ok=True)
    fill(pair.here, {name: name.encode() for name in ("down", "up", "here", "there", "both")})
    return ["down", "up", "here", "there", "both", "new_here", "new_there", "both.conflict"]


def change_something_of_each_kind(pair: Pair) -> None:
    fill(pair.here, {"up": b"changed here", "both": b"ours", "new_here": b"N"})
    fill(pair.there, {"down": b"changed there", "both": b"the other", "new_there": b"new"})
    (pair.there / "here").unlink()
    (pair.here / "there").unlink()


async def sync_while_edited(pair: Pair, edited: dict[str, bytes]) -> None:
    """After a sync during which files were edited, and the next ones, no edit is lost."""
    for _ in range(3):  # what was refused is decided anew; then what a conflict has left
        await pair.sync(on_error=lambda path, error: None)
    assert (await pair.sync()).plan.is_empty
    assert set(edited.values()) <= set(pair.both.values())


async def test_local_files_that_are_edited_meanwhile(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, anyio_backend: Backend
) -> None:
    """Whatever the moment: what is replaced or deleted is what was looked at, or it stays.

    Each loop has every second of the moments.
    """
    has_ended, moments = False, -(anyio_backend[0] == "trio")
    while not has_ended:
        moments += 2
        names = begin_with_something_of_each_kind(pair)
        await pair.sync()
        change_something_of_each_kind(pair)
        edited = {name: f"{name} was edited".encode() for name in names}
        with monkeypatch.context() as patched:
            line = at_line(patched, moments, partial(fill, pair.here, edited))
            await pair.sync(on_error=lambda path, error: None)
            has_ended = not line.has_come
        if not has_ended:
            await sync_while_edited(pair, edited)
    assert moments > 20


@pytest.mark.parametrize("verb", ["SIZE", ""], ids=["before the last look", "after the plan"])
async def test_remote_files_that_are_edited_meanwhile(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """FTP has no condition: there is a look, and then the act. Until the look nothing is lost."""
    names = begin_with_something_of_each_kind(pair)
    await pair.sync()
    change_something_of_each_kind(pair)
    edited = {name: f"{name} was edited".encode() for name in names}
    failed: list[str] = []

    def tell(path: object, error: FTPError) -> None:
        failed.append(str(error))

    def edit(*_: object) -> None:
        fill(pair.there, edited)

    with monkeypatch.context() as patched:
        if verb:
            at_line(patched, 1, edit, verb=verb)
        await pair.sync(on_error=tell, on_plan=None if verb else edit)
    assert any("changed meanwhile" in each for each in failed)
    await sync_while_edited(pair, edited)


async def test_a_server_that_has_listings_and_no_times(tmp_path: Path) -> None:
    """Neither MLSD nor MFMT: what is copied is not taken for changed."""
    root = tmp_path / "served"
    fill(root / "tree", {"there": b"T"})
    async with served(root) as client:
        assert client._session is not None
        client._session.learnt.refused |= {"MLSD", "MLST"}
        client._session.learnt.features = {}
        pair = Pair(client, tmp_path / "here", root / "tree", tmp_path / "state")
        fill(pair.here, {"here": b"H", "both": b"B"})
        await pair.sync()
        assert pair.both == {"there": b"T", "here": b"H", "both": b"B"}
        assert (await pair.sync()).plan.is_empty
        fill(pair.here, {"here": b"longer"})
        (pair.here / "both").unlink()
        await pair.sync()
        assert pair.both == {"there": b"T", "here": b"longer"}


@pytest.mark.parametrize("is_listed_by_days", [False, True])
async def test_an_edit_of_what_came_without_an_exact_time(
    tmp_path: Path, is_listed_by_days: bool
) -> None:
    """To the same size: what is remembered is the time that it has here."""
    tree = RenamingTree({"/tree/": b"", "/tree/a": b"1"})
    line = listing("-rw-r--r-- 1 u g 1 Sep 9 2001 a")
    answers = {"MLSD": "500 no", "LIST": line} if is_listed_by_days else {}
    async with tree.peer(**answers).client() as client:
        for content in (b"1", b"2"):
            if content == b"2":
                (tmp_path / "here" / "a").write_bytes(content)
                os.utime(tmp_path / "here" / "a", (1e9, 1e9))
            await client.sync(tmp_path / "here", "/tree", state=tmp_path / "state")
            assert tree.content["/tree/a"] == (tmp_path / "here" / "a").read_bytes() == content


async def test_what_cannot_be_renamed_is_not_touched(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(pair.here, {"a": b"ours", "b": b"B"})
    fill(pair.there, {"a": b"theirs"})

    async def refuse(*_: object) -> None:
        raise PermanentReplyError("550", ["no"], command="RNTO", argument="a")

    monkeypatch.setattr("anyftp._client._syncing._sync.rename", refuse)
    failed: list[object] = []
    try:
        await pair.sync(on_error=lambda path, error: failed.append(path))
    except ReplyError:
        pytest.fail("it was to be told")
    assert (pair.here / "a").read_bytes() == b"ours"
    assert (pair.there / "a").read_bytes() == b"theirs"
    assert (pair.there / "b").read_bytes() == b"B"
    assert [str(path) for path in failed if path is not None] == ["tree/a"]
