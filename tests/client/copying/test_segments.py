"""One file over several connections: the whole file, or no file at all."""

from __future__ import annotations

import errno
import os
import random
from pathlib import Path, PurePosixPath
from typing import Any

import anyio
import pytest

from anyftp import LocalFileSystem, Progress, Reply, RetryPolicy, Session
from anyftp._client._copying import _segments
from anyftp._errors import (
    ConnectionLost,
    DataConnectionError,
    FileSystemError,
    IncompleteTransferError,
    LocalProtocolError,
    PermanentReplyError,
)
from client.peer import Peer, rest, retr
from client.serving import Line, served

pytestmark = pytest.mark.anyio

SEGMENT = 200_000
SOON = RetryPolicy(attempts=3, first_delay_seconds=0.001)
WHOLE = random.Random(2).randbytes(1_000_003)


@pytest.fixture(autouse=True)
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_segments, "MIN_SEGMENT_BYTES", SEGMENT)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "f").write_bytes(WHOLE)
    return folder


@pytest.mark.parametrize("segments", [1, 2, 5, 100])
async def test_the_whole_file(segments: int, root: Path, tmp_path: Path) -> None:
    line = Line()
    seen: list[Progress] = []
    async with served(root, None, line, max_connections_per_address=50) as client:
        report = await client.download(
            "f", tmp_path / "f", segments=segments, progress=seen.append, keep_times=True
        )
        assert str(await client.get_current_directory()) == "/"
    assert (tmp_path / "f").read_bytes() == WHOLE
    assert (report.files, report.nbytes) == (1, len(WHOLE))
    assert len(line.controls) <= min(segments, len(WHOLE) // SEGMENT)
    assert {step.total for step in seen} == {len(WHOLE)}
    moved = [step.nbytes for step in seen]
    assert moved == sorted(moved)
    assert moved[-1] == len(WHOLE)
    assert int((tmp_path / "f").stat().st_mtime) == int((root / "f").stat().st_mtime)


async def test_several_at_the_same_time(root: Path, tmp_path: Path) -> None:
    class Crowd(LocalFileSystem):
        """Lets nobody read before three do."""

        waiting = 0
        is_crowded = anyio.Event()

        async def open_read(self, path: PurePosixPath, offset: int = 0) -> Any:
            file = await super().open_read(path, offset)
            self.waiting += 1
            if self.waiting == 3:
                self.is_crowded.set()
            await self.is_crowded.wait()
            return file

    async with served(root, Crowd(root)) as client:
        await client.download("f", tmp_path / "f", segments=3)
    assert (tmp_path / "f").read_bytes() == WHOLE


async def test_a_server_that_lets_in_fewer(root: Path, tmp_path: Path) -> None:
    async with served(root, max_connections_per_address=2) as client:
        await client.download("f", tmp_path / "f", segments=5)
        await client.noop()
    assert (tmp_path / "f").read_bytes() == WHOLE


async def test_a_small_file_comes_in_one_piece(tmp_path: Path) -> None:
    peer = Peer()
    async with peer.client() as client:
        await client.download("f", tmp_path / "f", segments=4)
    assert peer.commands == ["TYPE I", "SIZE f", "MDTM f", "EPSV", "RETR f"]


@pytest.mark.parametrize("answer", ["502 what?", "501 no"])
async def test_rest_refused(answer: str, tmp_path: Path) -> None:
    peer = Peer(content=WHOLE, SIZE=f"213 {len(WHOLE)}", REST=answer)
    async with peer.client() as client:
        await client.download("f", tmp_path / "f", segments=4)
        await client.noop()
    assert (tmp_path / "f").read_bytes() == WHOLE
    assert not [line for line in peer.commands if line.startswith("USER")]


@pytest.mark.parametrize("content", [WHOLE, bytes(len(WHOLE))], ids=["random", "zeros"])
async def test_quirk_51_rest_accepted_but_ignored(content: bytes, tmp_path: Path) -> None:
    # The peer speaks to one connection at a time: the caller's own does all segments in turn.
    peer = Peer(content=content, SIZE=f"213 {len(content)}", REST="350 if you say so")
    async with peer.client() as client:
        peer.refused_ports.add(21)
        await client.download("f", tmp_path / "f", segments=4)
        await client.noop()
    assert (tmp_path / "f").read_bytes() == content


async def test_a_file_that_changes_meanwhile(root: Path, tmp_path: Path) -> None:
    times = ["213 20260102030405"] * 4 + ["213 20270102030405"]
    peer = Peer(content=WHOLE, SIZE=f"213 {len(WHOLE)}", MDTM=tuple(times))
    async with peer.client() as client:
        peer.refused_ports.add(21)
        with pytest.raises(IncompleteTransferError):
            await client.download("f", tmp_path / "f", segments=3)
        await client.noop()
    assert "f" not in os.listdir(tmp_path)


@pytest.mark.parametrize("after", [4, 5], ids=["a-segment", "the-one-piece"])
async def test_what_fails_for_the_time_being(after: int, tmp_path: Path) -> None:
    peer = Peer(
        content=WHOLE,
        SIZE=f"213 {len(WHOLE)}",
        REST="350 if you say so",
        RETR=(*[retr] * (after - 1), "450 busy", retr),
    )
    async with peer.client(retry=SOON) as client:
        peer.refused_ports.add(21)
        await client.download("f", tmp_path / "f", segments=4)
    assert (tmp_path / "f").read_bytes() == WHOLE
    assert peer.commands.count("RETR f") == 6


async def test_a_part_that_is_tried_again_goes_on_where_it_stopped(tmp_path: Path) -> None:
    async def partly(peer: Peer, argument: str) -> None:
        await peer.say("150 here it comes")
        data = await peer.accept_data()
        await data.send(peer.content[:100_000])
        data.close()
        await peer.say("426 broken off")

    peer = Peer(content=WHOLE, SIZE=f"213 {len(WHOLE)}", RETR=(partly, retr))
    async with peer.client(retry=SOON) as client:
        peer.refused_ports.add(21)
        await client.download("f", tmp_path / "f", segments=2)
    assert (tmp_path / "f").read_bytes() == WHOLE
    half = len(WHOLE) // 2
    offsets = [int(line[5:]) for line in peer.commands if line.startswith("REST")]
    assert offsets == [half, 0, 100_000 - 4096, half - 4096]


async def test_cancelled_while_rest_is_tried(tmp_path: Path) -> None:
    scope = anyio.CancelScope()

    async def slowly(peer: Peer, argument: str) -> None:
        scope.cancel()
        await rest(peer, argument)

    peer = Peer(content=WHOLE, SIZE=f"213 {len(WHOLE)}", REST=(slowly, rest))
    async with peer.client() as client:
        with scope:
            await client.download("f", tmp_path / "f", segments=4)
        assert scope.cancelled_caught
        await client.download("f", tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == WHOLE


async def test_other_servers_behind_the_same_name(root: Path, tmp_path: Path) -> None:
    class TwoFaces(LocalFileSystem):
        """Every other reader gets another content of the same size and time."""

        readers = 0

        async def open_read(self, path: PurePosixPath, offset: int = 0) -> Any:
            self.readers += 1
            odd = self.readers % 2 and self.readers < 4
            return await super().open_read(PurePosixPath("/g") if odd else path, offset)

    (root / "g").write_bytes(WHOLE[::-1])
    async with served(root, TwoFaces(root)) as client:
        await client.download("f", tmp_path / "f", segments=3)
        await client.noop()
    assert (tmp_path / "f").read_bytes() == WHOLE


class Trap(LocalFileSystem):
    """Cuts control connections once so many readers have come."""

    def __init__(self, root: Path, line: Line, which: slice, *, crowd: int) -> None:
        super().__init__(root)
        self._line = line
        self._which = which
        self._crowd = crowd
        self._nreaders = 0

    async def open_read(self, path: PurePosixPath, offset: int = 0) -> Any:
        file = await super().open_read(path, offset)
        self._nreaders += 1
        if self._nreaders == self._crowd:
            self._line.cut(self._which)
        return file


async def test_sessions_that_die(root: Path, tmp_path: Path) -> None:
    line = Line()
    async with served(root, Trap(root, line, slice(1, None), crowd=3), line) as client:
        await client.download("f", tmp_path / "f", segments=4)
        await client.noop()
    assert (tmp_path / "f").read_bytes() == WHOLE


async def test_all_sessions_are_lost_once_and_made_anew(root: Path, tmp_path: Path) -> None:
    line = Line()
    files = Trap(root, line, slice(None), crowd=2)
    async with served(root, files, line, retry=SOON) as client:
        report = await client.download("f", tmp_path / "f", segments=4)
        assert str(await client.get_current_directory()) == "/"
    assert (tmp_path / "f").read_bytes() == WHOLE
    assert report.files == 1
    assert sorted(os.listdir(tmp_path)) == ["f", "served"]


async def test_the_server_goes_away_in_spite_of_retries(root: Path, tmp_path: Path) -> None:
    line = Line()

    class Failing(LocalFileSystem):
        async def open_read(self, path: PurePosixPath, offset: int = 0) -> Any:
            line.cut(slice(None))
            raise FileSystemError(errno.EIO, path)

    (tmp_path / "f").write_bytes(b"old")
    async with served(root, Failing(root), line, retry=SOON) as client:
        with pytest.raises((ConnectionLost, DataConnectionError)):
            await client.download("f", tmp_path / "f", segments=3)
    assert (tmp_path / "f").read_bytes() == b"old"
    assert sorted(os.listdir(tmp_path)) == ["f", "served"]
    assert len(line.controls) < 60


async def test_the_server_goes_away(root: Path, tmp_path: Path) -> None:
    line = Line()

    class Cutting(LocalFileSystem):
        async def open_read(self, path: PurePosixPath, offset: int = 0) -> Any:
            file = await super().open_read(path, offset)
            line.cut(slice(None))
            return file

    (tmp_path / "f").write_bytes(b"old")
    async with served(root, Cutting(root), line) as client:
        with pytest.raises((ConnectionLost, DataConnectionError)):
            await client.download("f", tmp_path / "f", segments=4)
    assert (tmp_path / "f").read_bytes() == b"old"
    assert sorted(os.listdir(tmp_path)) == ["f", "served"]


@pytest.mark.parametrize("after", [1, 150_000, 500_000, len(WHOLE)])
async def test_cancelled_at_some_moment(after: int, root: Path, tmp_path: Path) -> None:
    async with served(root) as client:
        with anyio.CancelScope() as scope:

            def stop(progress: Progress) -> None:
                if progress.nbytes >= after:
                    scope.cancel()

            await client.download("f", tmp_path / "f", segments=4, progress=stop)
        assert str(await client.get_current_directory()) == "/"
        assert sorted(os.listdir(tmp_path)) in (["served"], ["f", "served"])
        if (tmp_path / "f").exists():
            assert (tmp_path / "f").read_bytes() == WHOLE


async def test_missing_files_and_folders(root: Path, tmp_path: Path) -> None:
    (root / "d").mkdir()
    (root / "d" / "a").write_bytes(b"A")
    async with served(root) as client:
        with pytest.raises(PermanentReplyError):
            await client.download("missing", tmp_path / "x", segments=3)
        await client.download("d", tmp_path, segments=3)
        assert (tmp_path / "d" / "a").read_bytes() == b"A"
        with pytest.raises(FileSystemError):
            await client.download("f", tmp_path / "no" / "x", segments=3)
        await client.download("f", tmp_path / "d", segments=3)
        assert (tmp_path / "d" / "f").read_bytes() == WHOLE


async def test_verified(root: Path, tmp_path: Path) -> None:
    async with served(root, extensions=["HASH"]) as client:
        report = await client.download("f", tmp_path / "f", segments=3, verify="required")
    assert report.unverified == ()
    assert (tmp_path / "f").read_bytes() == WHOLE


@pytest.mark.parametrize(
    "options",
    [{"segments": 0}, {"segments": 2, "resume": True}, {"segments": 2, "kind": "A"}],
    ids=str,
)
async def test_what_makes_no_sense(options: Any, tmp_path: Path) -> None:
    peer = Peer()
    async with peer.client() as client:
        with pytest.raises(LocalProtocolError):
            await client.download("f", tmp_path / "f", **options)
    assert peer.commands == []


async def test_a_server_that_does_not_tell_where_we_are(root: Path, tmp_path: Path) -> None:
    """Then nobody else can be sent there: all comes over the one connection."""

    async def refuse(session: Session, argument: str) -> Reply:
        return Reply("502", ("no PWD here",))

    line = Line()
    async with served(root, None, line, handlers={"PWD": refuse}) as client:
        await client.download("f", tmp_path / "f", segments=3)
        await client.noop()
    assert (tmp_path / "f").read_bytes() == WHOLE
    assert len(line.controls) == 1
