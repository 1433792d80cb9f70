from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._errors import ListingError
from anyftp._protocol import ListReader, parse_list_line, parse_zos_line

NOW = datetime(2026, 11, 24, tzinfo=UTC)
MORNING = datetime(2026, 11, 23, 8, 29, tzinfo=UTC)
DATA_SETS = "Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname"
WITHOUT_UNIT = "Volume Referred Ext     Used Recfm Lrecl BlkSz Dsorg Dsname"
MEMBERS = " Name     VV.MM   Created       Changed      Size  Init   Mod   Id"
MODULES = " Name      Size     TTR   Alias-of AC --------- Attributes --------- Amode Rmode"

PLAIN = [
    ("sequential", "VOL001 3390   2026/11/23  1   15  FB      80 27920  PS  SMITH.DATA", "file"),
    ("partitioned", "VOL001 3390   2026/11/23  1   15  FB      80 27920  PO  SMITH.DATA", "dir"),
    ("PDSE", "VOL001 3390   2026/11/23  1   15  VB     255 27998  PO-E SMITH.DATA", "dir"),
    ("no unit", "VOL001 2026/11/23 1 15 VBS 4000 2000 PS SMITH.DATA", "file"),
    ("old date", "VOL001 3380D  11/23/97  1    1  FB      80  8800  PS  SMITH.DATA", "file"),
    ("never used", "VOL001 3390   **NONE**    1   15  FB      80 27920  PS  SMITH.DATA", "file"),
    ("used beyond the column", "VOL001 3390 2026/11/23 9 ++++ FB 80 80 PS SMITH.DATA", "file"),
    ("direct", "VOL001 3390   2026/11/23  1   15  U        0  6233  DA  SMITH.DATA", "other"),
    ("quoted", "VOL001 3390   2026/11/23  1   15  FB      80 27920  PS  'SMITH.DATA'", "file"),
    ("migrated", "Migrated                                                SMITH.DATA", "other"),
    ("archived", "ARCIVE Not Direct Access Device                         SMITH.DATA", "other"),
    ("pseudo folder", "Pseudo Directory                                   SMITH.DATA", "dir"),
]
UNDER_HEADING = [
    ("VSAM", "VOL001 3390                                     VSAM SMITH.DATA", "other"),
    ("generations", "                                                GDG  SMITH.DATA", "other"),
    ("tape", "TAPE01 Tape                                          SMITH.DATA", "other"),
    ("unknown", "VOL001 Error determining attributes                SMITH.DATA", "other"),
]


@pytest.mark.parametrize(("line", "type_"), [c[1:] for c in PLAIN], ids=[c[0] for c in PLAIN])
def test_data_sets(line: str, type_: str) -> None:
    entry = parse_zos_line(line)
    assert (entry.name, entry.type) == ("SMITH.DATA", type_)
    assert (entry.size, entry.modified, entry.line) == (None, None, line)
    assert parse_list_line(line, now=NOW) == entry


@pytest.mark.parametrize(
    ("line", "type_"), [c[1:] for c in UNDER_HEADING], ids=[c[0] for c in UNDER_HEADING]
)
def test_data_sets_that_need_a_heading(line: str, type_: str) -> None:
    entry = parse_zos_line(line, heading="data sets")
    assert (entry.name, entry.type) == ("SMITH.DATA", type_)
    with pytest.raises(ListingError):
        parse_zos_line(line)


def test_facts_of_data_sets() -> None:
    assert parse_zos_line(PLAIN[0][1]).facts == {
        "mvs.volume": "VOL001",
        "mvs.dsorg": "PS",
        "mvs.referred": "2026/11/23",
        "mvs.recfm": "FB",
        "mvs.lrecl": "80",
        "mvs.blksize": "27920",
    }
    assert parse_zos_line(PLAIN[9][1]).facts == {"mvs.volume": "Migrated"}


MEMBER_LINES = [
    (" HELLO     01.05 2024/01/09 2026/11/23 08:29    40    38     2 SMITH", MORNING),
    ("HELLO 01.05 2024/01/09 2026/11/23 08:29:00 40 38 2 SMITH", MORNING),
    (" HELLO     01.05 24/01/09 26/11/23 08:29    40    38     2", MORNING),
    (" HELLO     01.05 97/01/09 97/11/23 08:29    40    38     2", MORNING.replace(year=1997)),
    (" HELLO     01.05 2024/01/09 2026/02/31 08:29    40    38     2 SMITH", None),
]


@pytest.mark.parametrize(("line", "modified"), MEMBER_LINES)
def test_members(line: str, modified: datetime | None) -> None:
    entry = parse_zos_line(line)
    assert (entry.name, entry.type, entry.size) == ("HELLO", "file", None)
    assert entry.modified == modified
    assert entry.facts["mvs.version"] == "01.05"
    assert entry.facts["mvs.lines"] == "40"
    assert entry.facts.get("mvs.user", "SMITH") == "SMITH"


def test_zone_and_path_of_members() -> None:
    zone = timezone(timedelta(hours=-5))
    entry = parse_zos_line(MEMBER_LINES[0][0], zone, PurePosixPath("/d"))
    assert entry.modified == MORNING.replace(tzinfo=zone)
    assert entry.path == PurePosixPath("/d/HELLO")


@pytest.mark.parametrize(
    ("line", "alias_of"),
    [
        (" MAIN      0012A8   00060C          00 FO             RN RU            31    ANY", None),
        (
            " MAIN      0012A8   00060C REALNAME 01 FO             RN RU            31    ANY",
            "REALNAME",
        ),
        (" MAIN      000012A8 00060C          01", None),
    ],
)
def test_load_modules(line: str, alias_of: str | None) -> None:
    entry = parse_zos_line(line)
    assert (entry.name, entry.type, entry.size) == ("MAIN", "file", None)
    assert entry.facts["mvs.length"].endswith("0012A8")
    assert entry.facts.get("mvs.alias-of") == alias_of


@pytest.mark.parametrize("heading", [MEMBERS, MODULES])
def test_members_without_statistics(heading: str) -> None:
    odd: list[str] = []
    reader = ListReader(NOW, None, odd.append)
    entries = reader.read(
        [heading, " HELLO", "$@#1    ", MEMBER_LINES[0][0], " lower", "TOOLONGNAME"]
    )
    assert [entry.name for entry in entries] == ["HELLO", "$@#1", "HELLO"]
    assert (odd, reader.dialect) == ([" lower", "TOOLONGNAME"], "zos")
    with pytest.raises(ListingError):
        parse_list_line(" HELLO", now=NOW)


@pytest.mark.parametrize("heading", [DATA_SETS, WITHOUT_UNIT])
def test_listing_of_data_sets(heading: str) -> None:
    odd: list[str] = []
    reader = ListReader(NOW, None, odd.append)
    lines = [line for _, line, _ in PLAIN + UNDER_HEADING]
    entries = reader.read([heading, *lines, "no data sets found"])
    assert len(entries) == len(lines)
    assert odd == ["no data sets found"]


def test_unix_files_of_zos() -> None:
    lines = [
        "total 24",
        "drwxr-xr-x   2 OMVSKERN SYS1        8192 Nov 23 08:29 sub",
        "-rw-r-----   1 SMITH    STAFF         12 Nov 23 08:29 a.txt",
        "erwxrwxrwx   1 SMITH    STAFF         10 Nov 23 08:29 ext -> SMITH.DATA",
    ]
    reader = ListReader(NOW)
    entries = reader.read(lines)
    assert [(e.name, e.type, e.target) for e in entries] == [
        ("sub", "dir", None),
        ("a.txt", "file", None),
        ("ext", "link", "SMITH.DATA"),
    ]
    assert reader.dialect == "unix"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "hello world",
        "SMITH.DATA",
        "PS SMITH.DATA",
        "VOL001 3390 2026/11/23 PS smith.data",
        "VOL001 3390 2026/11/23 1 15 FB 80 27920 PS " + ".".join(["A"] * 23),
        "VOL001 3390 2026/11/23 1 15 FB 80 27920 PS" + " " * 300 + "SMITH.DATA",
        "VOL001 3390 2026/11/23 1 15 FB 80 27920 XX SMITH.DATA",
    ],
)
def test_no_entries(line: str) -> None:
    with pytest.raises(ListingError):
        parse_zos_line(line)


LINES = st.lists(
    st.sampled_from(
        [
            DATA_SETS,
            MEMBERS,
            MODULES,
            "A B",
            "Migrated A",
            "VOL 2026/11/23 PS A",
            " A 00.00",
            "A",
            "12 B",
        ]
        + [line for _, line, _ in PLAIN + UNDER_HEADING]
        + [line for line, _ in MEMBER_LINES]
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
