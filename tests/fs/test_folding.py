"""Whether case is minded, found out without writing anything."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from anyftp._fs import LocalFileSystem, folds_names


def test_case_counts_here(tmp_path: Path) -> None:
    """Seen by what is there as well as by the names above; a missing folder is none yet."""
    is_ignored = (tmp_path.parent / tmp_path.name.swapcase()).exists()
    assert folds_names(str(tmp_path)) == is_ignored
    (tmp_path / "Name").write_bytes(b"")
    assert folds_names(str(tmp_path)) == is_ignored
    assert folds_names(str(tmp_path / "not" / "there")) == is_ignored
    assert os.listdir(tmp_path) == ["Name"]


def test_one_file_under_both_names(tmp_path: Path) -> None:
    """A second name for the same file stands for a file system that ignores case."""
    (tmp_path / "name").write_bytes(b"")
    os.link(tmp_path / "name", tmp_path / "NAME")
    assert folds_names(str(tmp_path))


def test_names_without_case_say_nothing(tmp_path: Path) -> None:
    (tmp_path / "123").mkdir()
    (tmp_path / "123" / "456").write_bytes(b"")
    is_ignored = (tmp_path.parent / tmp_path.name.swapcase()).exists()
    assert folds_names(str(tmp_path / "123")) == is_ignored


@pytest.mark.anyio
async def test_a_file_system_looks_once(tmp_path: Path) -> None:
    (tmp_path / "name").write_bytes(b"")
    os.link(tmp_path / "name", tmp_path / "NAME")
    files = LocalFileSystem(tmp_path)
    assert await files.folds_names()
    os.unlink(tmp_path / "NAME")
    assert await files.folds_names()
