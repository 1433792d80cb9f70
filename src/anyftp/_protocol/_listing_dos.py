"""LIST in the manner of MS-DOS and IIS.

    11-23-26  08:29AM       <DIR>          name
    11-23-2026  20:29            1,234,567 name

Read as well: a blank before PM, year first, day first where the month cannot be, points and slashes
in dates, separators of thousands, `<JUNCTION>` and `<SYMLINKD>` with their targets in brackets.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from pathlib import PurePosixPath
from typing import TypeAlias

from anyftp._errors import ListingError
from anyftp._protocol._entry import SELF_AND_PARENT, Entry, EntryType
from anyftp._protocol._listing_times import calendar_time, full_year
from anyftp._protocol._values import listed_size

_LINE = re.compile(
    r"(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})\s+"
    r"(\d{1,2}):(\d\d)(?::\d\d)?\s{0,4}([AaPp])?[Mm]?\s+"
    r"(?:<(\w{1,12})>\s+|(-?\d[\d.,']{0,40}) )([^\r\n\0]+)",
    re.ASCII,
)
_TARGET = re.compile(r"(.+?) \[(.*)\]")
_SEPARATORS = re.compile(r"[.,']")

# Three numbers of a date, hour, minute, half of the day, mark, size, name: parsed when asked.
_Columns: TypeAlias = tuple[str, str, str, str, str, str | None, str | None, str | None, str]


class DosEntry(Entry):
    """An entry of a DOS listing."""

    __slots__ = ("_columns", "_target", "_zone")

    def __init__(
        self, columns: _Columns, line: str, directory: PurePosixPath | None, zone: tzinfo
    ) -> None:
        self._name = columns[8]
        self._line = line
        self._directory = directory
        self._columns = columns
        self._zone = zone
        self._target: str | None = None
        if columns[6]:
            linked = _TARGET.fullmatch(columns[8]) if self.type == "link" else None
            if linked:
                self._name, self._target = linked.groups()

    @property
    def type(self) -> EntryType:
        """What the mark in angle brackets says; without one it is a file."""
        kind = _type(self._columns[6])
        return SELF_AND_PARENT.get(self._name, kind) if kind == "dir" else kind

    @property
    def size(self) -> int | None:
        """Bytes, of files."""
        digits = self._columns[7]
        return listed_size(_SEPARATORS.sub("", digits)) if digits else None

    @property
    def modified(self) -> datetime | None:
        """The date, in the zone given; None if there is no such day."""
        return _parse_when(self._columns, self._zone)

    @property
    def target(self) -> str | None:
        """What stands in brackets behind the name of a link."""
        return self._target


def parse_dos_line(line: str, zone: tzinfo = UTC, directory: PurePosixPath | None = None) -> Entry:
    """Read one line of a DOS listing.

    Args:
        line: without its ending.
        zone: of the server's clock, which the listing does not say.
        directory: the folder that is listed, for `Entry.path`.

    Raises:
        ListingError: it is no such line, or its name holds CR, LF or NUL.
    """
    match = _LINE.fullmatch(line)
    if match is None:
        raise ListingError(line)
    columns: _Columns = match.groups()  # type: ignore[assignment]  # nine groups
    return DosEntry(columns, line, directory, zone)


def _type(mark: str | None) -> EntryType:
    if mark is None:
        return "file"
    if mark.upper() == "DIR":
        return "dir"
    return "link" if mark.upper() in ("JUNCTION", "SYMLINK", "SYMLINKD") else "other"


def _parse_when(columns: _Columns, zone: tzinfo) -> datetime | None:
    first, second, third, hours, minutes, half, *_ = columns
    hour = int(hours)
    if half and hour <= 12:
        hour = hour % 12 + (12 if half in "Pp" else 0)
    if len(first) == 4:
        year, month, day = int(first), int(second), int(third)
    else:
        month, day, year = int(first), int(second), full_year(third)
        if month > 12:
            month, day = day, month
    return calendar_time(zone, year, month, day, hour, int(minutes))
