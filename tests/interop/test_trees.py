"""Mirrors, walks and patterns on other programs' servers."""

from __future__ import annotations

import os
import shutil
from contextlib import AbstractAsyncContextManager
from datetime import UTC
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from anyftp import Client, MirrorPlan
from interop.daemons import Daemon, StartDaemon

pytestmark = [pytest.mark.anyio, pytest.mark.interop]

FILES = {
    "a.txt": b"A",
    "d/b.bin": b"B" * 100_000,
    "d/e/c.txt": b"C" * 10,
    "d/e/name with blanks [1].txt": b"",
    "grüße.txt": b"G",
    ".hidden": b"H",
    ".config/.deep": b"D",
    ".config/plain": b"P",
}
#: Seconds since 1970, of which LIST tells the day; others are a day old: it tells the minute.
OLD = 1_000_000_000
DAY = 86_400


@pytest.fixture(params=["vsftpd", "proftpd", "pure-ftpd", "pyftpdlib"])
def daemon(request: pytest.FixtureRequest, ftp_daemon: StartDaemon) -> Daemon:
    return ftp_daemon(request.param)


def logged_in(daemon: Daemon, **options: Any) -> AbstractAsyncContextManager[Client]:
    return Client.context(
        daemon.host, daemon.port, daemon.user, daemon.password, timeout=10, **options
    )


def fill(folder: Path, now: float) -> Path:
    for number, (name, data) in enumerate(FILES.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        seconds = OLD + number if number % 2 else now - DAY - number
        os.utime(path, (seconds, seconds))
    return folder


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


async def test_mirrors(daemon: Daemon, tmp_path: Path) -> None:
    """Up, once more, down, once more; then deleting on either side."""
    local, remote = daemon.folder()
    mine = fill(tmp_path / "mine", tmp_path.stat().st_mtime)
    async with logged_in(daemon) as client:
        await client.mirror_upload(mine, remote / "t")
        assert content(local / "t") == FILES
        await nothing_is_left(client, mine, remote / "t", tmp_path / "copy")
        (mine / "a.txt").unlink()
        (mine / "new").write_bytes(b"N")
        up = await client.mirror_upload(mine, remote / "t", delete=True, jobs=2)
        assert (names(up.plan.transfer), names(up.plan.delete)) == (["new"], ["a.txt"])
        assert content(local / "t") == content(mine)
        down = await client.mirror_download(remote / "t", tmp_path / "copy", delete=True, jobs=2)
        assert (names(down.plan.transfer), names(down.plan.delete)) == (["new"], ["a.txt"])
        assert content(tmp_path / "copy") == content(mine)


async def nothing_is_left(client: Client, mine: Path, remote: PurePosixPath, copy: Path) -> None:
    """A second run finds all as it is, in both directions."""
    assert unchanged((await client.mirror_upload(mine, remote, delete=True)).plan)
    await client.mirror_download(remote, copy, delete=True)
    if hides_dots(client):
        assert content(copy) == {name: data for name, data in FILES.items() if name[0] != "."}
        for name in (".hidden", ".config"):
            shutil.move(fill(copy.parent / "whole", 1_700_000_000) / name, copy)
    assert content(copy) == FILES
    again = (await client.mirror_download(remote, copy, delete=True)).plan
    assert again.is_empty
    assert hides_dots(client) or unchanged(again)
    assert content(copy) == FILES


def hides_dots(client: Client) -> bool:
    """vsftpd's LIST does."""
    return "MLSD" in client._connected().learnt.refused


def unchanged(plan: MirrorPlan) -> bool:
    return plan.is_empty and len(plan.unchanged) == len(FILES)


def names(paths: tuple[PurePosixPath, ...]) -> list[str]:
    return [str(path) for path in paths]


async def test_walk_and_glob(daemon: Daemon) -> None:
    local, remote = daemon.folder()
    fill(local, 1_700_000_000)
    async with logged_in(daemon) as client:
        walked = {
            str(folder.relative_to(remote)): sorted(entry.name for entry in files)
            async for folder, _, files in client.walk(remote)
            if folder.name != ".config"
        }
        found = await client.glob(f"{remote}/**/*.txt")
        bracket = await client.glob(f"{remote}/d/*/name*[[]1[]].txt")
    assert walked.pop(".") in (["a.txt", "grüße.txt"], [".hidden", "a.txt", "grüße.txt"])
    assert walked == {
        "d": ["b.bin"],
        "d/e": ["c.txt", "name with blanks [1].txt"],
    }
    assert sorted(str(entry.path.relative_to(remote)) for entry in found) == sorted(
        name for name in FILES if name.endswith(".txt")
    )
    assert [entry.name for entry in bracket] == ["name with blanks [1].txt"]


async def test_links_are_neither_followed_nor_emptied(daemon: Daemon, tmp_path: Path) -> None:
    """What a link in a tree leads to stays, whatever a listing says of the link."""
    local, remote = daemon.folder()
    fill(local / "kept", 1_700_000_000)
    for name in ("t", "u"):
        (local / name).mkdir()
        (local / name / "link").symlink_to("../kept")
        daemon.setup.give(local / name)
    (tmp_path / "empty").mkdir()
    async with logged_in(daemon) as client:
        await client.remove(remote / "t")
        await client.mirror_upload(tmp_path / "empty", remote / "u", delete=True, allow_empty=True)
    assert content(local / "kept") == FILES
    assert not (local / "t").exists()
    assert os.listdir(local / "u") == []


async def test_hidden_files_of_vsftpd(ftp_daemon: StartDaemon) -> None:
    daemon = ftp_daemon("vsftpd")
    local, remote = daemon.folder()
    daemon.put(local / ".hidden", b"H")
    async with logged_in(daemon) as client:
        assert await client.list(remote) == []
    async with logged_in(daemon, list_options="-a") as client:
        assert [entry.name for entry in await client.list(remote)] == [".hidden"]


async def test_the_zone_of_vsftpd(ftp_daemon: StartDaemon) -> None:
    daemon = ftp_daemon("vsftpd")
    local, remote = daemon.folder()
    for name in ("a", "b"):
        daemon.put(local / name, b"x")
    async with logged_in(daemon) as client:
        zone = await client.measure_zone(remote)
    assert zone == UTC
