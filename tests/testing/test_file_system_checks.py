"""The check that users run on file systems of their own notices what is wrong."""

from __future__ import annotations

import errno
from pathlib import PurePosixPath
from typing import Any

import pytest

from anyftp import (
    Ability,
    FileInfo,
    FileSystem,
    FileSystemError,
    MemoryFileSystem,
    ReadFile,
    WriteFile,
)
from anyftp.testing import (
    FILE_SYSTEM_CHECKS,
    Skipped,
    check_file_system,
    run_file_system_check,
)

pytestmark = pytest.mark.anyio

P = PurePosixPath


class Forgetful(MemoryFileSystem):
    """Renames by copying, and forgets to remove."""

    async def rename(self, source: PurePosixPath, destination: PurePosixPath) -> None:
        self.put(destination, self.get(source))


class Eager(MemoryFileSystem):
    """Lets a file appear at once."""

    async def open_write(self, path: PurePosixPath, **how: Any) -> WriteFile:  # type: ignore[override]
        file = await super().open_write(path, **how)
        if not how.get("append") and how.get("offset") is None:
            self.put(path, b"")
        return file


class Foreign(MemoryFileSystem):
    """Lets Python's own exceptions through."""

    async def stat(self, path: PurePosixPath) -> FileInfo:
        try:
            return await super().stat(path)
        except FileSystemError as error:
            raise KeyError(path) from error


class Silent(MemoryFileSystem):
    """Says that it cannot read in the middle, and begins at the front instead."""

    @property
    def abilities(self) -> Ability:
        return Ability.ALL & ~Ability.READ_AT

    async def open_read(self, path: PurePosixPath, offset: int = 0) -> ReadFile:  # type: ignore[override]
        return await super().open_read(path, 0)


class Untidy(MemoryFileSystem):
    """Has another errno than others."""

    async def remove_directory(self, path: PurePosixPath) -> None:
        try:
            await super().remove_directory(path)
        except FileSystemError as error:
            raise FileSystemError(errno.EPERM, path) from error


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        (Forgetful, "rename_replaces_a_file"),
        (Eager, "nothing_appears_before_the_commit"),
        (Foreign, "nothing_is_where_nothing_is"),
        (Silent, "what_cannot_be_done_is_refused"),
        (Untidy, "files_are_no_folders"),
    ],
)
async def test_wrongs_are_noticed(kind: type[FileSystem], complaint: str) -> None:
    async def make() -> FileSystem:
        return kind()

    with pytest.raises(AssertionError) as caught:
        await check_file_system(make)
    said = [*getattr(caught.value, "__notes__", ()), str(caught.value)]
    assert any(complaint in line for line in said), said
    await check_file_system(make, skip=await failing(make))


async def failing(make: Any) -> set[str]:
    """Names of the properties that do not hold."""

    found = set()
    for check in FILE_SYSTEM_CHECKS:
        try:
            await run_file_system_check(check, make)
        except Skipped:
            continue
        except AssertionError:
            found.add(check.__name__)
    return found
