"""What every file system promises, asked of all of ours."""

from __future__ import annotations

import errno
import os
from contextlib import aclosing
from pathlib import Path, PurePosixPath

import pytest

from anyftp import Ability, FileSystem, FileSystemError, LocalFileSystem, MemoryFileSystem
from anyftp._fs import _folder, _locks
from anyftp.testing import (
    FILE_SYSTEM_CHECKS,
    MakeFileSystem,
    Skipped,
    check_file_system,
    run_file_system_check,
)
from anyftp.testing._file_system_checks import Check
from fs.makers import MAKERS

pytestmark = pytest.mark.anyio

P = PurePosixPath
#: Those that lack most abilities: a test for each property would mostly be skipped.
LIMITED = ["read-only", "fsspec-objects", "fsspec-zip"]


@pytest.fixture(params=[kind for kind in MAKERS if kind not in LIMITED])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> MakeFileSystem:
    return MAKERS[request.param](tmp_path)


@pytest.mark.parametrize("check", FILE_SYSTEM_CHECKS, ids=lambda check: check.__name__)
async def test_contract(make: MakeFileSystem, check: Check) -> None:
    try:
        await run_file_system_check(check, make)
    except Skipped as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize("kind", LIMITED)
async def test_contract_of_limited_ones(kind: str, tmp_path: Path) -> None:
    await check_file_system(MAKERS[kind](tmp_path))


@pytest.mark.one_loop  # test_contract asks on all; here the system calls are others
@pytest.mark.parametrize("lacking", ["renameat2", "calls relative to a folder", "locks"])
async def test_contract_of_a_folder_where_the_platform_lacks(
    lacking: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skip = set()
    if lacking == "renameat2":
        monkeypatch.setattr(_folder, "rename_no_replace", lambda *args: False)
    elif lacking == "locks":
        monkeypatch.setattr(_locks, "fcntl", None)
        # Two may write one file, then: what was confirmed stays, but also what was given up.
        skip = {"a_file_is_written_in_place_by_one_at_a_time", "two_who_append_lose_nothing"}
    else:
        monkeypatch.setattr(os, "supports_dir_fd", set())
    await check_file_system(MAKERS["local"](tmp_path), skip=skip)


@pytest.mark.parametrize("kind", ["local", "memory"])
async def test_scan_goes_by_batches(kind: str, tmp_path: Path) -> None:
    tree = await MAKERS[kind](tmp_path)()
    most = 2000 if kind == "local" else 1000
    for number in range(most + 500):
        await tree.make_directory(P(f"/{number}"))
    async with aclosing(tree.scan(P("/"))) as batches:
        sizes = [len(batch) async for batch in batches]
    assert sum(sizes) == most + 500
    assert max(sizes) <= most


class ReadNothing(FileSystem):
    """The least that can be written."""

    stat = scan = open_read = open_write = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("operation", "args"),
    [
        ("make_directory", [P("/a")]),
        ("remove_directory", [P("/a")]),
        ("remove_file", [P("/a")]),
        ("rename", [P("/a"), P("/b")]),
        ("rename_exclusive", [P("/a"), P("/b")]),
        ("set_modified", [P("/a"), 0.0]),
        ("chmod", [P("/a"), 0]),
    ],
)
async def test_what_a_storage_lacks_is_refused(operation: str, args: list[object]) -> None:
    with pytest.raises(FileSystemError) as caught:
        await getattr(ReadNothing(), operation)(*args)
    assert caught.value.errno == errno.EOPNOTSUPP


def test_abilities_follow_from_what_is_written(tmp_path: Path) -> None:
    files = Ability.WRITE | Ability.READ_AT | Ability.WRITE_AT | Ability.APPEND
    assert ReadNothing().abilities == files
    assert MemoryFileSystem().abilities == Ability.ALL
    assert LocalFileSystem(tmp_path).abilities == Ability.ALL
    assert LocalFileSystem(tmp_path, read_only=True).abilities == Ability.READ_AT
