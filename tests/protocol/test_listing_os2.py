from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._errors import ListingError
from anyftp._protocol import ListReader, parse_list_line
from anyftp._protocol._listing_os2 import parse_os2_line

NOW = datetime(2026, 11, 24, tzinfo=UTC)
THEN = datetime(1995, 4, 11, 16, 26, tzinfo=UTC)

EXAMPLES = [
    ("folder", "        0           DIR   04-11-95   16:26  ADDRESS", "ADDRESS", "dir", None, THEN),
    ("file", "      612      A          04-11-95   16:26  air.bag", "air.bag", "file", 612, THEN),
    (
        "no mark",
        "    612                   04-11-95   16:26  air.bag",
        "air.bag",
        "file",
        612,
        THEN,
    ),
    ("hidden", "     1  RHS               04-11-95   16:26  a b", "a b", "file", 1, THEN),
    ("hidden folder", "0  H  DIR  04-11-95  16:26  d", "d", "dir", None, THEN),
    ("three digits", "1 A 04-11-126 16:26 a", "a", "file", 1, THEN.replace(year=2026)),
    ("no such day", "1 A 02-31-95 16:26 a", "a", "file", 1, None),
]


@pytest.mark.parametrize(
    ("line", "name", "type_", "size", "modified"),
    [case[1:] for case in EXAMPLES],
    ids=[case[0] for case in EXAMPLES],
)
def test_examples(
    line: str, name: str, type_: str, size: int | None, modified: datetime | None
) -> None:
    entry = parse_os2_line(line)
    assert (entry.name, entry.type, entry.size) == (name, type_, size)
    assert (entry.modified, entry.line) == (modified, line)
    assert parse_list_line(line, now=NOW) == entry


def test_zone_facts_and_path() -> None:
    zone = timezone(timedelta(hours=-5))
    entry = parse_os2_line("1 A 04-11-95 16:26 a", zone, PurePosixPath("/d"))
    assert entry.modified == THEN.replace(tzinfo=zone)
    assert entry.facts == {"os2.attributes": "A"}
    assert entry.path == PurePosixPath("/d/a")


@pytest.mark.parametrize(
    "line", ["", "total 0", "12 04-11-95 16:26", "1 Q 04-11-95 16:26 a", "1 04-11-95 16:26 a\0"]
)
def test_other_lines(line: str) -> None:
    with pytest.raises(ListingError):
        parse_os2_line(line)


def test_a_whole_listing() -> None:
    reader = ListReader(NOW)
    entries = reader.read(line for _, line, *_ in EXAMPLES)
    assert [entry.name for entry in entries] == [name for _, _, name, *_ in EXAMPLES]
    assert reader.dialect == "os2"


@given(st.text())
def test_any_text(text: str) -> None:
    try:
        parse_os2_line(f"1 A 04-11-95 {text}")
    except ListingError:
        return
