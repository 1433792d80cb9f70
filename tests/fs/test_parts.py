"""Parts: locked while in use, removed when they were left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from anyftp import FileSystem, FileSystemError, LocalFileSystem, MemoryFileSystem, QuotaFileSystem
from anyftp._fs import _parts
from anyftp._fs._folder import Folder, open_root
from anyftp._fs._locks import open_locked
from anyftp._fs._parts import RESUMABLE_SECONDS, UNLOCKABLE_SECONDS, FirstVisit, open_part, sweep
from anyftp._fs._temporary import is_temporary, lasting_name, mark_of, temporary_name

pytestmark = pytest.mark.anyio

P = PurePosixPath

#: Begins two uploads and a download that is taken up later, and waits to be killed.
UPLOADER = """
import sys, anyio
from pathlib import PurePosixPath as P
from anyftp import LocalFileSystem

async def main():
    files = LocalFileSystem(sys.argv[1])
    open_files = [
        await files.open_write(P("/d/new")),
        await files.open_write(P("/d/log"), append=True),
        await files.open_partial(P("/d/resumed"), "v1"),
    ]
    for file in open_files:
        await file.write(memoryview(bytes(100_000)))
    print("ready", flush=True)
    await anyio.sleep_forever()

anyio.run(main)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    root = open_root(str(tmp_path))
    folder = root.readable()
    root.close()
    yield folder
    folder.close()


@pytest.fixture
def uploader(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    (tmp_path / "d").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", UPLOADER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    yield process
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


def parts(folder: Path) -> list[str]:
    return sorted(filter(is_temporary, os.listdir(folder)))


def make(folder: Path, name: str, *, age: float = 0) -> None:
    path = folder / name
    path.write_bytes(b"x")
    os.utime(path, (time.time() - age,) * 2)


async def test_parts_of_a_living_process_stay(
    tmp_path: Path, uploader: subprocess.Popen[str]
) -> None:
    files = LocalFileSystem(tmp_path)
    before = parts(tmp_path / "d")
    assert len(before) == 4  # two uploads, what is taken up later, its mark
    for path in (tmp_path / "d").iterdir():
        os.utime(path, (0, 0))
    await files.sweep()
    with pytest.raises(FileSystemError):
        await files.remove_directory(P("/d"))
    assert parts(tmp_path / "d") == before


async def test_parts_of_a_killed_process_go_with_the_next_sweep(
    tmp_path: Path, uploader: subprocess.Popen[str]
) -> None:
    uploader.kill()
    uploader.wait()
    await LocalFileSystem(tmp_path).sweep()
    lasting = lasting_name("resumed")
    assert parts(tmp_path / "d") == sorted([lasting, mark_of(lasting)])
    for path in (tmp_path / "d").iterdir():
        os.utime(path, (0, 0))
    await LocalFileSystem(tmp_path).sweep()
    assert os.listdir(tmp_path / "d") == []


async def test_a_folder_with_nothing_but_parts_left_behind_can_be_removed(
    tmp_path: Path, uploader: subprocess.Popen[str]
) -> None:
    uploader.kill()
    uploader.wait()
    for path in (tmp_path / "d").iterdir():
        os.utime(path, (0, 0))
    await LocalFileSystem(tmp_path).remove_directory(P("/d"))
    assert os.listdir(tmp_path) == []


async def test_a_killed_download_is_taken_up(
    tmp_path: Path, uploader: subprocess.Popen[str]
) -> None:
    uploader.kill()
    uploader.wait()
    async with await LocalFileSystem(tmp_path).open_partial(P("/d/resumed"), "v1") as file:
        assert file.offset == 100_000


async def test_a_folder_that_only_looks_full_is_replaced(tmp_path: Path) -> None:
    """By a rename, as it may be removed: nobody is writing what is left in it."""
    for name in ("new", "old"):
        (tmp_path / name).mkdir()
    (tmp_path / "new" / "f").write_bytes(b"content")
    (tmp_path / "old" / temporary_name()).write_bytes(b"left behind")
    tree = LocalFileSystem(tmp_path)
    await tree.rename(P("/new"), P("/old"))
    assert os.listdir(tmp_path / "old") == ["f"]
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "g").write_bytes(b"content")
    with pytest.raises(FileSystemError):
        await tree.rename(P("/old"), P("/full"))
    assert os.listdir(tmp_path / "full") == ["g"]


def test_who_sweeps_while_a_part_is_made_takes_nothing(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the opening and the locking of a part, and at any time after it."""
    made: list[str] = []

    def open_when_swept(folder: Folder, name: str, flags: int) -> int:
        if len(made) < 3:
            (tmp_path / name).touch()  # as if it had been opened, and not locked yet
            made.append(name)
            sweep(folder, time.time())
            raise BlockingIOError
        return open_locked(folder, name, flags)

    monkeypatch.setattr(_parts, "open_locked", open_when_swept)
    fd, name = open_part(folder)
    sweep(folder, time.time() + 1e9)
    assert os.listdir(tmp_path) == [name]
    os.close(fd)
    sweep(folder, time.time())
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "age", "goes"),
    [
        (".anyftp-0123456789abcdef.part", 0, True),
        (lasting_name("f"), RESUMABLE_SECONDS - 60, False),
        (lasting_name("f"), RESUMABLE_SECONDS + 60, True),
        (mark_of(lasting_name("f")), RESUMABLE_SECONDS - 60, False),
        (mark_of(lasting_name("f")), RESUMABLE_SECONDS + 60, True),
        ("f", 1e9, False),
        (".anyftp-x", 1e9, False),
    ],
)
def test_what_goes_and_what_waits(
    name: str, age: float, goes: bool, folder: Folder, tmp_path: Path
) -> None:
    make(tmp_path, name, age=age)
    sweep(folder, time.time())
    assert os.listdir(tmp_path) == ([] if goes else [name])


def test_a_mark_goes_with_its_part(folder: Folder, tmp_path: Path) -> None:
    part = lasting_name("f")
    make(tmp_path, part)
    make(tmp_path, mark_of(part), age=1e8)
    sweep(folder, time.time())
    assert len(os.listdir(tmp_path)) == 2
    os.utime(tmp_path / part, (0, 0))
    sweep(folder, time.time())
    assert os.listdir(tmp_path) == []


def test_without_locks_a_part_must_be_old(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_parts, "lock", lambda fd: False)
    young, old = temporary_name(), temporary_name()
    make(tmp_path, young, age=UNLOCKABLE_SECONDS - 60)
    make(tmp_path, old, age=UNLOCKABLE_SECONDS + 60)
    sweep(folder, time.time())
    assert os.listdir(tmp_path) == [young]


def test_other_things_under_names_of_ours_stay(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"x")
    (tmp_path / temporary_name()).mkdir()
    (tmp_path / temporary_name()).symlink_to("precious")
    os.mkfifo(tmp_path / temporary_name())
    before = sorted(os.listdir(tmp_path))
    sweep(folder, time.time() + 1e9)
    assert sorted(os.listdir(tmp_path)) == before


async def test_a_sweep_goes_through_the_whole_tree_and_stays_inside(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    for folder in (root / "a" / "b", outside):
        folder.mkdir(parents=True)
        make(folder, temporary_name())
    make(root, temporary_name())
    (root / "link").symlink_to("../outside")
    await LocalFileSystem(root, read_only=True).sweep()
    assert len(parts(root)) == 1
    await QuotaFileSystem(LocalFileSystem(root)).sweep()
    assert parts(root) == parts(root / "a" / "b") == []
    assert len(parts(outside)) == 1


@pytest.mark.parametrize("way", ["new", "append", "partial"])
async def test_who_writes_into_a_folder_first_sweeps_it_once(way: str, tmp_path: Path) -> None:
    for folder in ("d", "e"):
        (tmp_path / folder).mkdir()
        make(tmp_path / folder, temporary_name())
    files = LocalFileSystem(tmp_path)

    async def write(path: str) -> None:
        if way == "partial":
            file = await files.open_partial(P(path), "v1")
        else:
            file = await files.open_write(P(path), append=way == "append")
        async with file:
            await file.commit()

    await write("/d/one")
    assert os.listdir(tmp_path / "d") == ["one"]
    make(tmp_path / "d", temporary_name())
    await write("/d/two")
    assert len(parts(tmp_path / "d")) == 1
    await LocalFileSystem(tmp_path, read_only=True).stat(P("/e"))
    assert len(parts(tmp_path / "e")) == 1


async def test_the_folders_that_were_swept_are_not_remembered_without_bound(tmp_path: Path) -> None:
    visit = FirstVisit()
    root = open_root(str(tmp_path))
    for number in range(_parts._MAX_SEEN + 10):
        root.mkdir("d")
        inner = root.enter("d")
        folder = inner.readable()
        inner.close()
        visit(folder, time.time())
        folder.close()
        (tmp_path / "d").rename(tmp_path / f"{number}")
    root.close()
    assert len(visit._seen) == _parts._MAX_SEEN


async def test_others_have_nothing_to_sweep() -> None:
    tree: FileSystem = MemoryFileSystem()
    await tree.sweep()
