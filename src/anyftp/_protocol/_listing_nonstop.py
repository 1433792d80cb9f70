"""LIST of HPE NonStop's Guardian file system: file, code, end of file, date, owner, security.

    File         Code             EOF  Last Modification    Owner  RWEP
    LOADCONF      101            8192  4-Mar-26 08:29:10  244, 10 "NUNU"

The other file system of NonStop, OSS, lists in the manner of Unix.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from pathlib import PurePosixPath

from anyftp._errors import ListingError
from anyftp._protocol._entry import Entry, KnownEntry
from anyftp._protocol._listing_times import calendar_time, full_year
from anyftp._protocol._months import month_number
from anyftp._protocol._values import listed_size

_HEADING = re.compile(r"\s*File\s{1,40}Code\s{1,40}EOF\s{1,40}Last Mod.{0,80}", re.IGNORECASE)
_LINE = re.compile(
    r"\s{0,4}([A-Za-z][A-Za-z0-9]{0,7})\s{1,20}[O*]?\s{0,20}(\d{1,5})[A-Z+]{0,2}\s{1,20}(-?\d{1,20})\s{1,20}"
    r"(\d{1,2})-([A-Za-z]{3})-(\d{4}|\d\d)\s{1,8}(\d{1,2}):(\d\d)(?::(\d\d))?"
    r"(?:\s{1,20}(\d{1,3}, {0,3}\d{1,3})(?:\s{1,20}\"?([A-Za-z*\-]{4})\"?)?)?\s*",
    re.ASCII,
)


def parse_nonstop_line(
    line: str, zone: tzinfo = UTC, directory: PurePosixPath | None = None
) -> Entry | None:
    """Read one line.

    Args:
        line: without its ending.
        zone: of the server's clock, which the listing does not say.
        directory: the subvolume that is listed, for `Entry.path`.

    Returns:
        None for the heading.

    Raises:
        ListingError: it is no such line.
    """
    match = _LINE.fullmatch(line)
    if match is None:
        if _HEADING.fullmatch(line):
            return None
        raise ListingError(line)
    facts = {"nonstop.code": match[2]}
    if match[10]:
        facts["nonstop.owner"] = match[10].replace(" ", "")
    if match[11]:
        facts["nonstop.security"] = match[11]
    return KnownEntry(
        match[1],
        "file",
        size=listed_size(match[3]),
        modified=_parse_when(match, zone),
        facts=facts,
        line=line,
        directory=directory,
    )


def _parse_when(match: re.Match[str], zone: tzinfo) -> datetime | None:
    day, month, year, hour, minute, second = match.groups()[3:9]
    clock = (int(hour), int(minute), int(second or 0))
    return calendar_time(zone, full_year(year), month_number(month) or 0, int(day), *clock)
