from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._errors import ListingError
from anyftp._protocol import parse_dos_line

MORNING = datetime(2026, 11, 23, 8, 29, tzinfo=UTC)
EVENING = datetime(2026, 11, 23, 20, 29, tzinfo=UTC)

EXAMPLES = [
    ("folder", "11-23-26  08:29AM       <DIR>          name", "name", "dir", None, MORNING),
    ("file", "11-23-26  08:29PM                 1234 a.txt", "a.txt", "file", 1234, EVENING),
    ("four digits", "11-23-2026  08:29PM  1234 a", "a", "file", 1234, EVENING),
    ("24 hours", "11-23-2026  20:29    1234 a", "a", "file", 1234, EVENING),
    ("blank before PM", "11-23-2026  08:29 PM  1234 a", "a", "file", 1234, EVENING),
    ("24 hours and PM", "11-23-26  20:29PM  1234 a", "a", "file", 1234, EVENING),
    ("lower case", "11-23-26  08:29pm  <dir>  a", "a", "dir", None, EVENING),
    ("thousands", "11-23-26  08:29PM  1,234,567 a", "a", "file", 1_234_567, EVENING),
    ("thousands with points", "11-23-26  08:29PM  1.234.567 a", "a", "file", 1_234_567, EVENING),
    ("noon", "11-23-26  12:29PM  1 a", "a", "file", 1, EVENING.replace(hour=12)),
    ("midnight", "11-23-26  12:29AM  1 a", "a", "file", 1, EVENING.replace(hour=0)),
    ("last century", "11-23-97  08:29PM  1 a", "a", "file", 1, EVENING.replace(year=1997)),
    ("three digits of a year", "11-23-126  08:29PM  1 a", "a", "file", 1, EVENING),
    ("year first", "2026-11-23  20:29  1 a", "a", "file", 1, EVENING),
    ("day first", "23.11.2026  20:29  1 a", "a", "file", 1, EVENING),
    ("slashes", "11/23/2026  20:29  1 a", "a", "file", 1, EVENING),
    ("seconds", "11-23-2026  20:29:10  1 a", "a", "file", 1, EVENING),
    ("no such day", "02-31-26  08:29PM  1 a", "a", "file", 1, None),
    ("blanks in the name", "11-23-26  08:29PM  1  a b ", " a b ", "file", 1, EVENING),
    ("blanks in a folder's name", "11-23-26  08:29PM  <DIR>   a b ", "a b ", "dir", None, EVENING),
    ("the folder itself", "11-23-26  08:29PM  <DIR>   .", ".", "cdir", None, EVENING),
    ("the folder above", "11-23-26  08:29PM  <DIR>   ..", "..", "pdir", None, EVENING),
    ("other mark", "11-23-26  08:29PM  <DEVICE>  a", "a", "other", None, EVENING),
]


@pytest.mark.parametrize(
    ("line", "name", "type_", "size", "modified"),
    [case[1:] for case in EXAMPLES],
    ids=[case[0] for case in EXAMPLES],
)
def test_examples(
    line: str, name: str, type_: str, size: int | None, modified: datetime | None
) -> None:
    entry = parse_dos_line(line)
    assert (entry.name, entry.type, entry.size, entry.modified) == (name, type_, size, modified)
    assert (entry.line, entry.target) == (line, None)


@pytest.mark.parametrize("mark", ["JUNCTION", "SYMLINKD", "SYMLINK"])
def test_links(mark: str) -> None:
    entry = parse_dos_line(f"11-23-26  08:29PM  <{mark}>  a b [C:\\x [y]]")
    assert (entry.type, entry.name, entry.target) == ("link", "a b", "C:\\x [y]")
    assert parse_dos_line(f"11-23-26  08:29PM  <{mark}>  a").name == "a"


def test_zone() -> None:
    zone = timezone(timedelta(hours=-8))
    assert parse_dos_line("11-23-26  08:29PM  1 a", zone).modified == EVENING.replace(tzinfo=zone)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "total 1",
        "11-23-26",
        "11-23-26  08:29PM",
        "11-23-26  08:29PM  1",
        "11-23-26  08:29PM  1 ",
        "11-23-26  08:29PM  x a",
        "11-23-26  08:29PM  1 a\x00",
        "11-23-26  08:29PM  1 a\rb",
        "1-2 3:04 5 a",
    ],
)
def test_no_entries(line: str) -> None:
    with pytest.raises(ListingError):
        parse_dos_line(line)


@given(
    st.text()
    | st.lists(
        st.sampled_from(
            ["11-23-26", "2026-11-23", "99:99", "08:29", "PM", "<DIR>", "1,2", "a", " "]
        )
    ).map(" ".join)
)
def test_any_text(line: str) -> None:
    try:
        entry = parse_dos_line(line)
    except ListingError:
        return
    assert entry.name
    repr((entry, entry.target, entry.facts))
