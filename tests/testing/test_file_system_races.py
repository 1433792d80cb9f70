"""What two do at the same time: file systems that are right alone, and wrong together."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import anyio
import pytest

from anyftp import FileSystem, MemoryFileSystem, WriteFile
from anyftp.testing import _file_system_races as races
from anyftp.testing import run_file_system_check

pytestmark = pytest.mark.anyio


class Trusting(MemoryFileSystem):
    """Looks whether a name is free, and then takes it, with a pause between."""

    async def rename_exclusive(self, source: PurePosixPath, destination: PurePosixPath) -> None:
        if destination.name in self.names(destination.parent):
            await super().rename_exclusive(source, destination)
        await anyio.lowlevel.checkpoint()
        await self.rename(source, destination)


class Replacing(MemoryFileSystem):
    """Takes the one rename for the other."""

    async def rename_exclusive(self, source: PurePosixPath, destination: PurePosixPath) -> None:
        await self.rename(source, destination)


class Snapshots(MemoryFileSystem):
    """Appends to what was there when it began, whatever came since."""

    async def open_write(self, path: PurePosixPath, **how: Any) -> WriteFile:  # type: ignore[override]
        if not how.pop("append", False):
            return await super().open_write(path, **how)
        file = await super().open_write(path)
        if path.name in self.names(path.parent):
            await file.write(memoryview(self.get(path)))
        return file


@pytest.mark.parametrize(
    ("kind", "check"),
    [
        (Trusting, races.of_many_who_rename_at_once_one_wins),
        (Replacing, races.rename_exclusive_replaces_nothing),
        (Snapshots, races.two_who_append_lose_nothing),
        (Snapshots, races.a_file_is_written_in_place_by_one_at_a_time),
        (Snapshots, races.what_is_appended_to_a_removed_file_is_not_confirmed),
    ],
)
async def test_wrongs_are_noticed_and_named(kind: type[FileSystem], check: Any) -> None:
    async def make() -> FileSystem:
        return kind()

    with pytest.raises(AssertionError) as caught:
        await run_file_system_check(check, make)
    said = [*getattr(caught.value, "__notes__", ()), str(caught.value)]
    assert any(check.__name__ in line for line in said), said


def test_all_orders_of_two_lists_are_tried() -> None:
    one, other = ["a", "b"], ["x"]
    found = {"".join(order) for order in races._interleavings(one, other)}  # type: ignore[arg-type]
    assert found == {"abx", "axb", "xab"}
