from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._errors import RemoteProtocolError
from anyftp._protocol import parse_announced_size, parse_size, parse_unique_name


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("12", 12),
        (" 12 ", 12),
        ("size is 12", 12),
        ("file 7: 12 bytes", 12),
        ("0", 0),
        ("a-1 12", 12),
        ("a-7", 7),
    ],
)
def test_size(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "none", "-1", "size is -1794967296", "\u0661", "x" * 300 + "1"]
)
def test_no_size(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_size(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("Opening BINARY mode data connection for x (1234 bytes).", 1234),
        ("Opening data connection (1 byte)", 1),
        ("Opening (7 bytes) (1234 bytes)", 1234),
        ("Opening", None),
        ("(12)", None),
        ("(\u0661 bytes)", None),
    ],
)
def test_announced_size(text: str, size: int | None) -> None:
    assert parse_announced_size(text) == size


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("FILE: abc.1", "abc.1"),
        ("Opening\nFILE: a b", "a b"),
        ("Transfer complete (unique file name:abc.1).", "abc.1"),
        ("Transfer starting, unique file name: abc.1", "abc.1"),
        ("ok", None),
    ],
)
def test_unique_name(text: str, name: str | None) -> None:
    assert parse_unique_name(text) == name


@given(st.text())
def test_any_text(text: str) -> None:
    parse_announced_size(text)
    parse_unique_name(text)
    with contextlib.suppress(RemoteProtocolError):
        assert parse_size(text) >= 0
