"""Files looked through in a worker, from the memory or from the disk."""

from __future__ import annotations

import os
import threading
from pathlib import Path, PurePosixPath

import pytest

from anyftp._errors import SourceChangedError
from anyftp._fs import LocalFileSystem
from anyftp._fs._local_read import SMALL

pytestmark = pytest.mark.anyio

PATH = PurePosixPath("/f")


@pytest.mark.parametrize("size", [0, 1, SMALL, SMALL + 1, 40_000_000])
async def test_all_of_it_is_fed_to_a_function_off_the_loop(size: int, tmp_path: Path) -> None:
    content = os.urandom(size)
    (tmp_path / "f").write_bytes(content)
    fed, threads = bytearray(), set()

    def update(block: bytes) -> None:
        fed.extend(block)
        threads.add(threading.get_ident())

    async with await LocalFileSystem(tmp_path).open_read(PATH) as file:
        await file.readinto(memoryview(bytearray(10)))
        await file.feed(update)
    assert fed == content
    assert threading.get_ident() not in threads


@pytest.mark.parametrize("blocks", [[b"few"], [b"x" * SMALL, b"y" * 10]], ids=["held", "written"])
async def test_what_is_being_written_can_be_fed_too(blocks: list[bytes], tmp_path: Path) -> None:
    fed = bytearray()
    async with await LocalFileSystem(tmp_path).open_write(PATH) as file:
        for block in blocks:
            await file.write(memoryview(block))
        await file.feed(fed.extend)
        await file.commit()
    assert fed == (tmp_path / "f").read_bytes() == b"".join(blocks)


async def test_parts_are_written_at_places_of_their_own(tmp_path: Path) -> None:
    async with await LocalFileSystem(tmp_path).open_write(PATH) as file:
        second = await file.part(5)
        first = await file.part(0)
        await second.write(memoryview(b"world"))
        await first.write(memoryview(b"hello"))
        first.close()
        second.close()
        await file.commit()
    assert (tmp_path / "f").read_bytes() == b"helloworld"


async def test_a_small_file_is_taken_at_once_and_a_large_one_is_not(tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(b"x" * SMALL)
    (tmp_path / "large").write_bytes(b"x" * (SMALL + 1))
    tree = LocalFileSystem(tmp_path)
    async with await tree.open_read(PurePosixPath("/small")) as file:
        assert await file.readinto(memoryview(bytearray(1))) == 1
        rest = file.take_rest()
        assert rest is not None
        assert rest.nbytes == SMALL - 1
        assert await file.readinto(memoryview(bytearray(1))) == 0
    async with await tree.open_read(PurePosixPath("/large")) as file:
        assert file.take_rest() is None
        assert await file.readinto(memoryview(bytearray(SMALL + 2))) == SMALL + 1


class _Writer:
    """Somebody who writes to a small file whenever it has been looked at."""

    def __init__(self, path: Path, contents: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = path
        self.contents = contents
        self._fstat = os.fstat
        monkeypatch.setattr(os, "fstat", self._fstat_and_write)

    def _fstat_and_write(self, fd: int) -> os.stat_result:
        status = self._fstat(fd)
        if self.contents:
            self.path.write_bytes(self.contents.pop(0))
        return status


@pytest.mark.parametrize("changes", [1, 2, 3])
async def test_a_small_file_is_read_as_it_was_at_one_moment(
    changes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "f").write_bytes(b"at first")
    files = LocalFileSystem(tmp_path)
    contents = [bytes([number]) * (number + 1) * 1000 for number in range(changes)]
    last = contents[-1]
    _Writer(tmp_path / "f", contents, monkeypatch)
    async with await files.open_read(PATH) as file:
        rest = file.take_rest()
        assert rest is not None
        assert bytes(rest) == last
        assert file.size == len(last)
        assert not await file.check_unchanged()


async def test_one_that_is_never_left_alone_is_no_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "f").write_bytes(b"at first")
    files = LocalFileSystem(tmp_path, watches_reads=True)
    _Writer(tmp_path / "f", [bytes([number]) * 1000 for number in range(100)], monkeypatch)
    async with await files.open_read(PATH) as file:
        await file.readinto(memoryview(bytearray(1000)))
        with pytest.raises(SourceChangedError):
            await file.check_unchanged()


async def test_a_file_that_has_grown_large_is_read_from_its_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "f").write_bytes(b"at first")
    files = LocalFileSystem(tmp_path, watches_reads=True)
    content = os.urandom(SMALL + 10)
    _Writer(tmp_path / "f", [content], monkeypatch)
    async with await files.open_read(PATH) as file:
        buffer = memoryview(bytearray(len(content) + 1))
        assert await file.readinto(buffer) == file.size == len(content)
        assert buffer[:-1] == content
        assert not await file.check_unchanged()


async def test_what_was_added_is_not_fed(tmp_path: Path) -> None:
    content = os.urandom(SMALL + 10)
    (tmp_path / "f").write_bytes(content)
    fed = bytearray()
    async with await LocalFileSystem(tmp_path, watches_reads=True).open_read(PATH) as file:
        with (tmp_path / "f").open("ab") as log:
            log.write(b"more")
        assert await file.check_unchanged()
        await file.feed(fed.extend)
    assert fed == content
