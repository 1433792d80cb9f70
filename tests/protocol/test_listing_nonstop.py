from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._errors import ListingError
from anyftp._protocol import ListReader, parse_nonstop_line

MORNING = datetime(2026, 11, 23, 8, 29, 10, tzinfo=UTC)
HEADING = "File         Code             EOF  Last Modification    Owner  RWEP"

EXAMPLES = [
    ("usual", 'LOADCONF      101            8192 23-Nov-26 08:29:10 244, 10 "NUNU"', 8192, MORNING),
    ("owner in one", 'LOADCONF 101 8192 23-Nov-26 08:29:10 255,255 "NUNU"', 8192, MORNING),
    ("no quotes", "LOADCONF 101 8192 23-NOV-26 08:29:10 1,2 NCNC", 8192, MORNING),
    ("four digits", "LOADCONF 101 8192 23-NOV-2026 08:29:10 1,2 NCNC", 8192, MORNING),
    ("no seconds", "LOADCONF 101 8192 23-NOV-26 08:29", 8192, MORNING.replace(second=0)),
    ("open", 'LOADCONF O 101 8192 23-Nov-26 08:29:10 1,2 "NUNU"', 8192, MORNING),
    ("last century", "LOADCONF 0 0 23-Nov-97 08:29:10 1,2", 0, MORNING.replace(year=1997)),
    ("no such day", "LOADCONF 0 0 31-Feb-26 08:29:10 1,2", 0, None),
    ("no such month", "LOADCONF 0 0 31-Xyz-26 08:29:10 1,2", 0, None),
]


@pytest.mark.parametrize(
    ("line", "size", "modified"),
    [case[1:] for case in EXAMPLES],
    ids=[case[0] for case in EXAMPLES],
)
def test_examples(line: str, size: int, modified: datetime | None) -> None:
    entry = parse_nonstop_line(line)
    assert entry is not None
    assert (entry.name, entry.type, entry.size) == ("LOADCONF", "file", size)
    assert (entry.modified, entry.line) == (modified, line)


def test_facts_zone_and_path() -> None:
    zone = timezone(timedelta(hours=1))
    entry = parse_nonstop_line(EXAMPLES[0][1], zone, PurePosixPath("/d"))
    assert entry is not None
    assert entry.facts == {
        "nonstop.code": "101",
        "nonstop.owner": "244,10",
        "nonstop.security": "NUNU",
    }
    assert entry.modified == MORNING.replace(tzinfo=zone)
    assert entry.path == PurePosixPath("/d/LOADCONF")


def test_listing() -> None:
    odd: list[str] = []
    reader = ListReader(MORNING, None, odd.append)
    entries = reader.read([HEADING, *(line for _, line, *_ in EXAMPLES), ""])
    assert (len(entries), odd, reader.dialect) == (len(EXAMPLES), [], "nonstop")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "LOADCONF",
        "LOADCONF 101 8192",
        "1LOAD 101 1 1-Nov-26 08:29",
        "TOOLONGNAME 1 1 1-Nov-26 08:29",
    ],
)
def test_no_entries(line: str) -> None:
    with pytest.raises(ListingError):
        parse_nonstop_line(line)


WORDS = st.sampled_from(["LOAD", "101", "23-Nov-26", "99-Xyz-00", "99:99", "1,2", "NUNU", "O", " "])


@given(st.text() | st.lists(WORDS).map(" ".join))
def test_any_text(line: str) -> None:
    try:
        entry = parse_nonstop_line(line)
    except ListingError:
        return
    repr((entry, entry and entry.facts))
