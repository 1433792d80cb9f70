"""How checks of file systems are run: what each outcome is."""

from __future__ import annotations

from pathlib import PurePosixPath

import anyio
import pytest

from anyftp import Ability, FileSystem, FileSystemError, MemoryFileSystem
from anyftp.testing import FILE_SYSTEM_CHECKS, Skipped, check_file_system, run_file_system_check
from anyftp.testing import _file_system_runs as runs
from anyftp.testing._file_system_checks import needs

pytestmark = pytest.mark.anyio


class ReadOnly(MemoryFileSystem):
    """Cannot write."""

    @property
    def abilities(self) -> Ability:
        return Ability(0)


async def make() -> FileSystem:
    return MemoryFileSystem()


@needs(Ability.WRITE)
async def is_writable(tree: FileSystem) -> None:
    """It can be written to."""


async def does_not_hold(tree: FileSystem) -> None:
    """Two are three."""
    raise AssertionError("they are not")


async def is_not_there(tree: FileSystem) -> None:
    """What is there is there."""
    await tree.stat(PurePosixPath("/no"))


async def hangs(tree: FileSystem) -> None:
    """It ends."""
    await anyio.sleep_forever()


async def test_what_takes_an_ability_that_is_not_there_is_skipped() -> None:
    async def make_read_only() -> FileSystem:
        return ReadOnly()

    await run_file_system_check(is_writable, make)
    with pytest.raises(Skipped, match="WRITE"):
        await run_file_system_check(is_writable, make_read_only)


async def test_a_property_that_does_not_hold_is_named() -> None:
    with pytest.raises(AssertionError, match="they are not") as caught:
        await run_file_system_check(does_not_hold, make)
    assert caught.value.__notes__ == ["property: does_not_hold: Two are three."]


async def test_an_error_of_a_file_system_is_what_does_not_hold() -> None:
    with pytest.raises(AssertionError, match="is_not_there: ") as caught:
        await run_file_system_check(is_not_there, make)
    assert isinstance(caught.value.__cause__, FileSystemError)


async def test_what_hangs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "HANGS_AFTER_SECONDS", 0.01)
    with pytest.raises(AssertionError, match=r"hangs hangs: It ends\."):
        await run_file_system_check(hangs, make)


async def test_names_to_skip_are_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "FILE_SYSTEM_CHECKS", (does_not_hold,))
    with pytest.raises(AssertionError):
        await check_file_system(make)
    await check_file_system(make, skip=["does_not_hold"])


def test_each_check_says_what_holds() -> None:
    assert all(check.__doc__ for check in FILE_SYSTEM_CHECKS)
