"""What is done by descriptors, with the calls of POSIX and without them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._fs._descriptors import give_mode, read_at, read_into


@pytest.fixture(params=["posix", "elsewhere"], autouse=True)
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "elsewhere":
        for name in ("readv", "pread", "fchmod"):
            monkeypatch.delattr(os, name)
    return str(request.param)


@given(
    content=st.binary(max_size=50),
    steps=st.lists(
        st.tuples(st.sampled_from(["into", "at"]), st.integers(1, 60), st.integers(0, 60))
    ),
)
def test_reads_are_those_of_a_file(
    tmp_path: Path, content: bytes, steps: list[tuple[str, int, int]]
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    position, fd = 0, os.open(path, os.O_RDONLY)
    try:
        for how, nbytes, offset in steps:
            if how == "at":
                assert read_at(fd, nbytes, offset) == content[offset : offset + nbytes]
            else:
                block = bytearray(nbytes)
                count = read_into(fd, memoryview(block))
                assert block[:count] == content[position : position + nbytes]
                position += count
    finally:
        os.close(fd)


def test_a_mode_has_no_bits_for_others_rights(tmp_path: Path, system: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"")
    path.chmod(0o600)
    fd = os.open(path, os.O_RDWR)
    try:
        give_mode(fd, None)
        assert path.stat().st_mode & 0o7777 == 0o600
        give_mode(fd, 0o6640)
        assert path.stat().st_mode & 0o7777 == (0o640 if system == "posix" else 0o600)
    finally:
        os.close(fd)
