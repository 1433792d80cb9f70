"""Files looked through in a worker, from the memory or from the disk."""

from __future__ import annotations

import os
import threading
from pathlib import Path, PurePosixPath

import pytest

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
