from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._errors import ListingError
from anyftp._protocol import ListReader, parse_os400_line

NOW = datetime(2026, 11, 24, tzinfo=UTC)
MORNING = datetime(2026, 11, 23, 8, 29, 10, tzinfo=UTC)
WHEN = "11/23/26 08:29:10"

EXAMPLES = [
    ("stream file", f"SMITH           36864 {WHEN} *STMF      a.txt", "a.txt", "file", 36864),
    ("folder", f"SMITH            8192 {WHEN} *DIR       sub/", "sub", "dir", None),
    ("folder without slash", f"SMITH 8192 {WHEN} *DIR sub", "sub", "dir", None),
    ("folder of several systems", f"QSYS  8192 {WHEN} *DDIR QOpenSys/", "QOpenSys", "dir", None),
    ("library", f"QSYS           200704 {WHEN} *LIB       TOOLS.LIB/", "TOOLS.LIB", "dir", None),
    ("folder of documents", f"SMITH 0 {WHEN} *FLR       LETTERS/", "LETTERS", "dir", None),
    ("document", f"SMITH 512 {WHEN} *DOC MEMO.TXT", "MEMO.TXT", "file", 512),
    ("database file", f"SMITH 5263360 {WHEN} *FILE      SAVED", "SAVED", "file", None),
    ("file with members", f"SMITH 5263360 {WHEN} *FILE SRC.FILE/", "SRC.FILE", "dir", None),
    ("program", f"SMITH 98304 {WHEN} *PGM       RUN.PGM", "RUN.PGM", "other", None),
    ("link", f"SMITH 14 {WHEN} *SYMLNK latest", "latest", "link", None),
    ("no owner", f"              36864 {WHEN} *STMF      a", "a", "file", 36864),
    ("no size", f"SMITH                 {WHEN} *STMF      a", "a", "file", None),
    ("blanks in the name", f"SMITH 1 {WHEN} *STMF  a b ", "a b ", "file", 1),
    ("stars in the name", f"SMITH 1 {WHEN} *STMF a *b", "a *b", "file", 1),
    ("the folder itself", f"SMITH 1 {WHEN} *DIR ./", ".", "cdir", None),
    ("the folder above", f"SMITH 1 {WHEN} *DIR ../", "..", "pdir", None),
]


@pytest.mark.parametrize(
    ("line", "name", "type_", "size"),
    [case[1:] for case in EXAMPLES],
    ids=[case[0] for case in EXAMPLES],
)
def test_examples(line: str, name: str, type_: str, size: int | None) -> None:
    entry = parse_os400_line(line, NOW)
    assert (entry.name, entry.type, entry.size, entry.modified) == (name, type_, size, MORNING)
    assert (entry.line, entry.target) == (line, None)


def test_member() -> None:
    line = "SMITH                                   *MEM       QRPGLESRC.HELLO"
    entry = parse_os400_line(line, NOW, PurePosixPath("/d"))
    assert (entry.name, entry.type, entry.size) == ("QRPGLESRC.HELLO", "file", None)
    assert entry.modified is None
    assert entry.path == PurePosixPath("/d/QRPGLESRC.HELLO")
    assert parse_os400_line("    *MEM       QRPGLESRC.HELLO", NOW).facts == {"os400.type": "*MEM"}


def test_facts() -> None:
    entry = parse_os400_line(f"SMITH 5263360 {WHEN} *FILE SAVED", NOW)
    assert entry.facts == {
        "os400.type": "*FILE",
        "os400.owner": "SMITH",
        "os400.size": "5263360",
    }


@pytest.mark.parametrize(
    "when", ["11/23/26 08:29:10", "23.11.26 08.29.10", "26-11-23 08:29:10", "23/11/26 08,29,10"]
)
def test_dates(when: str) -> None:
    assert parse_os400_line(f"SMITH 1 {when} *STMF a", NOW).modified == MORNING
    zone = timezone(timedelta(hours=1))
    there = parse_os400_line(f"SMITH 1 {when} *STMF a", NOW.astimezone(zone)).modified
    assert there == MORNING.replace(tzinfo=zone)


def test_no_such_day() -> None:
    assert parse_os400_line("SMITH 1 99/99/99 08:29:10 *STMF a", NOW).modified is None
    old = parse_os400_line("SMITH 1 11/23/97 08:29:10 *STMF a", NOW).modified
    assert old == MORNING.replace(year=1997)


def test_the_listing_tells_the_order_of_dates() -> None:
    lines = [f"SMITH 1 {date} 00:00:00 *STMF a" for date in ("04/03/26", "23/11/26", "05/03/26")]
    # One line alone is ambiguous, taken with the others it is not.
    assert parse_os400_line(lines[0], NOW).modified == datetime(2026, 4, 3, tzinfo=UTC)
    entries = ListReader(NOW).read(lines)
    assert [entry.modified for entry in entries] == [
        datetime(2026, 3, 4, tzinfo=UTC),
        datetime(2026, 11, 23, tzinfo=UTC),
        datetime(2026, 3, 5, tzinfo=UTC),
    ]


def test_years_may_come_first() -> None:
    lines = [f"SMITH 1 {date} 00:00:00 *STMF a" for date in ("26/01/02", "26/03/31")]
    assert [entry.modified for entry in ListReader(NOW).read(lines)] == [
        datetime(2026, 1, 2, tzinfo=UTC),
        datetime(2026, 3, 31, tzinfo=UTC),
    ]


def test_dates_to_come_are_no_dates() -> None:
    # Read as month, day, year this were December 2026, after NOW.
    entry = parse_os400_line("SMITH 1 12/11/26 00:00:00 *STMF a", NOW)
    assert entry.modified == datetime(2026, 11, 12, tzinfo=UTC)
    # Where every order lies in the future the server's clock is ahead.
    entry = parse_os400_line("SMITH 1 31/12/30 00:00:00 *STMF a", NOW)
    assert entry.modified == datetime(2030, 12, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "hello",
        "*STMF",
        "SMITH 1 *STMF",
        "SMITH 1 *STMF /",
        "SMITH JONES 1 11/23/26 08:29:10 *STMF a",
        "SMITH 1 11/23/26 25:29:10 *STMF a",
        "SMITH 1 11/23.26 08:29:10 *STMF a",
        "SMITH 1 11/23/26 08:29:10 *stmf a",
        "SMITH 1 11/23/26 08:29:10 *STMF a\rb",
        "SMITH" + " " * 100 + "*STMF a",
        "SMITH*STMF a",
    ],
)
def test_no_entries(line: str) -> None:
    with pytest.raises(ListingError):
        parse_os400_line(line, NOW)


WORDS = st.sampled_from(
    ["SMITH", "12", "11/23/26", "99/99/99", "08:29:10", "*DIR", "*STMF", "a", "/", " ", "*"]
)


@given(st.text() | st.lists(WORDS).map(" ".join))
def test_any_text(line: str) -> None:
    try:
        entry = parse_os400_line(line, NOW)
    except ListingError:
        return
    assert entry.name
    repr((entry, entry.target, entry.facts))
