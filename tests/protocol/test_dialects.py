from __future__ import annotations

from datetime import UTC, datetime
from pathlib import PurePosixPath

import pytest

from anyftp._errors import ListingError
from anyftp._protocol import Dialect, ListingDecoder, ListReader, parse_list_line

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)

LINES: dict[Dialect, str] = {
    "unix": "-rw-r--r-- 1 u g 12 Nov 23 08:29 a",
    "dos": "11-23-26  08:29AM   12 a",
    "eplf": "+r,s12,\ta",
    "os400": "SMITH  12 11/23/26 08:29:10 *STMF      a",
    "vms": "A.TXT;1    1/4    23-NOV-2026 08:29:10  [STAFF,SMITH]  (RWED,RWED,RE,)",
    "nonstop": 'A   101   12  23-Nov-26 08:29:10  244,10 "NUNU"',
    "vxworks": "  12    Nov-23-2026  08:29:10   a",
    "netware": "- [R----F--] smith   12 Nov 23 08:29 a",
    "os2": "  12   A   11-23-26  08:29  a",
    "zos": "VOL001 3390   2026/11/23  1   15  FB      80 27920  PS  A.DATA",
}


@pytest.mark.parametrize("dialect", LINES)
def test_a_listing_is_in_the_dialect_of_its_lines(dialect: Dialect) -> None:
    odd: list[str] = []
    reader = ListReader(NOW, PurePosixPath("/d"), odd.append)
    entries = reader.read([LINES[dialect]] * 3)
    assert (len(entries), reader.dialect, odd) == (3, dialect, [])
    assert all(entry.path.parent == PurePosixPath("/d") for entry in entries)


@pytest.mark.parametrize("dialect", LINES)
def test_one_line_by_itself(dialect: Dialect) -> None:
    entry = parse_list_line(LINES[dialect], now=NOW, directory=PurePosixPath("/d"))
    assert entry is not None
    assert entry == ListReader(NOW, PurePosixPath("/d")).read([LINES[dialect]])[0]


@pytest.mark.parametrize("dialect", LINES)
def test_no_dialect_claims_the_lines_of_another(dialect: Dialect) -> None:
    # Whichever was met before, the line is read the same.
    (expected,) = ListReader(NOW).read([LINES[dialect]])
    for before in (line for other, line in LINES.items() if other != dialect):
        reader = ListReader(NOW)
        assert reader.read([before, LINES[dialect]])[1] == expected
        assert reader.dialect == dialect


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(LINES["unix"].replace(" 12 ", " -1 "), id="unix"),
        pytest.param(LINES["unix"].replace("Nov", "000"), id="unix-month"),
        pytest.param(LINES["dos"].replace(" 12 ", " -1 "), id="dos"),
        pytest.param("00-00-00  00:00AM   12 a", id="dos-date"),
        pytest.param(LINES["os400"].replace(" 12 ", " -1 "), id="os400"),
        pytest.param(LINES["nonstop"].replace(" 12 ", " -1 "), id="nonstop"),
        pytest.param(LINES["nonstop"].replace("Nov", "Foo"), id="nonstop-month"),
        pytest.param("- [R----F--] smith  -1 Oct 20  2024 a", id="netware"),
        pytest.param("- [R----F--] smith  12 Foo 20  2024 a", id="netware-month"),
        pytest.param("  -1   A   11-23-26  08:29  a", id="os2"),
        pytest.param("  12   A   00-00-00  08:29  a", id="os2-date"),
    ],
)
def test_a_column_that_makes_no_sense_costs_no_entry(line: str) -> None:
    """A size below zero is none; a date that no calendar has is none either."""
    entry = parse_list_line(line, now=NOW)
    assert entry is not None
    assert entry.name.lower() == "a"
    assert (entry.size is None) == ("-1" in line)
    assert entry.modified is None or "-1" in line


def test_lines_without_an_entry_change_nothing() -> None:
    reader = ListReader(NOW)
    reader.read([LINES["dos"], "total 12", "", "Total of 3 files, 1/2 blocks."])
    assert reader.dialect == "dos"


def test_odd_lines_change_nothing() -> None:
    odd: list[str] = []
    reader = ListReader(NOW, None, odd.append)
    assert len(reader.read([LINES["zos"], "hello", LINES["zos"]])) == 2
    assert (reader.dialect, odd) == ("zos", ["hello"])


def test_half_an_entry() -> None:
    assert parse_list_line("A_LONG_NAME.TXT;1", now=NOW) is None
    with pytest.raises(ListingError):
        parse_list_line("   1/4    23-NOV-2026 08:29:10", now=NOW)


def test_dialect_of_the_decoder() -> None:
    assert ListingDecoder("mlsd").dialect == "mlsd"
    assert ListingDecoder("list", now=NOW).dialect == "unix"
    decoder = ListingDecoder("list", now=NOW)
    decoder.feed(LINES["os400"].encode() + b"\r\nA.A;1\r\n")
    assert decoder.dialect == "os400"
    assert (decoder.close(), decoder.skipped) == ([], ["A.A;1"])


@pytest.mark.parametrize(
    "piece", ["a", " ", "1", "A;1 ", "*A ", "1/1/1 ", "A.", "-", "\t", ",r", "["]
)
@pytest.mark.parametrize(
    "head", ["", "+", "A;1 ", "*STMF ", "Volume ", "Name ", "Directory ", "-rw-r--r-- "]
)
def test_long_lines_cost_little(head: str, piece: str) -> None:
    # A grammar that backtracks would take minutes.
    ListReader(NOW).read([head + piece * 20_000 + "\x01"] * 2)
