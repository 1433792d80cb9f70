from __future__ import annotations

from datetime import UTC, datetime
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._errors import ListingError
from anyftp._protocol import parse_eplf_line

MORNING = datetime(2026, 11, 23, 8, 29, tzinfo=UTC)
STAMP = "m1795422540"

EXAMPLES = [
    ("file", f"+i8.21,{STAMP},r,s1234,\ta.txt", "a.txt", "file", 1234, MORNING),
    ("folder", f"+i8.22,{STAMP},/,\tsub", "sub", "dir", None, MORNING),
    ("both at once", "+r,/,s5,\tsub", "sub", "dir", 5, None),
    ("order does not matter", f"+s1234,r,{STAMP},\ta", "a", "file", 1234, MORNING),
    ("neither", "+up000,\tsecret", "secret", "other", None, None),
    ("size alone", "+s7,\ta", "a", "file", 7, None),
    ("no facts", "+\ta", "a", "other", None, None),
    ("last comma left out", "+r,s7\ta", "a", "file", 7, None),
    ("unknown facts", "+r,x1,Q,,s7,\ta", "a", "file", 7, None),
    ("blanks and tabs in the name", "+r,\t a\tb ", " a\tb ", "file", None, None),
    ("long before", "+r,m0,\ta", "a", "file", None, datetime(1970, 1, 1, tzinfo=UTC)),
    ("no such time", "+r,m" + "9" * 30 + ",\ta", "a", "file", None, None),
    ("odd numbers", "+r,s-1,m1x,\ta", "a", "file", None, None),
    ("endless number", "+r,s" + "9" * 5000 + ",\ta", "a", "file", None, None),
]


@pytest.mark.parametrize(
    ("line", "name", "type_", "size", "modified"),
    [case[1:] for case in EXAMPLES],
    ids=[case[0] for case in EXAMPLES],
)
def test_examples(
    line: str, name: str, type_: str, size: int | None, modified: datetime | None
) -> None:
    entry = parse_eplf_line(line)
    assert (entry.name, entry.type, entry.size, entry.modified) == (name, type_, size, modified)
    assert entry.line == line


def test_facts_and_path() -> None:
    entry = parse_eplf_line("+i8.21,up644,r,\ta", PurePosixPath("/d"))
    assert entry.facts == {"unique": "8.21", "unix.mode": "644"}
    assert entry.path == PurePosixPath("/d/a")


@pytest.mark.parametrize(
    "line", ["", "+", "+r,s1, a", "r,s1,\ta", "+r,\t", "+r,\ta\rb", "+r,\ta\0"]
)
def test_no_entries(line: str) -> None:
    with pytest.raises(ListingError):
        parse_eplf_line(line)


@given(st.text() | st.text("+irms/,up0123456789\ta ").map("+".__add__))
def test_any_text(line: str) -> None:
    try:
        entry = parse_eplf_line(line)
    except ListingError:
        return
    assert entry.name
    repr((entry, entry.target, entry.facts))
