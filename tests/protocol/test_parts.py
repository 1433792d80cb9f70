from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._errors import LocalProtocolError, RemoteProtocolError
from anyftp._protocol import (
    ByteRange,
    TransferMode,
    format_range,
    parse_deflate_level,
    parse_mode,
    parse_range,
)


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))
def test_ranges(one: int, other: int) -> None:
    part = ByteRange(min(one, other), max(one, other))
    assert parse_range(format_range(part)) == part
    assert part.nbytes == abs(one - other) + 1


def test_the_whole_file_again() -> None:
    assert format_range(None) == "1 0"
    assert parse_range("1 0") is None
    assert parse_range(" 0  49 ") == ByteRange(0, 49)
    assert parse_range("0 0") == ByteRange(0, 0)


@pytest.mark.parametrize(
    "argument", ["", "1", "2 0", "1 2 3", "-1 2", "+1 2", "1-2", "0 " + "9" * 19]
)
def test_no_ranges(argument: str) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_range(argument)


def test_impossible_ranges() -> None:
    for start, end in ((2, 1), (-1, 1), (0, 2**63)):
        with pytest.raises(LocalProtocolError):
            ByteRange(start, end)


@given(st.text())
def test_any_argument(argument: str) -> None:
    for parse in (parse_range, parse_mode, parse_deflate_level):
        try:
            parse(argument)
        except RemoteProtocolError:
            continue


def test_modes() -> None:
    assert parse_mode("S") is TransferMode.STREAM
    assert parse_mode(" z ") is TransferMode.DEFLATE
    for mode in ("", "B", "C", "ZZ"):
        with pytest.raises(RemoteProtocolError):
            parse_mode(mode)


@pytest.mark.parametrize(
    "argument", ["Z LEVEL 6", "z level 6", "Z ENGINE ZLIB LEVEL 6", "Z LEVEL 6 METHOD DEFLATE"]
)
def test_levels(argument: str) -> None:
    assert parse_deflate_level(argument) == 6


@pytest.mark.parametrize("argument", ["", "Z", "Z LEVEL", "Z LEVEL 10", "Z LEVEL x", "S LEVEL 6"])
def test_no_levels(argument: str) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_deflate_level(argument)
