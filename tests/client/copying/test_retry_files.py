"""Whole files that are tried again. They are real ones, so the clock is too: next to no waits."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path, PurePosixPath
from typing import Any

import anyio
import pytest

from anyftp import ReadFile, RetryPolicy, WriteFile
from anyftp._errors import ConnectionLost, DataConnectionError, FTPError
from anyftp.testing._faults import FaultyFiles, _CutReadFile, _FaultyWriteFile
from client.peer import CONTENT, Peer, hang_up, listing, retr, send_data, stor
from client.serving import served

pytestmark = pytest.mark.anyio

SOON = RetryPolicy(attempts=4, first_delay_seconds=0.001)


async def half(peer: Peer, argument: str) -> None:
    """Send half of a file and leave."""
    offset, peer.offset = peer.offset, 0
    await peer.say("150 here it comes")
    data = await peer.accept_data()
    await data.send(peer.content[offset : offset + 1000])
    data.close()
    await hang_up(peer, argument)


async def most(peer: Peer, argument: str) -> None:
    """Send 100 kB more of a file and leave."""
    offset, peer.offset = peer.offset, 0
    await peer.say("150 here it comes")
    data = await peer.accept_data()
    await data.send(peer.content[offset : offset + 100_000])
    data.close()
    await hang_up(peer, argument)


async def short(peer: Peer, argument: str) -> None:
    """Say in the middle of the file that this is all."""
    await peer.say(f"150 here it comes ({len(peer.content)} bytes)")
    data = await peer.accept_data()
    await data.send(peer.content[:1000])
    data.close()
    await peer.say("426 it broke off")


@pytest.mark.parametrize(
    "fault", [half, short, hang_up, "450 busy"], ids=["half", "short", "nothing", "450"]
)
async def test_a_download(fault: Any, tmp_path: Path) -> None:
    peer = Peer(RETR=(fault, fault, retr))
    async with peer.client(retry=SOON) as client:
        report = await client.download("f", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == CONTENT
    assert report.files == 1
    assert list(tmp_path.iterdir()) == [tmp_path / "copy"]


@pytest.mark.parametrize("resume", [False, True])
async def test_a_copy_that_differs_is_made_anew(resume: bool, tmp_path: Path) -> None:
    content = bytes(100_000)
    wrong, right = f"250 {'0' * 32}", f"250 {hashlib.md5(content).hexdigest()}"
    feat = "211-F\r\n XMD5\r\n211 End"
    peer = Peer(content=content, FEAT=feat, XMD5=(wrong, right), SIZE=f"213 {len(content)}")
    async with peer.client(retry=SOON) as client:
        await client.download("f", tmp_path / "f", verify="required", resume=resume)
        assert peer.commands.count("RETR f") == 2
        peer.answers["XMD5"] = (wrong, right)
        await client.upload(tmp_path / "f", "g", verify="required", resume=False)
        assert peer.commands.count("STOR g") == 2
    assert (tmp_path / "f").read_bytes() == peer.files["g"] == content


async def test_a_download_goes_on_where_it_stopped(tmp_path: Path) -> None:
    content = CONTENT * 100
    peer = Peer(content=content, RETR=(most, most, retr), SIZE=f"213 {len(content)}")
    async with peer.client(retry=SOON) as client:
        report = await client.download("f", tmp_path / "copy", resume=True)
    assert (tmp_path / "copy").read_bytes() == content
    offsets = [int(command[5:]) for command in peer.commands if command.startswith("REST")]
    assert len(offsets) == 2
    assert 90_000 < offsets[0] < offsets[1]
    assert report.nbytes < len(content) + 100


async def test_an_upload(tmp_path: Path) -> None:
    async def drop(peer: Peer, argument: str) -> None:
        await peer.say("150 send it")
        data = await peer.accept_data()
        await data.receive(100)
        data.close()
        await hang_up(peer, argument)

    (tmp_path / "mine").write_bytes(CONTENT * 100)
    peer = Peer(STOR=(drop, "452 no space", stor))
    async with peer.client(retry=SOON) as client:
        await client.upload(tmp_path / "mine", "f")
    assert peer.received == CONTENT * 100


async def test_a_tree_by_several_sessions(tmp_path: Path) -> None:
    lines = [f"type=file;size={len(CONTENT)}; {n}" for n in range(6)]
    peer = Peer(MLSD=(hang_up, listing(*lines)), RETR=(half, retr, half, short, retr))
    async with peer.client(retry=SOON) as client:
        report = await client.download("d/", tmp_path)
    assert report.files == 6
    assert {path.read_bytes() for path in (tmp_path / "d").iterdir()} == {CONTENT}


async def test_a_download_that_fails_for_ever_leaves_nothing(tmp_path: Path) -> None:
    peer = Peer(RETR=half)
    async with peer.client(retry=SOON) as client:
        with pytest.raises((ConnectionLost, DataConnectionError)):
            await client.download("f", tmp_path / "copy")
    assert list(tmp_path.iterdir()) == []
    assert peer.commands.count("RETR f") == 4


async def test_the_time_waited_for_replies_is_summed_over_connections(tmp_path: Path) -> None:
    async def late(peer: Peer, argument: str) -> None:
        await anyio.sleep(0.05)
        await send_data(peer, peer.content)

    peer = Peer(RETR=(half, late), SIZE=f"213 {len(CONTENT)}")
    async with peer.client(retry=SOON) as client:
        report = await client.download("f", tmp_path / "copy")
    assert report.seconds_replies >= 0.04


class OneThatBreaks(FaultyFiles):
    """Whoever transfers the file `bad` loses both connections, each time."""

    def __init__(self) -> None:
        super().__init__()
        self.tries = 0

    async def open_read(self, path: PurePosixPath, offset: int = 0) -> ReadFile:  # type: ignore[override]
        file = await super().open_read(path, offset)
        return _CutReadFile(file, 1000) if self._is_bad(path) else file

    async def open_write(self, path: PurePosixPath, **options: Any) -> WriteFile:  # type: ignore[override]
        file = await super().open_write(path, **options)
        return _FaultyWriteFile(self, path, file, 1000) if self._is_bad(path) else file

    def _is_bad(self, path: PurePosixPath) -> bool:
        self.tries += path.name == "bad"
        return path.name == "bad"


@pytest.mark.one_loop
@pytest.mark.parametrize("jobs", [1, 2, 5])
@pytest.mark.parametrize("attempts", [1, 2, 4])
@pytest.mark.parametrize("way", ["download", "upload", "mirror"])
async def test_attempts_are_those_of_all_sessions_together(
    way: str, attempts: int, jobs: int, tmp_path: Path
) -> None:
    """A file that cannot be had is not tried as often by each session that comes to it."""
    files, mine = OneThatBreaks(), tmp_path / "mine"
    policy = RetryPolicy(attempts=attempts, first_delay_seconds=0.001)
    names = ["bad", *map(str, range(20))]
    await files.make_directory(PurePosixPath("/d"))
    mine.mkdir()
    for name in names:
        (mine / name).write_bytes(CONTENT)
        if way == "download":
            async with await files.open_write(PurePosixPath("/d", f"new{name}")) as file:
                await file.write(memoryview(CONTENT))
                await file.commit()
            await files.rename(PurePosixPath("/d", f"new{name}"), PurePosixPath("/d", name))
    async with served(tmp_path / "served", files, retry=policy) as client:
        do: Callable[[], Awaitable[object]] = {
            "download": lambda: client.download("d/", tmp_path / "here", jobs=jobs),
            "upload": lambda: client.upload(mine, "d/", jobs=jobs),
            "mirror": lambda: client.mirror_upload(mine, "d", jobs=jobs),
        }[way]
        with pytest.raises(FTPError):
            await do()
    assert files.tries == attempts
