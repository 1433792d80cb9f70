"""Listings as tables."""

import io
from datetime import UTC, datetime, timedelta, timezone

import pytest
from rich.console import Console
from rich.table import Table

from anyftp import Entry
from anyftp._cli._display._table import fits, print_listing
from anyftp._protocol import KnownEntry

NOON = datetime(2026, 1, 2, 12, 0, 30, tzinfo=UTC)


def printed(*entries: Entry, exact: bool = False, width: int = 80) -> str:
    output = io.StringIO()
    print_listing(Console(file=output, width=width), entries, exact=exact)
    return output.getvalue()


def test_rows() -> None:
    text = printed(
        KnownEntry("file", "file", size=1536, modified=NOON),
        KnownEntry("folder", "dir", size=4096, modified=NOON),
        KnownEntry("link", "link", target="/x"),
    )
    assert [line.split() for line in text.splitlines()[2:]] == [
        ["file", "1.50", "KiB", "2026-01-02", "12:00", "file"],
        ["dir", "2026-01-02", "12:00", "folder/"],
        ["link", "link", "->", "/x"],
    ]


def test_exact() -> None:
    text = printed(KnownEntry("f", "file", size=1536, modified=NOON), exact=True)
    assert text.splitlines()[2].split() == ["file", "1536", "2026-01-02", "12:00:30", "f"]


def test_times_are_utc() -> None:
    east = NOON.astimezone(timezone(timedelta(hours=5)))
    assert "12:00" in printed(KnownEntry("f", "file", modified=east))


def test_names_cannot_draw() -> None:
    text = printed(KnownEntry("\x1b[2J[bold]x", "file"))
    assert "\x1b" not in text
    assert "\\x1b[2J[bold]x" in text


@pytest.mark.parametrize("width", [30, 50, 80])
def test_a_long_name_is_whole(width: int) -> None:
    name = "x" * 60
    lines = printed(KnownEntry(name, "file", size=1, modified=NOON), width=width).splitlines()
    assert all(len(line) <= width for line in lines)
    assert "".join(lines).count("x") == 60


def test_fits() -> None:
    table = Table("a" * 10, "b" * 10)
    assert fits(Console(width=40), table)
    assert not fits(Console(width=20), table)
