"""LIST of VxWorks: the size, a date of one word, a clock, the name, and <DIR> behind folders.

  size          date       time       name
--------       ------     ------    --------
     512    Jan-01-1980  00:00:00   ram               <DIR>
   12345    Nov-23-2026  08:29:10   boot.cfg
"""

from __future__ import annotations

import re
from datetime import UTC, tzinfo
from pathlib import PurePosixPath

from anyftp._errors import ListingError
from anyftp._protocol._entry import SELF_AND_PARENT, Entry, KnownEntry
from anyftp._protocol._listing_times import calendar_time
from anyftp._protocol._months import month_number

# The column of names is padded; no name there ends with a blank.
_LINE = re.compile(
    r" *(\d{1,30}) +([A-Z][a-z]{2})-(\d\d)-(\d{4}) +(\d\d):(\d\d):(\d\d) +"
    r"([^\s][^\r\n\0]*?)( +<DIR>)? *",
    re.ASCII,
)
_HEADING = re.compile(r" *size +date +time +name *|-{4,}(?: +-{4,}){3} *")


def parse_vxworks_line(
    line: str, zone: tzinfo = UTC, directory: PurePosixPath | None = None
) -> Entry | None:
    """Read one line of a VxWorks listing; None for its headings.

    Args:
        line: without its ending.
        zone: of the server's clock, which the listing does not say.
        directory: the folder that is listed, for `Entry.path`.

    Raises:
        ListingError: it is no such line, or its name holds CR, LF or NUL.
    """
    match = _LINE.fullmatch(line)
    if match is None:
        if _HEADING.fullmatch(line):
            return None
        raise ListingError(line)
    nbytes, month, day, year, hour, minute, second, name, is_folder = match.groups()
    date = int(year), month_number(month) or 0, int(day)
    return KnownEntry(
        name,
        SELF_AND_PARENT.get(name, "dir") if is_folder else "file",
        size=None if is_folder else int(nbytes),
        modified=calendar_time(zone, *date, int(hour), int(minute), int(second)),
        line=line,
        directory=directory,
    )
