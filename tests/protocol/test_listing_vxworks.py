from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._errors import ListingError
from anyftp._protocol import ListReader, parse_list_line
from anyftp._protocol._listing_vxworks import parse_vxworks_line

NOW = datetime(2026, 11, 24, tzinfo=UTC)
THEN = datetime(2026, 11, 23, 8, 29, 10, tzinfo=UTC)

HEADINGS = [
    "  size          date       time       name",
    "--------       ------     ------    -----",
]

EXAMPLES = [
    ("file", "    1234    Nov-23-2026  08:29:10   a.txt             ", "a.txt", "file", 1234, THEN),
    ("no padding", "1234 Nov-23-2026 08:29:10 a.txt", "a.txt", "file", 1234, THEN),
    ("blanks", "  0    Nov-23-2026  08:29:10   a b  c   ", "a b  c", "file", 0, THEN),
    ("folder", "  512    Nov-23-2026  08:29:10   a b      <DIR>", "a b", "dir", None, THEN),
    ("itself", "  512    Nov-23-2026  08:29:10   .        <DIR>", ".", "cdir", None, THEN),
    ("above", "  512    Nov-23-2026  08:29:10   ..       <DIR>  ", "..", "pdir", None, THEN),
    ("odd mark", "  5    Nov-23-2026  08:29:10   a<DIR>", "a<DIR>", "file", 5, THEN),
    ("no such day", "  5    Feb-31-2026  08:29:10   a", "a", "file", 5, None),
    ("no such month", "  5    Foo-01-2026  08:29:10   a", "a", "file", 5, None),
]


@pytest.mark.parametrize(
    ("line", "name", "type_", "size", "modified"),
    [case[1:] for case in EXAMPLES],
    ids=[case[0] for case in EXAMPLES],
)
def test_examples(
    line: str, name: str, type_: str, size: int | None, modified: datetime | None
) -> None:
    entry = parse_vxworks_line(line)
    assert entry is not None
    assert (entry.name, entry.type, entry.size) == (name, type_, size)
    assert (entry.modified, entry.line) == (modified, line)
    assert parse_list_line(line, now=NOW) == entry


def test_zone_and_path() -> None:
    zone = timezone(timedelta(hours=-5))
    entry = parse_vxworks_line("1 Nov-23-2026 08:29:10 a", zone, PurePosixPath("/d"))
    assert entry is not None
    assert entry.modified == THEN.replace(tzinfo=zone)
    assert entry.path == PurePosixPath("/d/a")


@pytest.mark.parametrize("line", HEADINGS)
def test_headings(line: str) -> None:
    assert parse_vxworks_line(line) is None


@pytest.mark.parametrize(
    "line",
    [
        "",
        "total 0",
        "value = 0 = 0x0",
        "-1 Nov-23-2026 08:29:10 a",
        "1 Nov-23-2026 08:29 a",
        "1 Nov-23-2026 08:29:10",
        "1 Nov-23-2026 08:29:10 a\0",
    ],
)
def test_other_lines(line: str) -> None:
    with pytest.raises(ListingError):
        parse_vxworks_line(line)


def test_a_whole_listing() -> None:
    odd: list[str] = []
    reader = ListReader(NOW, None, odd.append)
    entries = reader.read([*HEADINGS, *(line for _, line, *_ in EXAMPLES)])
    assert [entry.name for entry in entries] == [name for _, _, name, *_ in EXAMPLES]
    assert (reader.dialect, odd) == ("vxworks", [])


@given(st.text())
def test_any_text(text: str) -> None:
    try:
        parse_vxworks_line(f"1 Nov-23-2026 08:29:10 {text}")
    except ListingError:
        return
