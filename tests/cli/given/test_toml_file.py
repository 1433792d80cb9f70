"""Files of settings that are changed: checked before and after, and replaced at once."""

from __future__ import annotations

import errno
import os
import tomllib
from pathlib import Path

import pytest

from anyftp import FileSystemError
from anyftp._cli._ending._failure import Failure
from anyftp._cli._given._toml_file import edited


def check(text: str) -> None:
    if tomllib.loads(text).get("port") == 0:
        raise ValueError("no such port")


def test_a_disk_that_is_full_is_told_with_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileSystemError, match=r"file\.toml"), edited(tmp_path / "file.toml", check):
        pass
    assert list(tmp_path.iterdir()) == []


def test_what_is_changed_takes_the_place_of_what_was(tmp_path: Path) -> None:
    file, link = tmp_path / "file.toml", tmp_path / "link.toml"
    file.write_text("# kept\nport = 21\n")
    file.chmod(0o644)
    link.symlink_to(file)
    with edited(link, check) as document:
        document["port"] = 22
    assert file.read_text() == "# kept\nport = 22\n"
    assert link.is_symlink()
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file.toml", "link.toml"]


def test_a_file_that_is_not_there_is_made(tmp_path: Path) -> None:
    with edited(tmp_path / "new", check) as document:
        document["port"] = 21
    assert (tmp_path / "new").read_text() == "port = 21\n"


@pytest.mark.parametrize("content", [b"port = 0\n", b"port =\n", b"\xff"])
def test_a_bad_file_is_left_alone(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(Failure, match=str(file)), edited(file, check):
        pytest.fail("it was given")
    assert file.read_bytes() == content


def test_no_bad_file_is_made(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("port = 21\n")
    with pytest.raises(Failure, match="no such port"), edited(file, check) as document:
        document["port"] = 0
    assert file.read_text() == "port = 21\n"
    assert list(tmp_path.iterdir()) == [file]
