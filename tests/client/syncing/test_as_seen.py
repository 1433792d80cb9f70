"""What is acted on is what was looked at."""

from __future__ import annotations

import errno
from pathlib import Path, PurePosixPath

import pytest

from anyftp import FileSystemError, LocalFileSystem
from anyftp._client._mirroring._plan import Thing
from anyftp._client._syncing._as_seen import SeenTarget, as_seen, was_changed
from anyftp._fs import FileInfo

pytestmark = pytest.mark.anyio

SEEN = Thing("file", 5, 7.0)


@pytest.mark.parametrize(
    ("seen", "info", "same"),
    [
        (None, None, True),
        (None, FileInfo("a", "file"), False),
        (SEEN, None, False),
        (SEEN, FileInfo("a", "file", 5, 7.0), True),
        (SEEN, FileInfo("a", "file", 6, 7.0), False),
        (SEEN, FileInfo("a", "file", 5, 7.1), False),
        (SEEN, FileInfo("a", "dir", 5, 7.0), False),
    ],
)
def test_whether_it_is_as_it_was_seen(
    seen: Thing | None, info: FileInfo | None, same: bool
) -> None:
    assert as_seen(seen)(info) is same


async def test_what_was_changed_is_not_removed(tmp_path: Path) -> None:
    files, path = LocalFileSystem(tmp_path), PurePosixPath("/f")
    (tmp_path / "f").write_bytes(b"12345")
    time = (tmp_path / "f").stat().st_mtime
    assert not await SeenTarget(files, path, Thing("file", 4, time)).remove()
    assert (tmp_path / "f").exists()
    assert await SeenTarget(files, path, Thing("file", 5, time)).remove()
    assert not (tmp_path / "f").exists()


def test_which_errors_say_so() -> None:
    assert was_changed(FileSystemError(errno.ESTALE, "/f"))
    assert was_changed(FileSystemError(errno.EEXIST, "/f"))
    assert not was_changed(FileSystemError(errno.EACCES, "/f"))
