"""A place in a file that is being written, beside others."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from anyftp import FileSystemError
from anyftp._fs._part_file import PartFile

pytestmark = pytest.mark.anyio


async def test_each_place_goes_on_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"." * 10)
    parts = []
    for offset in (0, 6):
        fd = os.open(path, os.O_WRONLY)
        os.lseek(fd, offset, os.SEEK_SET)
        parts.append(PartFile(str(path), fd))
    for data in (b"ab", b"c"):
        for part in parts:
            await part.write(memoryview(data))
    assert [part.position for part in parts] == [3, 9]
    for part in parts:
        part.close()
    assert path.read_bytes() == b"abc...abc."


async def test_what_cannot_be_written_is_told_with_the_path(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.touch()
    part = PartFile(str(path), os.open(path, os.O_RDONLY))
    with pytest.raises(FileSystemError) as caught:
        await part.write(memoryview(b"x"))
    part.close()
    assert (caught.value.errno, caught.value.path) == (errno.EBADF, str(path))
    error = part.as_file_error(OSError(errno.ENOSPC, "full"))
    assert (error.errno, error.path) == (errno.ENOSPC, str(path))
