"""Files on this machine's disk: descriptors, failing disks, special files."""

from __future__ import annotations

import errno
import os
import resource
import signal
import stat
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

import anyio
import pytest

from anyftp._errors import FileSystemError
from anyftp._fs import FileInfo, LocalFileSystem
from anyftp._fs._local_read import SMALL
from client.tree import on_disk

pytestmark = pytest.mark.anyio

P = PurePosixPath


async def test_a_small_file_is_in_memory_a_large_one_has_a_descriptor(tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(b"s" * SMALL)
    (tmp_path / "large").write_bytes(b"l" * (SMALL + 11))
    tree = LocalFileSystem(tmp_path)
    async with await tree.open_read(P("/small")) as file:
        assert file.fileno() is None
    async with await tree.open_read(P("/large"), 10) as file:
        fd = file.fileno()
        assert fd is not None
        assert os.lseek(fd, 0, os.SEEK_CUR) == 10
        assert await file.readinto(memoryview(bytearray(100))) == 100
        assert os.lseek(fd, 0, os.SEEK_CUR) == 110
    assert file.fileno() is None


async def test_the_kernel_may_write_at_the_descriptor(tmp_path: Path) -> None:
    tree = LocalFileSystem(tmp_path)
    (tmp_path / "a").write_bytes(b"012")
    for how in ({}, {"offset": 3}):
        async with await tree.open_write(P("/a"), **how) as file:  # type: ignore[arg-type]
            fd = file.fileno()
            assert fd is not None
            os.write(fd, b"abc")
            await file.write(memoryview(b"def"))
            await file.commit()
    assert (tmp_path / "a").read_bytes() == b"abcabcdef"[:3] + b"abcdef"


async def test_few_bytes_wait_for_the_commit_or_for_more(tmp_path: Path) -> None:
    tree = LocalFileSystem(tmp_path)
    for more in (b"", b"m", b"m" * SMALL):
        async with await tree.open_write(P("/a")) as file:
            await file.write(memoryview(b"ab"))
            await file.write(memoryview(b"cd"))
            assert file.fileno() is None  # the kernel would write in front of what waits
            await file.write(memoryview(more))
            await file.commit()
        assert (tmp_path / "a").read_bytes() == b"abcd" + more


async def test_a_full_block_does_not_wait(tmp_path: Path) -> None:
    tree = LocalFileSystem(tmp_path)
    async with await tree.open_write(P("/a")) as file:
        await file.write(memoryview(b"x" * SMALL))
        assert file.fileno() is not None


async def test_a_replacement_keeps_the_mode(tmp_path: Path) -> None:
    tree = LocalFileSystem(tmp_path, fsync=True)
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "a").chmod(0o640)
    async with await tree.open_write(P("/a")) as file:
        await file.commit()
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "a").read_bytes() == b""


@pytest.mark.parametrize("way", ["new", "exclusive", "append", "append-new", "partial"])
async def test_what_is_committed_has_reached_the_disk_where_that_is_wanted(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[bool, int]] = []

    def note(fd: int) -> None:
        """Whether it is a folder, and how many files of their own name there are by now."""
        names = [name for name in os.listdir(tmp_path) if not name.startswith(".")]
        synced.append((stat.S_ISDIR(os.fstat(fd).st_mode), len(names)))

    monkeypatch.setattr(os, "fsync", note)
    for fsync in (False, True):
        tree = LocalFileSystem(tmp_path, fsync=fsync)
        path = P(f"/{fsync}")
        if way == "append":
            (tmp_path / str(fsync)).touch()
        if way == "partial":
            file = await tree.open_partial(path, "mark")
        else:
            file = await tree.open_write(
                path, exclusive=way == "exclusive", append=way.startswith("append")
            )
        async with file:
            await file.write(memoryview(b"x" * 100_000))
            await file.commit()
        if not fsync:
            assert synced == []
    # First what is in the file, then, with its name in it, the folder.
    is_named_before = way == "append"
    assert synced[0] == (False, 2 if is_named_before else 1)
    assert synced[1:] == ([] if way == "append" else [(True, 2)])


async def test_special_files_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    tree = LocalFileSystem(tmp_path)
    for attempt in (
        tree.open_read(P("/pipe")),
        tree.open_write(P("/pipe")),
        tree.open_write(P("/pipe"), append=True),
    ):
        with pytest.raises(FileSystemError) as caught:
            await attempt
        assert caught.value.errno in (errno.EACCES, errno.ENXIO)


SPECIAL_OPERATIONS: dict[str, Callable[[LocalFileSystem], Awaitable[object]]] = {
    "RETR": lambda tree: tree.open_read(P("/special")),
    "RETR after REST": lambda tree: tree.open_read(P("/special"), 1),
    "STOR": lambda tree: tree.open_write(P("/special")),
    "STOR after REST": lambda tree: tree.open_write(P("/special"), offset=1),
    "APPE": lambda tree: tree.open_write(P("/special"), append=True),
    "resumed": lambda tree: tree.open_partial(P("/special"), "v1"),
    "SIZE": lambda tree: tree.stat(P("/special")),
    "SITE CHMOD": lambda tree: tree.chmod(P("/special"), 0o600),
    "MFMT": lambda tree: tree.set_modified(P("/special"), 0),
    "RNTO": lambda tree: tree.rename(P("/special"), P("/moved")),
    "RNTO, nothing replaced": lambda tree: tree.rename_exclusive(P("/special"), P("/moved")),
    "DELE": lambda tree: tree.remove_file(P("/special")),
    "RMD": lambda tree: tree.remove_directory(P("/")),
    "sweep": lambda tree: tree.sweep(),
}


@pytest.mark.parametrize("special", ["pipe", "device", "link to a pipe"])
@pytest.mark.parametrize("operation", SPECIAL_OPERATIONS)
async def test_pipes_and_devices_are_never_opened(
    operation: str, special: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device may do something when it is opened, and whoever has a pipe's other end notices."""
    if special == "device":
        if os.geteuid():
            pytest.skip("only root makes devices")
        os.mknod(tmp_path / "special", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    else:
        os.mkfifo(tmp_path / ("special" if special == "pipe" else "pipe"))
        if special != "pipe":
            (tmp_path / "special").symlink_to("pipe")
    opened = []
    really = os.open

    def note(path: str, flags: int, *args: Any, **options: Any) -> int:
        fd = really(path, flags, *args, **options)
        if not flags & os.O_PATH:  # which opens nothing
            opened.append(stat.S_IFMT(os.fstat(fd).st_mode))
        return fd

    monkeypatch.setattr(os, "open", note)
    with suppress(FileSystemError):
        await SPECIAL_OPERATIONS[operation](LocalFileSystem(tmp_path))
    assert set(opened) <= {stat.S_IFDIR, stat.S_IFREG}


MODES = [0o4755, 0o2755, 0o6755, 0o7777, 0o1644, 0o640]


@pytest.mark.parametrize("mode", MODES, ids=oct)
@pytest.mark.parametrize("way", ["new", "append", "offset", "partial"])
async def test_new_content_runs_as_nobody_else(way: str, mode: int, tmp_path: Path) -> None:
    """Whoever may change a program that is set-user-ID or set-group-ID must not get its rights."""
    (tmp_path / "tool").write_bytes(b"#!/bin/true")
    (tmp_path / "tool").chmod(mode)
    tree = LocalFileSystem(tmp_path)
    if way == "partial":
        file = await tree.open_partial(P("/tool"), "v1")
    else:
        file = await tree.open_write(
            P("/tool"), append=way == "append", offset=2 if way == "offset" else None
        )
    async with file:
        await file.write(memoryview(b"evil"))
        await file.commit()
    assert stat.S_IMODE((tmp_path / "tool").stat().st_mode) == mode & 0o777


@pytest.fixture
def file_size_limit() -> Iterator[int]:
    """A process that may not write files of more than 100,000 bytes."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    old_handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, old[1]))
    yield 100_000
    resource.setrlimit(resource.RLIMIT_FSIZE, old)
    signal.signal(signal.SIGXFSZ, old_handler)


async def test_a_write_that_fails_midway_leaves_nothing(
    tmp_path: Path, file_size_limit: int
) -> None:
    tree = LocalFileSystem(tmp_path)
    (tmp_path / "grown").write_bytes(b"old")
    for path, append in (("/new", False), ("/grown", True)):
        async with await tree.open_write(P(path), append=append) as file:
            with pytest.raises(FileSystemError) as caught:
                await file.write(memoryview(bytes(2 * file_size_limit)))
            assert caught.value.errno == errno.EFBIG
    assert os.listdir(tmp_path) == ["grown"]
    assert (tmp_path / "grown").read_bytes() == b"old"


async def test_a_failed_commit_leaves_nothing(tmp_path: Path) -> None:
    tree = LocalFileSystem(tmp_path)
    async with await tree.open_write(P("/a")) as file:
        (tmp_path / "a").mkdir()
        with pytest.raises(FileSystemError) as caught:
            await file.commit()
    assert caught.value.errno == errno.EISDIR
    assert os.listdir(tmp_path) == ["a"]


async def test_the_folder_may_vanish_under_an_upload(tmp_path: Path) -> None:
    tree = LocalFileSystem(tmp_path)
    (tmp_path / "d").mkdir()
    async with await tree.open_write(P("/d/a")) as file:
        for name in os.listdir(tmp_path / "d"):
            os.unlink(tmp_path / "d" / name)
        os.rmdir(tmp_path / "d")
        with pytest.raises(FileSystemError) as caught:
            await file.commit()
    assert caught.value.errno == errno.ENOENT


async def test_a_file_is_opened_when_it_must_be(tmp_path: Path) -> None:
    tree = LocalFileSystem(tmp_path)
    async with tree.open_write_later(PurePosixPath("/small")) as file:
        await file.write(memoryview(b"content"))
        assert list(tmp_path.iterdir()) == []
        await file.commit()
    assert (tmp_path / "small").read_bytes() == b"content"
    async with tree.open_write_later(PurePosixPath("/big")) as file:
        await file.write(memoryview(bytes(65536)))
        assert file.fileno() is not None
        await file.commit()
    assert (tmp_path / "big").stat().st_size == 65536


async def test_a_file_that_was_never_opened_leaves_nothing_and_is_closed(tmp_path: Path) -> None:
    async with LocalFileSystem(tmp_path).open_write_later(PurePosixPath("/f")) as file:
        await file.write(memoryview(b"content"))
    assert list(tmp_path.iterdir()) == []
    for late in (file.commit(), file.write(memoryview(b"x"))):
        with pytest.raises(FileSystemError) as caught:
            await late
        assert caught.value.errno == errno.EBADF


async def test_what_forbids_to_open_is_said_by_the_first_need(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    async with LocalFileSystem(tmp_path).open_write_later(PurePosixPath("/folder")) as file:
        await file.write(memoryview(b"content"))
        with pytest.raises(FileSystemError) as caught:
            await file.commit()
    assert caught.value.errno == errno.EISDIR
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


async def test_parts_that_begin_at_once_share_one_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.open

    def open_slowly(*args: Any, **options: Any) -> int:
        time.sleep(0.01)
        return opened(*args, **options)

    async def write(offset: int) -> None:
        part = await file.part(offset)
        await part.write(memoryview(b"0123456789"[offset : offset + 2]))
        part.close()

    monkeypatch.setattr(os, "open", open_slowly)
    async with LocalFileSystem(tmp_path).open_write_later(PurePosixPath("/f")) as file:
        async with anyio.create_task_group() as tasks:
            for offset in range(0, 10, 2):
                tasks.start_soon(write, offset)
        await file.commit()
    assert (tmp_path / "f").read_bytes() == b"0123456789"


@pytest.mark.parametrize("before", [b"old", None], ids=["replaced", "new"])
async def test_a_commit_replaces_only_what_is_expected(
    tmp_path: Path, before: bytes | None
) -> None:
    """What somebody else wrote meanwhile stays; and the time is there from the first moment on."""
    path, tree = tmp_path / "f", LocalFileSystem(tmp_path)
    if before is not None:
        path.write_bytes(before)

    def is_expected(info: FileInfo | None) -> bool:
        return (info and info.size) == (before and len(before))

    async with tree.open_write_later(P("/f"), is_expected=is_expected) as file:
        file.modified = 1e9
        await file.write(memoryview(b"ours"))
        await file.commit()
    assert (path.read_bytes(), path.stat().st_mtime, file.is_timed) == (b"ours", 1e9, True)
    async with tree.open_write_later(P("/f"), is_expected=is_expected) as file:
        await file.write(memoryview(b"ours again"))
        with pytest.raises(FileSystemError) as caught:
            await file.commit()
    assert caught.value.errno == errno.ESTALE
    with pytest.raises(FileSystemError):
        await tree.remove_expected(P("/f"), is_expected)
    assert on_disk(tmp_path) == {"f": b"ours"}
