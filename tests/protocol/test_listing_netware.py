from __future__ import annotations

from datetime import UTC, datetime
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._errors import ListingError
from anyftp._protocol import ListReader, parse_list_line
from anyftp._protocol._listing_netware import parse_netware_line

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
MORNING = datetime(2026, 11, 23, 8, 29, tzinfo=UTC)
NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)

EXAMPLES = [
    ("folder", "d [RWCEAFMS] admin  512 Nov 23 08:29 login", "login", "dir", 512, MORNING),
    ("file", "- [R----F--] smith  214059 Jan  1  2024 a.txt", "a.txt", "file", 214059, NEW_YEAR),
    ("blanks", "d [R----F--] smith  512    Nov 23 08:29    login", "login", "dir", 512, MORNING),
    ("no blank", "d[RWCEAFMS] admin  512 Nov 23 08:29 login", "login", "dir", 512, MORNING),
    ("no rights", "- [--------] admin  1 Nov 23 08:29 a", "a", "file", 1, MORNING),
    ("owner of two", "- [RWCEAFMS] big boss  1 Nov 23 08:29 a b", "a b", "file", 1, MORNING),
    ("no such day", "- [RWCEAFMS] admin  1 Feb 31  2024 a", "a", "file", 1, None),
]


@pytest.mark.parametrize(
    ("line", "name", "type_", "size", "modified"),
    [case[1:] for case in EXAMPLES],
    ids=[case[0] for case in EXAMPLES],
)
def test_examples(line: str, name: str, type_: str, size: int, modified: datetime | None) -> None:
    entry = parse_netware_line(line, NOW)
    assert (entry.name, entry.type, entry.size) == (name, type_, size)
    assert (entry.modified, entry.line) == (modified, line)
    assert parse_list_line(line, now=NOW) == entry


def test_facts_and_path() -> None:
    line = "- [R----F--] smith  12 Nov 23 08:29 a"
    entry = parse_netware_line(line, NOW, PurePosixPath("/d"))
    assert entry.facts == {"netware.rights": "R----F--", "unix.ownername": "smith"}
    assert entry.path == PurePosixPath("/d/a")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "total 0",
        "- [RWCEAFMS] admin  1 Nov 23 08:29 ",
        "- [RWC] admin 1 Nov 23 08:29 a",
        "l [RWCEAFMS] admin 1 Nov 23 08:29 a",
        "- [RWCEAFMS] admin 1 Nov 23 08:29 a\0b",
    ],
)
def test_other_lines(line: str) -> None:
    with pytest.raises(ListingError):
        parse_netware_line(line, NOW)


def test_a_whole_listing() -> None:
    reader = ListReader(NOW)
    lines = ["total 0", *(line for _, line, *_ in EXAMPLES)]
    assert [entry.name for entry in reader.read(lines)] == [name for _, _, name, *_ in EXAMPLES]
    assert reader.dialect == "netware"


@given(st.text())
def test_any_text(text: str) -> None:
    try:
        parse_netware_line(f"- [RWCEAFMS] {text}", NOW)
    except ListingError:
        return
