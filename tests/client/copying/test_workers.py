"""Several files at once, on our own server; failures, limits and cancellation."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import Any

import anyio
import pytest

from anyftp import Client, LocalFileSystem, Server, User
from anyftp._client._listing._listing import Listing
from anyftp._client._session._lifecycle import aclose, open_sibling
from anyftp._errors import ConnectionLost, FileSystemError, LocalProtocolError, ReplyError
from client.peer import Peer
from client.serving import Line, served

pytestmark = pytest.mark.anyio


def fill(folder: Path, *, nfolders: int = 4, nfiles: int = 10) -> dict[str, bytes]:
    content = {}
    for d in range(nfolders):
        for f in range(nfiles):
            path = folder / f"d{d}" / "deep" / f"f{f}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(os.urandom(5000 + f))
            content[str(path.relative_to(folder))] = path.read_bytes()
    return content


def found(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("jobs", [1, 2, 5, 20])
async def test_trees_both_ways(jobs: int, tmp_path: Path) -> None:
    content = fill(tmp_path / "mine")
    async with served(tmp_path / "served", max_connections_per_address=50) as client:
        up = await client.upload(tmp_path / "mine", "t", jobs=jobs)
        assert found(tmp_path / "served" / "t") == content
        down = await client.download("t", tmp_path / "again", jobs=jobs)
        assert found(tmp_path / "again") == content
        await client.noop()
    for report in (up, down):
        assert (report.files, report.directories) == (40, 9)
        assert report.nbytes == sum(map(len, content.values()))
        assert report.seconds_replies > 0


async def test_relative_paths_mean_the_same_to_all_sessions(tmp_path: Path) -> None:
    content = fill(tmp_path / "served" / "sub" / "t")
    async with served(tmp_path / "served") as client:
        await client.change_directory("sub")
        await client.download("t", tmp_path / "again", jobs=3)
    assert found(tmp_path / "again") == content


async def test_a_server_that_lets_in_fewer(tmp_path: Path) -> None:
    content = fill(tmp_path / "served" / "t")
    async with served(tmp_path / "served", max_connections_per_address=3) as client:
        await client.download("t", tmp_path / "again", jobs=10)
        await client.noop()
    assert found(tmp_path / "again") == content


async def test_the_first_failure_is_raised_as_it_is(tmp_path: Path) -> None:
    fill(tmp_path / "served" / "t")
    (tmp_path / "t" / "d2" / "deep" / "f5").mkdir(parents=True)
    async with served(tmp_path / "served") as client:
        with pytest.raises(FileSystemError):
            await client.download("t", tmp_path, jobs=4)
        await client.noop()


async def test_a_refusal_in_one_session(tmp_path: Path) -> None:
    fill(tmp_path / "served" / "t")
    bad = tmp_path / "served" / "t" / "d1" / "deep" / "pipe"
    (tmp_path / "secret").write_bytes(b"")
    bad.symlink_to(tmp_path / "secret")
    async with served(tmp_path / "served") as client:
        report = await client.download("t", tmp_path / "again", jobs=4)
        assert report.files == 40
        with pytest.raises(ReplyError):
            await client.download("missing", tmp_path / "again", jobs=4)


async def test_cancelling_several_jobs(tmp_path: Path) -> None:
    fill(tmp_path / "served" / "t", nfiles=50)
    async with served(tmp_path / "served") as client:
        for seconds in (0.001, 0.01, 0.03, 0.06):
            with anyio.move_on_after(seconds):
                await client.download("t", tmp_path / "again", jobs=4)
            assert str(await client.get_current_directory()) == "/"
        assert not [name for name in found(tmp_path) if ".anyftp" in name]


@pytest.mark.parametrize("jobs", [0, -1])
async def test_no_jobs(jobs: int, tmp_path: Path) -> None:
    async with served(tmp_path / "served") as client:
        with pytest.raises(LocalProtocolError):
            await client.download("t", tmp_path, jobs=jobs)


# Sessions that die


class Ambush(LocalFileSystem):
    """Cuts control connections once so many files are being sent at the same time."""

    def __init__(self, root: Path, line: Line, which: slice, *, crowd: int, times: int) -> None:
        super().__init__(root)
        self._line = line
        self._which = which
        self._crowd = crowd
        self._times = times
        self._waiting = 0
        self._is_sprung = anyio.Event()

    async def open_read(self, path: PurePosixPath, offset: int = 0) -> Any:
        file = await super().open_read(path, offset)
        if self._times:
            self._waiting += 1
            try:
                await self._wait_for_others()
            except BaseException:
                await file.aclose()
                raise
        return file

    async def _wait_for_others(self) -> None:
        if self._waiting < self._crowd:
            return await self._is_sprung.wait()
        self._times -= 1
        self._waiting = 0
        self._line.cut(self._which)
        sprung, self._is_sprung = self._is_sprung, anyio.Event()
        return sprung.set()


@pytest.mark.parametrize("which", [slice(1, None), slice(1)], ids=["siblings", "the-callers"])
async def test_no_file_is_lost_when_sessions_die(which: slice, tmp_path: Path) -> None:
    content = fill(tmp_path / "served" / "t")
    line = Line()
    files = Ambush(tmp_path / "served", line, which, crowd=4, times=1)
    async with served(tmp_path / "served", files, line) as client:
        report = await client.download("t", tmp_path / "again", jobs=4)
        assert found(tmp_path / "again") == content
        assert (report.files, report.directories) == (40, 9)
        if which == slice(1):
            with pytest.raises(ConnectionLost):
                await client.noop()
        else:
            await client.noop()
    if which != slice(1):
        assert len(line.controls) > 4  # there were replacements


async def test_no_file_is_lost_when_the_server_lets_in_no_replacement(tmp_path: Path) -> None:
    content = fill(tmp_path / "served" / "t")
    line = Line()
    files = Ambush(tmp_path / "served", line, slice(1, 2), crowd=3, times=1)
    options: dict[str, Any] = {"max_connections_per_address": 3}
    async with served(tmp_path / "served", files, line, **options) as client:
        await client.download("t", tmp_path / "again", jobs=9)
    assert found(tmp_path / "again") == content


async def test_all_sessions_die_over_and_over(tmp_path: Path) -> None:
    fill(tmp_path / "served" / "t")
    line = Line()
    files = Ambush(tmp_path / "served", line, slice(None), crowd=1, times=1000)
    async with served(tmp_path / "served", files, line) as client:
        with pytest.raises(ConnectionLost):
            await client.download("t", tmp_path / "again", jobs=3)
    assert not [name for name in found(tmp_path) if ".anyftp" in name]
    assert len(line.controls) < 20


async def test_a_server_that_lets_in_fewer_is_asked_for_one_more_the_next_time(
    tmp_path: Path,
) -> None:
    fill(tmp_path / "served" / "t")
    line = Line()
    options: dict[str, Any] = {"max_connections_per_address": 3}
    async with served(tmp_path / "served", None, line, **options) as client:
        for nconnections in (4, 7):
            await client.download("t", tmp_path / "again", jobs=10)
            assert len(line.controls) <= nconnections


async def test_what_a_server_lets_in_is_tried_out_one_by_one(tmp_path: Path) -> None:
    """A limit that was met is not rushed past in the next call, whatever has become of it."""
    fill(tmp_path / "served" / "t")
    user = User(name="alice", password="x", file_system=LocalFileSystem(tmp_path / "served"))
    server = Server([user], max_connections_per_address=2)
    line = Line()
    async with anyio.create_task_group() as group:
        ((host, port), *_) = await group.start(server.serve, "127.0.0.1", 0)
        async with Client.context(host, port, "alice", "x", dialler=line) as client:
            await client.download("t", tmp_path / "one", jobs=10)
            assert len(line.controls) <= 3  # ours, another one, and one that was refused
            line.controls.clear()
            server.change(max_connections_per_address=100)
            await client.download("t", tmp_path / "two", jobs=10)
            assert len(line.controls) <= 2
        group.cancel_scope.cancel()


async def test_no_more_sessions_than_files(tmp_path: Path) -> None:
    fill(tmp_path / "served" / "t", nfolders=1, nfiles=2)
    line = Line()
    async with served(tmp_path / "served", None, line) as client:
        await client.download("t", tmp_path / "again", jobs=10)
    assert len(line.controls) <= 3


async def test_another_session_knows_what_the_first_has_learnt() -> None:
    peer = Peer(EPSV="500 what?", MLSD="500 what?")
    async with peer.client() as client:
        await client.list()
        session = client._connected()
        sibling = await open_sibling(session, "/home")
        peer.commands.clear()
        try:
            assert len(await Listing(sibling, "").collect()) == 2
        finally:
            await aclose(sibling)
    assert peer.commands == ["OPTS UTF8 ON", "PASV", "LIST"]
