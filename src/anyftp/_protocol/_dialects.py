"""LIST in whatever dialect: which one is found out from the lines, once a listing.

The dialect that read the last entry is tried first, so a listing costs one attempt a line once its
dialect is known; Unix, by far the most frequent, is taken for it until then. A line that it does
not know goes to the others in turn: their grammars are narrow enough not to claim each other's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import PurePosixPath
from typing import Literal, TypeAlias

from anyftp._errors import ListingError
from anyftp._protocol._entry import Entry, ListParser
from anyftp._protocol._listing_dos import parse_dos_line
from anyftp._protocol._listing_eplf import parse_eplf_line
from anyftp._protocol._listing_netware import parse_netware_line
from anyftp._protocol._listing_nonstop import parse_nonstop_line
from anyftp._protocol._listing_os2 import parse_os2_line
from anyftp._protocol._listing_os400 import DateOrder, parse_os400_line
from anyftp._protocol._listing_unix import parse_unix_line, parse_unix_lines
from anyftp._protocol._listing_vms import VmsLines
from anyftp._protocol._listing_vxworks import parse_vxworks_line
from anyftp._protocol._listing_zos import ZosLines

Dialect = Literal[
    "unix", "dos", "eplf", "os400", "vms", "nonstop", "zos", "netware", "os2", "vxworks"
]

# What a dialect makes of a line: an entry, None where it says nothing of one (headings and the
# like); ListingError if it is of another dialect.
LineParser: TypeAlias = Callable[[str], Entry | None]

_SUM_LINE = re.compile(r"\S+:? +\d+\S{0,2}\s*")  # total 12, insgesamt 12K


class ListReader:
    """Reads the lines of one LIST.

    Attributes:
        dialect: of the last entry.
    """

    def __init__(
        self,
        now: datetime,
        directory: PurePosixPath | None = None,
        skip: Callable[[str], object] = str,
        parser: ListParser | None = None,
    ) -> None:
        """Begin a listing.

        Args:
            now: the present time; its zone is taken for the server's, UTC if it has none.
            directory: the folder that is listed, for `Entry.path`.
            skip: called with each line that no dialect has.
            parser: asked about each line before the known dialects.
        """
        zone = now.tzinfo or UTC
        self._vms = VmsLines(zone, directory, skip)
        self._parsers: dict[Dialect, LineParser] = {
            # Plain functions: a partial with keywords costs more than such a call.
            "unix": lambda line: parse_unix_line(line, now, directory),
            "dos": lambda line: parse_dos_line(line, zone, directory),
            "eplf": partial(parse_eplf_line, directory=directory),
            "os400": partial(parse_os400_line, now=now, directory=directory, order=DateOrder(now)),
            "vms": self._vms.parse,
            "nonstop": partial(parse_nonstop_line, zone=zone, directory=directory),
            "zos": ZosLines(zone, directory).parse,
            "netware": partial(parse_netware_line, now=now, directory=directory),
            "os2": partial(parse_os2_line, zone=zone, directory=directory),
            "vxworks": partial(parse_vxworks_line, zone=zone, directory=directory),
        }
        self._unix_lines = partial(parse_unix_lines, now=now, directory=directory)
        self._skip = skip
        self.dialect: Dialect = "unix"
        self._parse = self._parsers["unix"]
        self._own = None if parser is None else lambda line: parser(line, now, directory)

    def read(self, lines: Iterable[str]) -> Sequence[Entry]:
        """Read lines, without their endings."""
        if self._own is not None:
            return self._read_own(lines, self._own)
        if self.dialect == "unix" and isinstance(lines, list):
            entries = self._unix_lines(lines)
            if entries is not None:
                return entries
        return self._read_known(lines)

    def _read_own(self, lines: Iterable[str], own: LineParser) -> list[Entry]:
        entries: list[Entry] = []
        for line in lines:
            try:
                entry = own(line)
            except ListingError:
                entries += self._read_known((line,))
            else:
                if entry is not None:
                    entries.append(entry)
        return entries

    def _read_known(self, lines: Iterable[str]) -> list[Entry]:
        entries: list[Entry] = []
        parse = self._parse
        for line in lines:
            if not line or line.isspace():
                continue
            try:
                entry = parse(line)
            except ListingError:
                entry = self._parse_other(line)
                parse = self._parse
            if entry is not None:
                entries.append(entry)
        return entries

    def close(self) -> None:
        """Take the end of the listing."""
        self._vms.close()

    def _parse_other(self, line: str) -> Entry | None:
        """Read a line that is not of the present dialect, and go over to the one it is of."""
        for dialect, parse in self._parsers.items():
            try:
                entry = parse(line)
            except ListingError:
                continue
            if entry is not None:
                self.dialect, self._parse = dialect, parse
            return entry
        if not _SUM_LINE.fullmatch(line):
            self._skip(line)
        return None


def parse_list_line(
    line: str, *, now: datetime, directory: PurePosixPath | None = None
) -> Entry | None:
    """Read one line of LIST, in whatever dialect.

    Some lines mean something only together with others (VMS, z/OS); for a whole listing there is
    `ListingDecoder`.

    Args:
        line: without its ending.
        now: the present time; its zone is taken for the server's, UTC if it has none.
        directory: the folder that is listed, for `Entry.path`.

    Returns:
        None for lines without an entry: empty ones, headings, sums such as `total 12`, and the
        first half of an entry of two lines.

    Raises:
        ListingError: no known dialect has such a line.
    """
    try:
        if line[:1].isdecimal():
            return parse_dos_line(line, now.tzinfo or UTC, directory)
        return parse_unix_line(line, now, directory)
    except ListingError:
        odd: list[str] = []
        entries = ListReader(now, directory, odd.append).read((line,))
        if odd:
            raise ListingError(line) from None
        return entries[0] if entries else None
