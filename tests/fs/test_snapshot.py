"""What tells a file that was added to from one that was written to in another way."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from anyftp._fs._snapshot import Snapshot

CONTENT = bytes(range(256)) * 100


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "f").write_bytes(CONTENT)
    os.utime(tmp_path / "f", (1_000_000_000, 1_000_000_000))
    return tmp_path / "f"


@pytest.fixture
def fd(path: Path) -> Iterator[int]:
    fd = os.open(path, os.O_RDONLY)
    yield fd
    os.close(fd)


def is_so(seen: Snapshot, fd: int) -> tuple[bool, bool]:
    now = os.fstat(fd)
    return seen.is_unlike(now), seen.is_beginning_of(fd, now)


def test_what_nobody_touches_is_the_same(fd: int, path: Path) -> None:
    seen = Snapshot.take(fd)
    path.chmod(0o600)
    path.rename(path.with_name("g"))
    assert is_so(seen, fd) == (False, False)


@pytest.mark.parametrize("size", [1, 10, 4095, 4096, 4097, 8192, 9000])
def test_what_was_added_to_begins_as_it_was(size: int, fd: int, path: Path) -> None:
    path.write_bytes(CONTENT[:size])
    seen = Snapshot.take(fd)
    with path.open("ab") as file:
        file.write(b"x")
    assert is_so(seen, fd) == (True, True)


@pytest.mark.parametrize(
    ("offset", "data"),
    [
        pytest.param(0, b"x", id="first"),
        pytest.param(4095, b"xx", id="front"),
        pytest.param(len(CONTENT) - 1, b"xx", id="last"),
        pytest.param(len(CONTENT) - 4096, b"x" * 5000, id="back"),
    ],
)
def test_what_is_written_at_the_ends_shows_beside_what_is_added(
    offset: int, data: bytes, fd: int, path: Path
) -> None:
    seen = Snapshot.take(fd)
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)
        file.seek(0, os.SEEK_END)
        file.write(b"and more")
    assert is_so(seen, fd) == (True, False)


def test_a_file_that_was_empty_has_no_beginning(fd: int, path: Path) -> None:
    os.truncate(path, 0)
    seen = Snapshot.take(fd)
    path.write_bytes(CONTENT)
    assert is_so(seen, fd) == (True, False)


def test_the_time_alone_tells(fd: int, path: Path) -> None:
    seen = Snapshot.take(fd)
    os.utime(path, ns=(0, 10**18 + 1))
    assert is_so(seen, fd) == (True, False)
