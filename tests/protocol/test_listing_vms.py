from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._errors import ListingError
from anyftp._protocol import ListingDecoder, ListReader, parse_vms_line

NOW = datetime(2026, 11, 24, tzinfo=UTC)
MORNING = datetime(2026, 11, 23, 8, 29, 10, tzinfo=UTC)
MINUTE = MORNING.replace(second=0)
WHEN = "23-NOV-2026 08:29:10"
OWNER = "[STAFF,SMITH]  (RWED,RWED,RE,)"

EXAMPLES = [
    ("file", f"LOGIN.COM;7      2/4      {WHEN}  {OWNER}", "LOGIN.COM", "file", MORNING),
    ("folder", f"SUB.DIR;1    1/4   {WHEN}  {OWNER}", "SUB", "dir", MORNING),
    ("folder in lower case", f"sub.dir;1    1/4   {WHEN}  {OWNER}", "sub", "dir", MORNING),
    ("no allocation", f"A.DAT;1  64  23-NOV-2026 08:29 {OWNER}", "A.DAT", "file", MINUTE),
    ("hundredths", f"A.DAT;1  64  {WHEN}.52 {OWNER}", "A.DAT", "file", MORNING),
    ("no owner", f"A.DAT;1  64/64  {WHEN}", "A.DAT", "file", MORNING),
    ("no size", f"A.DAT;1  {WHEN}", "A.DAT", "file", MORNING),
    (
        "no time",
        "A.DAT;1  1  23-NOV-2026",
        "A.DAT",
        "file",
        MORNING.replace(hour=0, minute=0, second=0),
    ),
    ("date in lower case", "A.DAT;1 1 23-Nov-2026 08:29:10", "A.DAT", "file", MORNING),
    (
        "blank before the day",
        "A.DAT;1   1   3-NOV-2026 08:29:10",
        "A.DAT",
        "file",
        MORNING.replace(day=3),
    ),
    ("trailing blanks", f"A.DAT;1  64/64  {WHEN} {OWNER}   ", "A.DAT", "file", MORNING),
    ("no type", f"README.;1  1/4  {WHEN} {OWNER}", "README.", "file", MORNING),
    ("signs", f"SYS$A_B-C.D;12  1/4  {WHEN} {OWNER}", "SYS$A_B-C.D", "file", MORNING),
    ("ODS-5", f"a^.b^_c.txt;1  1/4  {WHEN} {OWNER}", "a^.b^_c.txt", "file", MORNING),
    ("no such day", "A.DAT;1  1  31-FEB-2026 08:29:10", "A.DAT", "file", None),
    ("no such month", "A.DAT;1  1  31-XYZ-2026 08:29:10", "A.DAT", "file", None),
    ("refused", "A.DAT;1  %RMS-E-PRV, insufficient privilege", "A.DAT", "file", None),
    ("refused in words", "A.DIR;1  No privilege for attempted operation", "A", "dir", None),
]


@pytest.mark.parametrize(
    ("line", "name", "type_", "modified"),
    [case[1:] for case in EXAMPLES],
    ids=[case[0] for case in EXAMPLES],
)
def test_examples(line: str, name: str, type_: str, modified: datetime | None) -> None:
    entry = parse_vms_line(line)
    assert (entry.name, entry.type, entry.modified) == (name, type_, modified)
    assert (entry.size, entry.target, entry.line) == (None, None, line)


def test_facts_zone_and_path() -> None:
    zone = timezone(timedelta(hours=1))
    entry = parse_vms_line(f"A.B;7 2/4 {WHEN} {OWNER}", zone, PurePosixPath("/d"))
    assert entry.facts == {
        "vms.version": "7",
        "vms.blocks": "2",
        "vms.owner": "[STAFF,SMITH]",
        "vms.protection": "RWED,RWED,RE,",
    }
    assert entry.modified == MORNING.replace(tzinfo=zone)
    assert entry.path == PurePosixPath("/d/A.B")


LISTING = f"""
Directory DKA100:[STAFF.DATA]

A.TXT;3                    2/4       {WHEN}  {OWNER}
A.TXT;2                    1/4       {WHEN}  {OWNER}
A_NAME_THAT_DOES_NOT_FIT_INTO_ITS_COLUMN.TEXT;1
                          64/64      {WHEN}  {OWNER}
ANOTHER_LONG_NAME_OF_A_FILE_THAT_IS_SHUT.TEXT;2
                          %RMS-E-PRV, insufficient privilege or file protection violation
SUB.DIR;1                  1/4       {WHEN}  {OWNER}

Total of 5 files, 68/76 blocks.
Grand total of 1 directory, 5 files, 68/76 blocks.
"""


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("block", [10, 100, 10_000])
def test_listing(ending: str, block: int) -> None:
    data = LISTING.replace("\n", ending).encode()
    decoder = ListingDecoder("list", now=NOW)
    entries = [e for at in range(0, len(data), block) for e in decoder.feed(data[at : at + block])]
    assert [entry.name for entry in entries] == [
        "A.TXT",
        "A.TXT;2",
        "A_NAME_THAT_DOES_NOT_FIT_INTO_ITS_COLUMN.TEXT",
        "ANOTHER_LONG_NAME_OF_A_FILE_THAT_IS_SHUT.TEXT",
        "SUB",
    ]
    assert [entry.facts.get("vms.blocks") for entry in entries] == ["2", "1", "64", None, "1"]
    assert (decoder.close(), decoder.skipped, decoder.dialect) == ([], [], "vms")


def test_names_whose_details_never_come() -> None:
    odd: list[str] = []
    reader = ListReader(NOW, None, odd.append)
    line = f"B.B;1 1/4 {WHEN}"
    assert [entry.name for entry in reader.read(["A.A;1", line, "C.C;1", "D.D;1"])] == ["B.B"]
    reader.close()
    assert odd == ["A.A;1", "C.C;1", "D.D;1"]


def test_details_without_a_name_are_odd() -> None:
    odd: list[str] = []
    assert ListReader(NOW, None, odd.append).read([f"   64/64  {WHEN}"]) == []
    assert len(odd) == 1


@pytest.mark.parametrize(
    "line",
    ["", "A.B", "A.B;1", "A.B;x 1 " + WHEN, "A.B;1 hello", "A B;1 1 " + WHEN, "[A]B;1 1 " + WHEN],
)
def test_no_entries(line: str) -> None:
    with pytest.raises(ListingError):
        parse_vms_line(line)


LINES = st.lists(
    st.sampled_from(
        [
            *("A.B;1", "A.B;2 1/4 " + WHEN, "  1/4 " + WHEN, "Total of 1 file", "", "%RMS-E-PRV"),
            *("A.DIR;1 1 99-XXX-2026", "Directory A:[B]", "  1-JAN-0000 99:99", "A.B;1 " + WHEN),
        ]
    )
    | st.text()
)


@given(LINES)
def test_any_lines(lines: list[str]) -> None:
    odd: list[str] = []
    reader = ListReader(NOW, None, odd.append)
    entries = reader.read(lines)
    reader.close()
    assert all(entry.name for entry in entries)
    assert len(entries) + len(odd) <= len(lines)
    repr([(entry, entry.facts) for entry in entries])
