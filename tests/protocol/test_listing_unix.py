from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._errors import ListingError
from anyftp._protocol import ListReader, outlines, parse_unix_line
from anyftp._protocol._listing_unix import parse_unix_lines

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
RECENT = datetime(2026, 11, 23, 8, 29, tzinfo=UTC)

EXAMPLES = [
    ("usual", "-rw-r--r--   1 user group   12 Nov 23 08:29 a.txt", "a.txt", "file", 12, RECENT),
    (
        "folder",
        "drwxr-xr-x   2 user group 4096 Jan  2  2024 d",
        "d",
        "dir",
        4096,
        datetime(2024, 1, 2, tzinfo=UTC),
    ),
    ("blanks in the name", "-rw-r--r-- 1 u g 12 Nov 23 08:29  a  b ", " a  b ", "file", 12, RECENT),
    ("numeric owners", "-rw-r--r-- 1 0 1000 12 Nov 23 08:29 a", "a", "file", 12, RECENT),
    ("ACL", "-rw-rwxr--+ 1 u g 12 Nov 23 08:29 a", "a", "file", 12, RECENT),
    ("SELinux", "-rw-rwxr--. 1 u g 12 Nov 23 08:29 a", "a", "file", 12, RECENT),
    ("no group", "-rw-r--r-- 1 user 12 Nov 23 08:29 a", "a", "file", 12, RECENT),
    ("no link count", "-rw-r--r-- user group 12 Nov 23 08:29 a", "a", "file", 12, RECENT),
    ("size only", "-rw-r--r-- 12 Nov 23 08:29 a", "a", "file", 12, RECENT),
    (
        "blank in the group",
        "-rw-r--r-- 1 u Domain Users 12 Nov 23 08:29 a",
        "a",
        "file",
        12,
        RECENT,
    ),
    (
        "block device",
        "brw-rw---- 1 root disk 8,   1 Nov 23 08:29 sda1",
        "sda1",
        "other",
        None,
        RECENT,
    ),
    (
        "character device",
        "crw-rw---- 1 root tty 5,1 Nov 23 08:29 tty",
        "tty",
        "other",
        None,
        RECENT,
    ),
    ("socket", "srwxrwxrwx 1 u g 0 Nov 23 08:29 s", "s", "other", 0, RECENT),
    (
        "beyond 2**63",
        "-rw-r--r-- 1 u g 99999999999999999999 Nov 23 08:29 a",
        "a",
        "file",
        10**20 - 1,
        RECENT,
    ),
    ("day first", "-rw-r--r-- 1 u g 12 23 Nov 08:29 a", "a", "file", 12, RECENT),
    ("day first with a point", "-rw-r--r-- 1 u g 12 23. Nov 08:29 a", "a", "file", 12, RECENT),
    ("one digit of an hour", "-rw-r--r-- 1 u g 12 Nov 23 8:29 a", "a", "file", 12, RECENT),
    ("seconds", "-rw-r--r-- 1 u g 12 Nov 23 08:29:07 a", "a", "file", 12, RECENT.replace(second=7)),
    (
        "German month",
        "-rw-r--r-- 1 u g 12 M\xe4r 3 08:29 a",
        "a",
        "file",
        12,
        RECENT.replace(month=3, day=3),
    ),
    (
        "Latin-1 month",
        "-rw-r--r-- 1 u g 12 M\udce4r 3 08:29 a",
        "a",
        "file",
        12,
        RECENT.replace(month=3, day=3),
    ),
    (
        "French month",
        "-rw-r--r-- 1 u g 12 d\xe9c. 3  2025 a",
        "a",
        "file",
        12,
        datetime(2025, 12, 3, tzinfo=UTC),
    ),
    ("Japanese month", "-rw-r--r-- 1 u g 12 11\u6708 23 08:29 a", "a", "file", 12, RECENT),
    (
        "Japanese date",
        "-rw-r--r-- 1 u g 12 11\u6708 23\u65e5 2024\u5e74 a",
        "a",
        "file",
        12,
        datetime(2024, 11, 23, tzinfo=UTC),
    ),
    ("unknown month", "-rw-r--r-- 1 u g 12 Foo 23 08:29 a", "a", "file", 12, None),
    ("no such day", "-rw-r--r-- 1 u g 12 Feb 31 08:29 a", "a", "file", 12, None),
    ("no such hour", "-rw-r--r-- 1 u g 12 Feb  3 28:29 a", "a", "file", 12, None),
    ("ISO date", "-rw-r--r-- 1 u g 12 2026-11-23 08:29 a", "a", "file", 12, RECENT),
    (
        "ISO day alone",
        "-rw-r--r-- 1 u g 12 2026-11-23 a",
        "a",
        "file",
        12,
        datetime(2026, 11, 23, tzinfo=UTC),
    ),
    (
        "ISO in full",
        "-rw-r--r-- 1 u g 12 2026-11-23 09:29:00.000000000 +0100 a",
        "a",
        "file",
        12,
        RECENT,
    ),
    ("style iso, recent", "-rw-r--r-- 1 u g 12 11-23 08:29 a b", "a b", "file", 12, RECENT),
    (
        "style iso, of last year",
        "-rw-r--r-- 1 u g 12 12-24 08:29 a",
        "a",
        "file",
        12,
        datetime(2025, 12, 24, 8, 29, tzinfo=UTC),
    ),
    (
        "style iso, old",
        "-rw-r--r-- 1 u g 12 2024-01-02  a b",
        "a b",
        "file",
        12,
        datetime(2024, 1, 2, tzinfo=UTC),
    ),
    (
        "style iso, old, blanks in front",
        "-rw-r--r-- 1 u g 12 2024-01-02   a",
        " a",
        "file",
        12,
        datetime(2024, 1, 2, tzinfo=UTC),
    ),
    ("style iso, a link", "lrwxrwxrwx 1 u g 1 11-23 08:29 a -> b", "a", "link", 1, RECENT),
    ("style iso, no such day", "-rw-r--r-- 1 u g 12 02-31 08:29 a", "a", "file", 12, None),
    (
        "style iso, a name like a date",
        "-rw-r--r-- 1 u g 12 11-23 08:29 2024-01-02 10:00 x",
        "2024-01-02 10:00 x",
        "file",
        12,
        RECENT,
    ),
    (
        "style iso, a group like a date",
        "-rw-r--r-- 1 u 01-02 12 11-23 08:29 a",
        "a",
        "file",
        12,
        RECENT,
    ),
    (
        "style full-iso, west of Greenwich",
        "-rw-r--r-- 1 u g 12 2026-11-23 04:59:00.000000000 -0330 a",
        "a",
        "file",
        12,
        RECENT,
    ),
    (
        "dates in the name",
        "-rw-r--r-- 1 u g 12 Nov 23 08:29 3 Jan 1 2020 x",
        "3 Jan 1 2020 x",
        "file",
        12,
        RECENT,
    ),
    (
        "arrow in a file's name",
        "-rw-r--r-- 1 u g 12 Nov 23 08:29 a -> b",
        "a -> b",
        "file",
        12,
        RECENT,
    ),
    ("the folder itself", "drwxr-xr-x 2 u g 4096 Nov 23 08:29 .", ".", "cdir", 4096, RECENT),
    ("the folder above", "drwxr-xr-x 2 u g 4096 Nov 23 08:29 ..", "..", "pdir", 4096, RECENT),
    (
        "tricks are kept for check_name",
        "-rw-r--r-- 1 u g 12 Nov 23 08:29 ../x",
        "../x",
        "file",
        12,
        RECENT,
    ),
    (
        "bytes that are no UTF-8",
        "-rw-r--r-- 1 u g 12 Nov 23 08:29 caf\udce9",
        "caf\udce9",
        "file",
        12,
        RECENT,
    ),
]


@pytest.mark.parametrize(
    ("line", "name", "type_", "size", "modified"),
    [case[1:] for case in EXAMPLES],
    ids=[case[0] for case in EXAMPLES],
)
def test_examples(
    line: str, name: str, type_: str, size: int | None, modified: datetime | None
) -> None:
    entry = parse_unix_line(line, NOW)
    assert (entry.name, entry.type, entry.size, entry.modified) == (name, type_, size, modified)
    assert entry.line == line


@pytest.mark.parametrize(
    ("name", "size", "expected"),
    [
        ("a -> b", 1, ("a", "b")),
        ("a", 1, ("a", None)),
        ("a -> b -> c", 6, ("a", "b -> c")),
        ("a -> b -> c", 1, ("a -> b", "c")),
        ("a -> b -> c", 99, ("a", "b -> c")),
        ("a -> \xe9", 2, ("a", "\xe9")),
        (" -> b", 1, (" -> b", None)),
    ],
)
def test_links(name: str, size: int, expected: tuple[str, str | None]) -> None:
    entry = parse_unix_line(f"lrwxrwxrwx 1 u g {size} Nov 23 08:29 {name}", NOW)
    assert (entry.name, entry.target) == expected
    assert entry.type == "link"


@pytest.mark.parametrize(
    ("now", "when", "modified"),
    [
        (datetime(2026, 1, 1, 0, 5), "Dec 31 23:59", datetime(2025, 12, 31, 23, 59)),
        (datetime(2026, 12, 31, 23, 50), "Jan  1 00:10", datetime(2027, 1, 1, 0, 10)),
        (datetime(2026, 11, 23, 8, 30), "Nov 24 08:00", datetime(2026, 11, 24, 8, 0)),
        (datetime(2026, 11, 23, 8, 30), "Nov 25 08:00", datetime(2025, 11, 25, 8, 0)),
        (datetime(2024, 3, 1), "Feb 29 08:00", datetime(2024, 2, 29, 8, 0)),
        (datetime(2026, 3, 1), "Feb 29 08:00", datetime(2024, 2, 29, 8, 0)),
        (datetime(1903, 3, 1), "Feb 29 08:00", datetime(1896, 2, 29, 8, 0)),
        (datetime(2026, 3, 1), "Feb 29  2023", None),
    ],
)
def test_years(now: datetime, when: str, modified: datetime | None) -> None:
    line = f"-rw-r--r-- 1 u g 12 {when} a"
    for zone in (UTC, timezone(timedelta(hours=-5))):
        expected = modified and modified.replace(tzinfo=zone)
        assert parse_unix_line(line, now.replace(tzinfo=zone)).modified == expected
    assert parse_unix_line(line, now).modified == (modified and modified.replace(tzinfo=UTC))


def test_times_are_aware_in_the_zone_of_now() -> None:
    zone = timezone(timedelta(hours=3))
    modified = parse_unix_line("-rw-r--r-- 1 u g 12 Nov 23 08:29 a", NOW.astimezone(zone)).modified
    assert modified is not None
    assert modified.utcoffset() == timedelta(hours=3)


@pytest.mark.parametrize(
    ("rights", "mode"),
    [("rwxr-xr-x", "0755"), ("rwsr-Sr-t", "7745"), ("---------", "0000"), ("rwxrwxrwT", "1776")],
)
def test_facts(rights: str, mode: str) -> None:
    facts = parse_unix_line(f"-{rights} 1 root wheel 12 Nov 23 08:29 a", NOW).facts
    assert facts == {"unix.mode": mode, "unix.ownername": "root", "unix.groupname": "wheel"}


@pytest.mark.parametrize(
    ("between", "owner", "group"),
    [
        ("1 u Domain Users", "u", "Domain Users"),
        ("u g", "u", "g"),
        ("1 u", "u", None),
        ("", None, None),
    ],
)
def test_owners_of_odd_lines(between: str, owner: str | None, group: str | None) -> None:
    facts = parse_unix_line(f"-rw-r--r-- {between} 12 Nov 23 08:29 a", NOW).facts
    assert (facts.get("unix.ownername"), facts.get("unix.groupname")) == (owner, group)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "total 12",
        "-rw-r--r--",
        "-rw-r--r-- 1 u g 12 Nov 23 08:29 ",
        "-rw-r--r-- 1 u g Nov 23 08:29 a",
        "xrw-r--r-- 1 u g 12 Nov 23 08:29 a",
        "-rw-r--r-- 1 u g 12 Nov 23 08:29 a\x00",
        "-rw 1 u g 1 Nov 23 08:29 a",
        "-rw-r--r-- 1 u g 12 Nov 23 08:29 a\rb",
        "11-23-26 08:29AM 12 a",
    ],
)
def test_no_entries(line: str) -> None:
    with pytest.raises(ListingError):
        parse_unix_line(line, NOW)


@pytest.mark.parametrize(
    "line",
    [
        "-rw-r--r-- " + "1 " * 30_000,
        "-rw-r--r-- " + "1" * 60_000,
        "-rw-r--r-- " + " " * 60_000,
        "-rw-r--r-- 1, " + " " * 60_000 + "x",
        "-rw-r--r-- " + "1 Nov 1 " * 8_000,
        "-rw-r--r-- 1 u g 12 Nov" + " " * 60_000 + "x",
        "-rw-r--r-- " + "1 Nov   " * 8_000,
        "-rw-r--r-- 1 u " + "1 a b " * 8_000,
        "-rw-r--r-- 1 u " + "5 000 17   " * 6_000,
        "-rw-r--r-- 1 u g 5 000 17" + " " * 60_000 + "x",
    ],
)
def test_hostile_lines_take_no_time(line: str) -> None:
    """Quadratic matching would take minutes and run into the time-out."""
    for _ in range(5):
        with pytest.raises(ListingError):
            parse_unix_line(line, NOW)


JANUARY = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("columns", "size", "modified"),
    [
        pytest.param("1 u g -1 Jan  1 2024", None, JANUARY, id="negative"),
        pytest.param("1 u g -1794967296 Jan  1 2024", None, JANUARY, id="32-bits"),
        pytest.param("1 u g 4,096 Jan  1 2024", None, JANUARY, id="thousands"),
        pytest.param("1 u g 1.2K Jan  1 2024", None, JANUARY, id="human"),
        pytest.param("1 u g ??? Jan  1 2024", None, JANUARY, id="no-size"),
        pytest.param("1 u g 5 000 17 2025", 5, None, id="month-000"),
        pytest.param("1 1000 1000 2025 000 17 2025", 2025, None, id="month-000-all-digits"),
        pytest.param("1 u 5 000 17 2025", 5, None, id="month-000-no-group"),
        pytest.param("1 u Domain Users 5 0 0 0000", 5, None, id="zeros"),
        pytest.param("1 u g 5 Foo 17 2025", 5, None, id="unknown-month"),
        pytest.param("1 u g 5 Jan 45 2025", 5, None, id="day-45"),
        pytest.param("1 u g 5 Feb 30 12:00", 5, None, id="february-30"),
        pytest.param("1 u g 5 Jan  1 24:61", 5, None, id="hour-24"),
        pytest.param("1 u g 5 Jan  1 ?????", 5, None, id="no-clock"),
        pytest.param("1 u g 5 ??? ?? ????", 5, None, id="no-date"),
        pytest.param("1 u g -1 000 17 2025", None, None, id="neither"),
    ],
)
@pytest.mark.parametrize("name", ["a.bin", " two  words ", "2025 08:29", "5 Jan  1 2024 b"])
def test_a_column_that_makes_no_sense_costs_no_entry(
    columns: str, size: int | None, modified: datetime | None, name: str
) -> None:
    entry = parse_unix_line(f"-rw-r--r-- {columns} {name}", NOW)
    assert (entry.name, entry.size, entry.modified) == (name, size, modified)


PARTS = [
    "-rw-r--r--",
    "lrwxrwxrwx",
    "1",
    "u",
    "12",
    "-1",
    "000",
    "????",
    "8, 1",
    "Nov",
    "23",
    "08:29",
    "2024",
    "2026-11-23",
    "a",
    " ",
    " -> ",
]


@given(st.lists(st.sampled_from(PARTS)).map(" ".join) | st.text())
def test_any_text(line: str) -> None:
    try:
        entry = parse_unix_line(line, NOW)
    except ListingError:
        return
    assert entry.name
    repr((entry, entry.target, entry.facts))


@pytest.mark.parametrize("now", [datetime.min, datetime.max, datetime(1, 1, 5, tzinfo=UTC)])
def test_absurd_clocks(now: datetime) -> None:
    for when in ("Nov 23 08:29", "Feb 29 08:29", "Jan  1 00:00"):
        repr(parse_unix_line(f"-rw-r--r-- 1 u g 12 {when} a", now).modified)


@pytest.mark.parametrize("hours", [0, 3, -9])
def test_equal_moments_of_different_zones_are_not_taken_for_one_another(hours: int) -> None:
    moment = datetime(2024, 5, 17, 12, 0, tzinfo=UTC)
    zone = timezone(timedelta(hours=hours))
    line = "-rw-r--r-- 1 a b 5 May 16 10:00 name"
    for _ in range(2):
        assert parse_unix_line(line, moment).modified == datetime(2024, 5, 16, 10, tzinfo=UTC)
        found = parse_unix_line(line, moment.astimezone(zone)).modified
        assert found == datetime(2024, 5, 16, 10, tzinfo=zone)


usual_lines = st.builds(
    "{}rw-r--r--{} {} {} {} {:>8} {} {}".format,
    st.sampled_from("-dlb"),
    st.sampled_from(["", "+", "."]),
    st.integers(1, 99),
    st.sampled_from(["user", "0", "a\xe9"]),
    st.sampled_from(["group", "1000"]),
    st.integers(-1, 10**12),
    st.sampled_from(["Nov 23 08:29", "Jan  2  2024", "Feb 29  2024"]),
    st.text(st.sampled_from("ab ->.\u2028\x0b\x85\t$^"), min_size=1, max_size=9),
)
any_lines = st.one_of(
    usual_lines, st.sampled_from(["", "total 12", *(case[1] for case in EXAMPLES)])
)


@given(st.lists(usual_lines, max_size=9))
def test_many_lines_at_once_are_read_as_one_by_one(lines: list[str]) -> None:
    found = parse_unix_lines(lines, NOW)
    assert found is not None
    assert list(found) == [parse_unix_line(line, NOW) for line in lines]


@given(st.lists(any_lines, max_size=5))
def test_many_lines_are_read_as_one_by_one_or_not_at_all(lines: list[str]) -> None:
    found = parse_unix_lines(lines, NOW)
    if found is not None:
        one_by_one = [parse_unix_line(line, NOW) for line in lines]
        assert list(found) == one_by_one
        assert [found[index] for index in range(len(found))] == one_by_one
        assert [entry.line for entry in found] == lines
        assert [entry.facts for entry in found] == [entry.facts for entry in one_by_one]


@given(
    st.lists(usual_lines | st.sampled_from([case[1] for case in EXAMPLES]), max_size=9),
    st.none() | st.just(PurePosixPath("/d")),
)
def test_outlines_say_what_the_entries_say(
    lines: list[str], directory: PurePosixPath | None
) -> None:
    entries = ListReader(NOW, directory).read(lines)
    assert outlines(entries) == [
        (one.name, one.type, one.size, one.modified, one.created, one.target) for one in entries
    ]


def test_one_odd_line_leaves_all_to_be_read_one_by_one() -> None:
    usual = EXAMPLES[0][1]
    assert parse_unix_lines([usual, "total 12", usual], NOW) is None
    assert parse_unix_lines([usual, f"{usual}\r", usual], NOW) is None
