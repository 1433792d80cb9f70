"""LIST of Novell NetWare: trustee rights in brackets where Unix has its mode.

d [RWCEAFMS] admin                          512 Apr 12 13:14 login
- [R----F--] smith                       214059 Oct 20  2024 report.txt
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import PurePosixPath

from anyftp._errors import ListingError
from anyftp._protocol._entry import Entry, KnownEntry
from anyftp._protocol._listing_times import PARTED, parse_date
from anyftp._protocol._values import listed_size

# Some versions put more than one blank before the name; no name there begins with one.
_LINE = re.compile(
    r"([-d]) ?\[([-A-Z]{8})\] +(\S.{0,80}?) +(-?\d{1,30}) +"
    r"([A-Z][a-z]{2} +\d{1,2}) +(\d{4}|\d\d:\d\d) +([^\s][^\r\n\0]*)",
    re.ASCII,
)


def parse_netware_line(line: str, now: datetime, directory: PurePosixPath | None = None) -> Entry:
    """Read one line of a NetWare listing.

    Args:
        line: without its ending.
        now: the present time; its zone is taken for the server's, UTC if it has none.
        directory: the folder that is listed, for `Entry.path`.

    Raises:
        ListingError: it is no such line, or its name holds CR, LF or NUL.
    """
    match = _LINE.fullmatch(line)
    if match is None:
        raise ListingError(line)
    kind, rights, owner, nbytes, day, clock, name = match.groups()
    return KnownEntry(
        name,
        "dir" if kind == "d" else "file",
        size=listed_size(nbytes),
        modified=parse_date(f"{day}{PARTED}{clock}", now),
        facts={"netware.rights": rights, "unix.ownername": owner},
        line=line,
        directory=directory,
    )
