"""Which version of a file it is, and whether a local file is a copy of it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import pytest

from anyftp import LocalFileSystem
from anyftp._client._copying._local import Target
from anyftp._client._copying._version import Version, is_copy

pytestmark = pytest.mark.anyio

TIME = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PATH = PurePosixPath("/f")


def test_marks_tell_versions_apart() -> None:
    versions = [Version(5, TIME), Version(6, TIME), Version(5, TIME.replace(second=6))]
    versions += [Version(5, None), Version(None, TIME), Version(None, None)]
    marks = {version.mark(PATH) for version in versions}
    assert len(marks) == len(versions)
    assert versions[0].mark(PurePosixPath("/g")) not in marks
    assert all(mark.endswith(f"{PATH}\n") for mark in marks)


@pytest.mark.parametrize(
    ("size", "later", "same"),
    [
        (5, 0.0, True),
        (5, 100.0, True),
        (5, -0.9, True),
        (5, -2.0, False),
        (4, 0.0, False),
        (5, None, True),
        (4, None, False),
    ],
)
async def test_a_copy_is_as_long_and_not_older(
    size: int, later: float | None, same: bool, tmp_path: Path
) -> None:
    (tmp_path / "f").write_bytes(b"12345")
    if later is not None:
        os.utime(tmp_path / "f", (TIME.timestamp() + later,) * 2)
    version = Version(size, None if later is None else TIME)
    assert await is_copy(Target(LocalFileSystem(tmp_path), PATH), version) is same


async def test_what_is_no_file_is_no_copy(tmp_path: Path) -> None:
    target = Target(LocalFileSystem(tmp_path), PATH)
    assert not await is_copy(target, Version(None, None))
    (tmp_path / "f").mkdir()
    size = (tmp_path / "f").stat().st_size
    assert not await is_copy(target, Version(size, None))
