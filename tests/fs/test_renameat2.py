"""Linux's rename that replaces nothing."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from anyftp._fs import _renameat2
from anyftp._fs._renameat2 import rename_no_replace


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "old").write_text("old")
    (tmp_path / "taken").write_text("taken")
    fd = os.open(tmp_path, os.O_RDONLY)
    yield fd
    os.close(fd)


@pytest.mark.skipif(_renameat2._renameat2() is None, reason="the C library has no renameat2")
def test_a_name_is_given_and_none_is_taken_away(folder: int, tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        rename_no_replace(folder, "old", folder, "taken")
    assert (tmp_path / "taken").read_text() == "taken"
    if not rename_no_replace(folder, "old", folder, "new \udcff"):
        pytest.skip("this disk cannot do it")
    assert os.path.exists(os.fsencode(tmp_path) + b"/new \xff")
    with pytest.raises(FileNotFoundError):
        rename_no_replace(folder, "old", folder, "other")


def failing(number: int) -> Callable[[], Callable[..., int]]:
    def rename(*arguments: object) -> int:
        ctypes.set_errno(number)
        return -1

    return lambda: rename


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP])
def test_where_that_cannot_be_done(
    number: int, folder: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_renameat2, "_renameat2", failing(number))
    assert not rename_no_replace(folder, "old", folder, "new")


def test_a_library_without_it(folder: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_renameat2, "_renameat2", lambda: None)
    assert not rename_no_replace(folder, "old", folder, "new")


def test_other_failures_are_errors(folder: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_renameat2, "_renameat2", failing(errno.EXDEV))
    with pytest.raises(OSError) as caught:  # noqa: PT011  # the number is the match
        rename_no_replace(folder, "old", folder, "new")
    assert caught.value.errno == errno.EXDEV
