"""Files written in several attempts: marks, locks, what stays and what goes."""

from __future__ import annotations

import errno
import os
from pathlib import Path, PurePosixPath

import pytest

from anyftp._errors import FileSystemError
from anyftp._fs import LocalFileSystem

pytestmark = pytest.mark.anyio

PATH = PurePosixPath("/f")


async def write(files: LocalFileSystem, mark: str, data: bytes, *, commit: bool = False) -> int:
    """One attempt; gives what there was of earlier ones."""
    async with await files.open_partial(PATH, mark) as file:
        await file.write(memoryview(data))
        if commit:
            await file.commit()
        return file.offset


async def names(files: LocalFileSystem) -> list[str]:
    return [info.name async for batch in files.scan(PurePosixPath("/")) for info in batch]


async def test_several_attempts(tmp_path: Path) -> None:
    files = LocalFileSystem(tmp_path)
    assert await write(files, "v1", b"one ") == 0
    assert await names(files) == []
    assert await write(LocalFileSystem(tmp_path), "v1", b"two ") == 4
    assert await write(files, "v1", b"three", commit=True) == 8
    assert os.listdir(tmp_path) == ["f"]
    assert (tmp_path / "f").read_bytes() == b"one two three"


async def test_another_mark_begins_anew(tmp_path: Path) -> None:
    files = LocalFileSystem(tmp_path)
    await write(files, "v1", b"one")
    assert await write(files, "v2", b"two") == 0
    assert await write(files, "v1", b"", commit=True) == 0
    assert (tmp_path / "f").read_bytes() == b""


async def test_a_mark_that_was_torn_begins_anew(tmp_path: Path) -> None:
    files = LocalFileSystem(tmp_path)
    await write(files, "version 1", b"one")
    (mark,) = (path for path in tmp_path.iterdir() if "mark" in path.name)
    mark.write_bytes(mark.read_bytes()[:3])
    assert await write(files, "version 1", b"x") == 0


async def test_an_attempt_without_a_byte_leaves_nothing(tmp_path: Path) -> None:
    await write(LocalFileSystem(tmp_path), "v1", b"")
    assert os.listdir(tmp_path) == []


async def test_an_older_file_stays_until_the_commit_and_gives_its_mode(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"old")
    (tmp_path / "f").chmod(0o640)
    files = LocalFileSystem(tmp_path)
    await write(files, "v1", b"new")
    assert (tmp_path / "f").read_bytes() == b"old"
    await write(files, "v1", b"!", commit=True)
    assert (tmp_path / "f").read_bytes() == b"new!"
    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o640


async def test_two_at_a_time_are_refused(tmp_path: Path) -> None:
    files = LocalFileSystem(tmp_path)
    async with await files.open_partial(PATH, "v1") as file:
        with pytest.raises(FileSystemError) as caught:
            await files.open_partial(PATH, "v1")
        assert caught.value.errno == errno.EBUSY
        await file.write(memoryview(b"x"))
    assert await write(files, "v1", b"") == 1


async def test_its_end_can_be_read_and_it_can_be_begun_anew(tmp_path: Path) -> None:
    files = LocalFileSystem(tmp_path)
    await write(files, "v1", b"0123456789")
    async with await files.open_partial(PATH, "v1") as file:
        assert await file.read_at(6, 4) == b"6789"
        assert await file.read_at(0, 100) == b"0123456789"
        await file.restart()
        assert file.offset == 0
        await file.write(memoryview(b"again"))
        await file.commit()
    assert (tmp_path / "f").read_bytes() == b"again"


async def test_folders_and_names_of_ours_are_refused(tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    files = LocalFileSystem(tmp_path)
    with pytest.raises(FileSystemError):
        await files.open_partial(PATH, "v1")
    with pytest.raises(FileSystemError):
        await files.open_partial(PurePosixPath("/.anyftp-x.part"), "v1")
    with pytest.raises(FileSystemError):
        await LocalFileSystem(tmp_path, read_only=True).open_partial(PurePosixPath("/g"), "v1")
    assert os.listdir(tmp_path) == ["f"]


async def test_a_link_in_the_place_of_the_part_is_not_followed(tmp_path: Path) -> None:
    files = LocalFileSystem(tmp_path)
    await write(files, "v1", b"x")
    (part,) = (path for path in tmp_path.iterdir() if "mark" not in path.name)
    part.unlink()
    (tmp_path / "victim").write_bytes(b"precious")
    part.symlink_to("victim")
    with pytest.raises(FileSystemError):
        await write(files, "v2", b"y")
    assert (tmp_path / "victim").read_bytes() == b"precious"
