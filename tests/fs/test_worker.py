"""Errors on their way back from a worker thread."""

from __future__ import annotations

import errno
from pathlib import PurePosixPath

import pytest

from anyftp._errors import FileSystemError
from anyftp._fs._worker import in_worker

pytestmark = pytest.mark.anyio

PATH = PurePosixPath("/inner")


def fail(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize(
    ("error", "number"),
    [
        (OSError(errno.ENOSPC, "full", "/outer/secret"), errno.ENOSPC),
        (OSError("odd"), errno.EIO),
        (ValueError("embedded null byte"), errno.EINVAL),
    ],
)
async def test_errors_speak_of_the_inner_path(error: Exception, number: int) -> None:
    with pytest.raises(FileSystemError) as caught:
        await in_worker(PATH, fail, error)
    assert caught.value.errno == number
    assert caught.value.path == "/inner"
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is error


async def test_our_own_error_passes() -> None:
    mine = FileSystemError(errno.EPERM, "/mine")
    with pytest.raises(FileSystemError) as caught:
        await in_worker(PATH, fail, mine)
    assert caught.value is mine
