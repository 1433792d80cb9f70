"""LIST of OpenVMS: file, blocks, date, owner, protection; a long name has a line of its own.

    Directory DKA100:[STAFF.DATA]

    LOGIN.COM;7                2/4        4-MAR-2026 08:29:10  [STAFF,SMITH]   (RWED,RWED,RE,)
    A_NAME_THAT_IS_TOO_LONG_FOR_ITS_COLUMN.TXT;1
                              64          4-MAR-2026 08:29     [STAFF,SMITH]   (RWED,RWED,R,R)
    SUB.DIR;1                  1/4       12-NOV-2025 10:00:00  [STAFF,SMITH]   (RWE,RWE,RE,E)

    Total of 3 files, 67/72 blocks.

The newest version of a file, the first to be listed, goes by the name without its number; older
ones keep it, so that each name is a file of its own. Folders lose their `.DIR;1`. A number of
blocks is no number of bytes, so sizes stay unknown; the facts tell the blocks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from pathlib import PurePosixPath

from anyftp._errors import ListingError
from anyftp._protocol._entry import Entry, KnownEntry
from anyftp._protocol._listing_times import calendar_time
from anyftp._protocol._months import month_number

_FILE = r"([^\s;\[\]]{1,255});(\d{1,5})"
_NAME_LINE = re.compile(_FILE + r"\s*", re.ASCII)
_LINE = re.compile(_FILE + r"\s+(\S.*)", re.ASCII)
_DETAILS = re.compile(
    r"(?:(\d{1,15})(?:/\d{1,15})?\s+)?"
    r"(\d{1,2})-([A-Za-z]{3})-(\d{4})(?: (\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?)?"
    r"(?:\s+(\[[^\]\r\n\0]{1,100}\]))?(?:\s+\(([^)\r\n\0]{0,60})\))?\s*",
    re.ASCII,
)
_REFUSAL = re.compile(r"%[A-Z]{1,9}-[EFWI]-[A-Z]{1,9}\b|(?:insufficient|no) privilege", re.I)
_FRAME = re.compile(
    r"Directory +\S.{0,500}|(?:Grand )?Total of \d{1,9} (?:file|director).{0,100}|"
    r"%(?:RMS|DIRECT)-[A-Z]-.{0,300}",
    re.ASCII | re.IGNORECASE,
)
_FOLDER = re.compile(r"(.+)\.DIR", re.IGNORECASE)


class VmsLines:
    """Reads the lines of one listing in turn."""

    def __init__(
        self,
        zone: tzinfo = UTC,
        directory: PurePosixPath | None = None,
        skip: Callable[[str], object] = str,
    ) -> None:
        self._zone = zone
        self._directory = directory
        self._skip = skip
        self._waiting = ""
        self._newest = ""

    def parse(self, line: str) -> Entry | None:
        """Read one line, without its ending.

        Returns:
            None for a heading, a sum, an empty line, and a name whose details are yet to come.

        Raises:
            ListingError: it is none of these.
        """
        details = line.strip(" \t")
        if self._waiting and (_DETAILS.fullmatch(details) or _REFUSAL.match(details)):
            name, self._waiting = self._waiting, ""
            return self._entry(f"{name} {details}")
        self.close()
        if _NAME_LINE.fullmatch(line):
            self._waiting = line.strip()
            return None
        if _FRAME.fullmatch(details):
            return None
        return self._entry(line)

    def close(self) -> None:
        """Give up the name whose details never came."""
        if self._waiting:
            self._skip(self._waiting)
            self._waiting = ""

    def _entry(self, line: str) -> Entry:
        entry = parse_vms_line(line, self._zone, self._directory)
        version = entry.facts["vms.version"]
        if entry.name == self._newest and not entry.is_dir:
            return parse_vms_line(line, self._zone, self._directory, f";{version}")
        self._newest = entry.name
        return entry


def parse_vms_line(
    line: str, zone: tzinfo = UTC, directory: PurePosixPath | None = None, suffix: str = ""
) -> Entry:
    """Read one line that has a name as well as the rest.

    Args:
        line: without its ending.
        zone: of the server's clock, which the listing does not say.
        directory: the folder that is listed, for `Entry.path`.
        suffix: to be put behind the name of a file.

    Raises:
        ListingError: it is no such line.
    """
    match = _LINE.fullmatch(line)
    details = _DETAILS.fullmatch(match[3]) if match else None
    if match is None or (details is None and not _REFUSAL.match(match[3])):
        raise ListingError(line)
    name, version = match[1], match[2]
    folder = _FOLDER.fullmatch(name)
    facts = {"vms.version": version}
    if details:
        known = {"vms.blocks": details[1], "vms.owner": details[8], "vms.protection": details[9]}
        facts |= {fact: value for fact, value in known.items() if value}
    return KnownEntry(
        folder[1] if folder else name + suffix,
        "dir" if folder else "file",
        modified=_parse_when(details, zone) if details else None,
        facts=facts,
        line=line,
        directory=directory,
    )


def _parse_when(details: re.Match[str], zone: tzinfo) -> datetime | None:
    _, day, month, year, hour, minute, second, *_ = details.groups()
    number = month_number(month) or 0
    clock = (int(hour or 0), int(minute or 0), int(second or 0))
    return calendar_time(zone, int(year), number, int(day), *clock)
