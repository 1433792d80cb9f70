"""LIST of IBM i (OS/400) in its own format, `SITE LISTFMT 0`: owner, size, date, time, type, name.

    SMITH           36864 11/23/26 08:29:10 *STMF      report.txt
    SMITH                                   *MEM       QRPGLESRC.HELLO

Any column before the type may be blank. The date follows the settings of the server's job, so the
order of its numbers is found out from the whole listing: each order that a line makes impossible is
struck off. Only of stream files and documents is the size what a download brings; a database file
is converted on its way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import TypeAlias

from anyftp._errors import ListingError
from anyftp._protocol._entry import SELF_AND_PARENT, Entry, EntryType
from anyftp._protocol._listing_times import calendar_time
from anyftp._protocol._values import listed_size

_LINE = re.compile(r"([^*\r\n\0]{0,80} |)(\*[A-Z][A-Z0-9]{1,9}) +([^ \r\n\0][^\r\n\0]*)", re.ASCII)
_DATE = re.compile(r"(\d\d)([-/.,])(\d\d)\2(\d\d)", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3])[:.,]([0-5]\d)[:.,]([0-5]\d)", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,20}", re.ASCII)

_TYPES: dict[str, EntryType] = {
    **dict.fromkeys(("*STMF", "*DSTMF", "*DOC", "*FILE", "*MEM", "*MBR"), "file"),
    **dict.fromkeys(("*DIR", "*DDIR", "*FLR", "*LIB"), "dir"),
    "*SYMLNK": "link",
}
_HAS_BYTES = frozenset({"*STMF", "*DSTMF", "*DOC"})

# Orders of the numbers in a date, likeliest first for their separator.
_ORDERS = {"/": ("mdy", "dmy", "ymd"), ".": ("dmy", "ymd", "mdy"), "-": ("ymd", "dmy", "mdy")}

# Separator, three numbers, time of day.
_When: TypeAlias = tuple[str, tuple[int, int, int], timedelta]


class DateOrder:
    """Finds out in which order a server writes day, month and year."""

    def __init__(self, now: datetime) -> None:
        self._zone = now.tzinfo or UTC
        self._latest = now.replace(tzinfo=self._zone) + timedelta(days=1)
        self._struck: set[str] = set()

    def learn(self, when: _When) -> None:
        """Strike off the orders in which there is no such day, or one yet to come."""
        for order in ("mdy", "dmy", "ymd"):
            date = self._date(when[1], order)
            if date is None or date > self._latest:
                self._struck.add(order)

    def read(self, when: _When) -> datetime | None:
        """The date in the likeliest order that is left; None if there is no such day at all."""
        separator, numbers, clock = when
        for order in sorted(_ORDERS.get(separator, _ORDERS["/"]), key=self._struck.__contains__):
            date = self._date(numbers, order)
            if date is not None:
                return date + clock
        return None

    def _date(self, numbers: tuple[int, int, int], order: str) -> datetime | None:
        year, month, day = (numbers[order.index(letter)] for letter in "ymd")
        year += 1900 if year >= 40 else 2000  # as IBM i has it
        return calendar_time(self._zone, year, month, day)


class Os400Entry(Entry):
    """An entry of IBM i; its date is read when asked, when more of the listing is known."""

    __slots__ = ("_facts", "_order", "_size", "_type", "_when")

    def __init__(
        self,
        name: str,
        facts: Mapping[str, str],
        line: str,
        directory: PurePosixPath | None,
        order: DateOrder,
        when: _When | None,
    ) -> None:
        super().__init__(name.rstrip("/"), line, directory)
        self._facts = facts
        self._order = order
        self._when = when
        kind = "dir" if name.endswith("/") else _TYPES.get(facts["os400.type"], "other")
        self._type: EntryType = SELF_AND_PARENT.get(self._name, "dir") if kind == "dir" else kind

    @property
    def type(self) -> EntryType:
        """What the object type and a slash behind the name say."""
        return self._type

    @property
    def size(self) -> int | None:
        """Bytes, of stream files and documents."""
        is_exact = self._type == "file" and self._facts["os400.type"] in _HAS_BYTES
        size = self._facts.get("os400.size")
        return listed_size(size) if size and is_exact else None

    @property
    def modified(self) -> datetime | None:
        """The date, in the zone of `now`."""
        return None if self._when is None else self._order.read(self._when)

    @property
    def facts(self) -> Mapping[str, str]:
        """Object type, owner and size as listed."""
        return self._facts


def parse_os400_line(
    line: str, now: datetime, directory: PurePosixPath | None = None, order: DateOrder | None = None
) -> Entry:
    """Read one line.

    Args:
        line: without its ending.
        now: the present time; its zone is taken for the server's, UTC if it has none.
        directory: the folder that is listed, for `Entry.path`.
        order: what is known of the dates, shared by the lines of one listing.

    Raises:
        ListingError: it is no such line, or its name holds CR, LF or NUL.
    """
    match = _LINE.fullmatch(line)
    if match is None or not match[3].strip("/"):
        raise ListingError(line)
    head, type_, name = match.groups()
    words = head.split()
    when = _take_when(words)
    facts = {"os400.type": type_}
    # A profile's name begins with a letter.
    if words and _NUMBER.fullmatch(words[-1]):
        facts["os400.size"] = words.pop()
    if words:
        facts["os400.owner"] = words.pop()
    if words:
        raise ListingError(line)
    known = order or DateOrder(now)
    if when is not None:
        known.learn(when)
    return Os400Entry(name, facts, line, directory, known, when)


def _take_when(words: list[str]) -> _When | None:
    """Take date and time off the end, if they are there."""
    date = _DATE.fullmatch(words[-2]) if len(words) > 1 else None
    time = _TIME.fullmatch(words[-1]) if date else None
    if date is None or time is None:
        return None
    del words[-2:]
    hours, minutes, seconds = map(int, time.groups())
    clock = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return date[2], (int(date[1]), int(date[3]), int(date[4])), clock
