from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._protocol import format_unix_line, format_unix_lines, parse_unix_line
from anyftp._protocol._unix_format import ListedEntry

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)


def test_file() -> None:
    line = format_unix_line(
        "a b",
        mode=0o100644,
        links=2,
        owner="me",
        group="us",
        size=12,
        modified=NOW.timestamp() - 60,
        now=NOW.timestamp(),
    )
    assert line == "-rw-r--r--   2 me       us                 12 Nov 23 08:29 a b"


@pytest.mark.parametrize(
    ("age", "when"),
    [
        (timedelta(0), "Nov 23 08:30"),
        (timedelta(days=100), "Aug 15 08:30"),
        (timedelta(days=190), "May 17  2026"),
        (timedelta(days=-3), "Nov 26  2026"),
        (timedelta(hours=-3), "Nov 23 11:30"),
        (timedelta(days=20000), "Feb 20  1972"),
    ],
)
def test_when(age: timedelta, when: str) -> None:
    line = format_unix_line(
        "a", mode=0o40755, size=0, modified=(NOW - age).timestamp(), now=NOW.timestamp()
    )
    assert line == f"drwxr-xr-x   1 owner    group               0 {when} a"


@given(st.floats() | st.integers(), st.floats(0, 1e10))
def test_any_time_gives_a_line_that_is_understood(modified: float, now: float) -> None:
    line = format_unix_line("a", mode=0o100644, size=1, modified=modified, now=now)
    entry = parse_unix_line(line, now=datetime.fromtimestamp(now, UTC))
    assert (entry.name, entry.size) == ("a", 1)


def test_link() -> None:
    line = format_unix_line("a", mode=0o120777, size=1, modified=0, now=0, target="b")
    assert line.endswith(" a -> b")
    assert line.startswith("lrwxrwxrwx ")


@pytest.mark.parametrize(
    ("name", "target"), [("a\nb", None), ("a\r", None), ("a\0", None), ("a", "b\n")]
)
def test_names_that_no_line_can_hold_are_hidden(name: str, target: str | None) -> None:
    assert format_unix_line(name, mode=0, size=0, modified=0, now=0, target=target) == ""


@given(
    st.text(st.characters(exclude_characters="\r\n\0"), min_size=1).filter(
        lambda n: n not in (".", "..")
    ),
    st.integers(0, 2**63),
    st.integers(0, 181 * 86400),
)
def test_our_reader_understands_it(name: str, size: int, age: int) -> None:
    modified = int(NOW.timestamp()) - age
    line = format_unix_line(name, mode=0o100600, size=size, modified=modified, now=NOW.timestamp())
    entry = parse_unix_line(line, NOW)
    assert (entry.name, entry.type, entry.size) == (name, "file", size)
    assert entry.modified is not None
    assert int(entry.modified.timestamp()) == modified - modified % 60
    assert entry.facts["unix.mode"] == "0600"


def test_many_lines() -> None:
    now = 1_000_000_100.0
    entries = [
        ("f", "file", 5, 1_000_000_000.0, 0o640, 2, "7", "8", "", None),
        ("d", "dir", 0, 0.0, 0o755, 1, "0", "0", "", None),
        ("a\nb", "file", 0, 0.0, 0o644, 1, "0", "0", "", None),
        ("l", "link", 0, 0.0, 0o777, 1, "0", "0", "", "f"),
        ("m", "link", 0, 0.0, 0o777, 1, "0", "0", "", "f\0"),
        ("p", "other", 0, 0.0, 0o644, 1, "0", "0", "", None),
    ]
    assert format_unix_lines(entries, now) == [
        "-rw-r-----   2 7        8                   5 Sep  9 01:46 f",
        "drwxr-xr-x   1 0        0                   0 Jan  1  1970 d",
        "lrwxrwxrwx   1 0        0                   0 Jan  1  1970 l -> f",
        "crw-r--r--   1 0        0                   0 Jan  1  1970 p",
    ]


@given(
    st.lists(
        st.tuples(
            st.text(),
            st.sampled_from(["file", "dir", "link"]),
            st.integers(0, 2**63),
            st.floats(allow_nan=False),
            st.integers(0, 0o7777),
            st.integers(1, 99),
            st.just("0"),
            st.just("0"),
            st.just(""),
            st.none() | st.text(),
        )
    ),
    st.floats(-1e12, 1e12),
)
def test_many_lines_are_those_of_each(entries: list[ListedEntry], now: float) -> None:
    kinds = {"file": 0o100000, "dir": 0o040000, "link": 0o120000}
    each = [
        format_unix_line(
            name,
            mode=kinds[type_] | mode,
            size=nbytes,
            modified=modified,
            now=now,
            links=links,
            owner=owner,
            group=group,
            target=target,
        )
        for name, type_, nbytes, modified, mode, links, owner, group, _, target in entries
    ]
    assert format_unix_lines(entries, now) == [line for line in each if line]
