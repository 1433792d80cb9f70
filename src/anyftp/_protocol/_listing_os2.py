"""LIST of OS/2: size first, then attributes, then what DOS has.

  0           DIR   04-11-95   16:26  ADDRESS
612      A          07-28-95   16:45  report.txt
"""

from __future__ import annotations

import re
from datetime import UTC, tzinfo
from pathlib import PurePosixPath

from anyftp._errors import ListingError
from anyftp._protocol._entry import Entry, KnownEntry
from anyftp._protocol._listing_times import calendar_time, full_year
from anyftp._protocol._values import listed_size

_LINE = re.compile(
    r" *(-?\d{1,30}) +(?:([ARHS]{1,4}) +)?(DIR +)?"
    r"(\d{1,2})-(\d{1,2})-(\d{2,4}) +(\d{1,2}):(\d\d) +([^\s][^\r\n\0]*)",
    re.ASCII,
)


def parse_os2_line(line: str, zone: tzinfo = UTC, directory: PurePosixPath | None = None) -> Entry:
    """Read one line of an OS/2 listing.

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
    nbytes, attributes, is_folder, month, day, year, hour, minute, name = match.groups()
    date = full_year(year), int(month), int(day)
    return KnownEntry(
        name,
        "dir" if is_folder else "file",
        size=None if is_folder else listed_size(nbytes),
        modified=calendar_time(zone, *date, int(hour), int(minute)),
        facts={"os2.attributes": attributes} if attributes else {},
        line=line,
        directory=directory,
    )
