"""Files whose transfers are cut, and whose space runs out."""

from __future__ import annotations

import errno
from pathlib import PurePosixPath

import pytest

from anyftp import ConnectionLost, FileSystemError
from anyftp.testing._faults import FaultyFiles

pytestmark = pytest.mark.anyio

F = PurePosixPath("/f")


async def read(files: FaultyFiles) -> bytes:
    got, buffer = b"", memoryview(bytearray(4))
    async with await files.open_read(F) as file:
        while nbytes := await file.readinto(buffer):
            got += bytes(buffer[:nbytes])
    return got


async def write(files: FaultyFiles, data: bytes) -> None:
    async with await files.open_write(F) as file:
        for start in range(0, len(data), 4):
            await file.write(memoryview(data[start : start + 4]))
        await file.commit()


async def test_so_many_downloads_are_cut() -> None:
    files = FaultyFiles()
    files.put("/f", b"0123456789")
    files.cut_transfers(5, 2)
    for _ in range(2):
        with pytest.raises(ConnectionLost):
            await read(files)
    assert await read(files) == b"0123456789"


@pytest.mark.parametrize("nbytes", [0, 3, 4, 10, 100])
async def test_an_upload_that_is_cut_leaves_nothing(nbytes: int) -> None:
    files = FaultyFiles()
    files.cut_transfers(nbytes, None)
    for _ in range(2):
        with pytest.raises(ConnectionLost):
            await write(files, b"0123456789")
    with pytest.raises(FileSystemError):
        await files.stat(F)
    files.heal()
    await write(files, b"0123456789")
    assert await read(files) == b"0123456789"


async def test_a_full_disk() -> None:
    files = FaultyFiles()
    files.fill_up(10)
    await write(files, b"0123456789")
    with pytest.raises(FileSystemError) as caught:
        await write(files, b"0")
    assert caught.value.errno == errno.ENOSPC


def test_what_makes_no_sense() -> None:
    files = FaultyFiles()
    for nbytes, times in ((-1, None), (5, 0)):
        with pytest.raises(ValueError, match="nbytes must be at least 0"):
            files.cut_transfers(nbytes, times)
    with pytest.raises(ValueError, match="nbytes_left must be"):
        files.fill_up(-1)
