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

from anyftp._errors import ListingError
from anyftp._protocol._entry import Entry, EntryType, KnownEntry
from anyftp._protocol._text import breaks_lines

_LINE = re.compile(
    r"(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})\s+"
    r"(\d{1,2}):(\d\d)(?::\d\d)?\s{0,4}([AaPp])?[Mm]?\s+"
    r"(?:<(\w{1,12})>\s+|(\d[\d.,']{0,40}) )(.+)",
    re.DOTALL | re.ASCII,
)
_TARGET = re.compile(r"(.+?) \[(.*)\]", re.DOTALL)
_SPECIAL_NAMES: dict[str, EntryType] = {".": "cdir", "..": "pdir"}


def parse_dos_line(line: str, zone: tzinfo = UTC, directory: PurePosixPath | None = None) -> Entry:
    """Read one line of a DOS listing.

    Args:
        line: without its ending.
        zone: of the server's clock, which the listing does not say.
        directory: the folder that is listed, for `Entry.path`.

    Raises:
        ListingError: it is no such line, or holds CR, LF or NUL.
    """
    match = _LINE.fullmatch(line)
    if match is None or breaks_lines(line):
        raise ListingError(line)
    first, second, third, hour, minute, half, mark, digits, name = match.groups()
    modified = _parse_when((first, second, third), int(hour), int(minute), half, zone)
    type_, target = _type(mark), None
    if type_ == "link":
        linked = _TARGET.fullmatch(name)
        name, target = linked.groups() if linked else (name, None)
    elif type_ == "dir":
        type_ = _SPECIAL_NAMES.get(name, type_)
    size = int(re.sub(r"\D", "", digits)) if digits else None
    return KnownEntry(
        name,
        type_,
        size=size,
        modified=modified,
        target=target,
        line=line,
        directory=directory,
    )


def _type(mark: str | None) -> EntryType:
    if mark is None:
        return "file"
    if mark.upper() == "DIR":
        return "dir"
    return "link" if mark.upper() in ("JUNCTION", "SYMLINK", "SYMLINKD") else "other"


def _parse_when(
    date: tuple[str, str, str], hour: int, minute: int, half: str | None, zone: tzinfo
) -> datetime | None:
    if half and hour <= 12:
        hour = hour % 12 + (12 if half in "Pp" else 0)
    if len(date[0]) == 4:
        year, month, day = map(int, date)
    else:
        month, day, year = int(date[0]), int(date[1]), _full_year(date[2])
        if month > 12:
            month, day = day, month
    try:
        return datetime(year, month, day, hour, minute, tzinfo=zone)
    except ValueError:
        return None


def _full_year(digits: str) -> int:
    year = int(digits)
    if len(digits) == 4:
        return year
    # Three digits are years since 1900, as some servers print 2026: "126".
    return 1900 + year if year >= 70 else 2000 + year
