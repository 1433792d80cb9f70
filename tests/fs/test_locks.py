"""Files that somebody has for himself."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
from typing import Any

import pytest

from anyftp._fs._folder import Folder, open_root
from anyftp._fs._locks import is_at, lock, open_locked

RDWR = os.O_RDWR | os.O_CREAT


@pytest.fixture
def folder(tmp_path: Path) -> Any:
    folder = open_root(str(tmp_path))
    yield folder
    folder.close()


def test_the_second_is_refused_until_the_first_closes(folder: Folder) -> None:
    first = open_locked(folder, "f", RDWR)
    with pytest.raises(BlockingIOError):
        open_locked(folder, "f", RDWR)
    os.close(first)
    os.close(open_locked(folder, "f", RDWR))


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.EBADF])
def test_disks_without_locks(number: int, folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(fd: int, operation: int) -> None:
        raise OSError(number, "no locks")

    monkeypatch.setattr(fcntl, "flock", flock)
    fd = open_locked(folder, "f", RDWR)
    assert not lock(fd)
    os.close(fd)


def test_a_disk_that_fails_is_no_disk_without_locks(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(fd: int, operation: int) -> None:
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(fcntl, "flock", flock)
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError, match="broken"):
        open_locked(folder, "f", RDWR)
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("becomes", ["another", "nothing"])
def test_what_was_renamed_between_opening_and_locking_is_opened_anew(
    becomes: str, folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = fcntl.flock
    (tmp_path / "f").write_text("old")

    def flock(fd: int, operation: int) -> None:
        really(fd, operation)
        if not (tmp_path / "moved").exists():
            (tmp_path / "f").rename(tmp_path / "moved")
            if becomes == "another":
                (tmp_path / "f").write_text("new")

    monkeypatch.setattr(fcntl, "flock", flock)
    fd = open_locked(folder, "f", RDWR)
    assert is_at(folder, "f", fd)
    assert os.read(fd, 9) == (b"new" if becomes == "another" else b"")
    os.close(fd)


def test_what_is_renamed_again_and_again_is_given_up(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(fd: int, operation: int) -> None:
        (tmp_path / "f").unlink()

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(BlockingIOError):
        open_locked(folder, "f", RDWR)
