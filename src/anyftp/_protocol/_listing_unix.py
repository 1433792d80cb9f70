"""LIST in the manner of `ls -l`, as clients read it.

    drwxr-xr-x+  2 owner group     4096 Nov 23 08:29 name
    lrwxrwxrwx   1 0     0           11 Jan  2  2024 name -> target

Read as well: no group or link count, owners with blanks, device numbers in the place of a size,
months in other languages, day before month, seconds, ISO dates in each style of GNU's ls (that
called `iso` pads a day without a clock by one blank more). A size or a date that makes no
sense is not known; the entry is there all the same. Names keep every blank: exactly one
separates them from the date. A listing says no zone and, of recent files, no year: both are taken
from `now`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import TypeAlias, overload

from anyftp._errors import ListingError
from anyftp._protocol._entry import SELF_AND_PARENT, Entries, Entry, EntryType, Outline
from anyftp._protocol._listing_times import PARTED, parse_date

_NAME = r"([^\r\n\0]+)"


def _usual(group: str) -> str:
    """A usual line, with groups for all columns, or for those that are asked for most."""
    when = r"([A-Z][a-z]{2} [ \d]\d) ++(\d{4}|\d\d:\d\d)"
    if group != "(":
        when = f"({when.replace('(', group)})"
    # What is taken is never given back: nothing here may begin with what stands before it.
    return (
        rf"([-dlbcpsDe]){group}[-rwxsStTlL]{{9}})[+.@]?"
        rf" ++\d++ ++{group}\S++) ++{group}\S++) ++(-?\d{{1,30}}) "
        rf"{when} {_NAME}"
    )


_USUAL = re.compile(_usual("("), re.ASCII)
# Each group costs a string a line.
_USUAL_LINES = re.compile(rf"^{_usual('(?:')}$", re.ASCII | re.MULTILINE)

_CLOCK = r"\d{1,2}:\d\d(?::\d\d(?:\.\d{1,9})?)?"
_ODD_HEAD = re.compile(r"([-dlbcpsDe])([-rwxsStTlL]{9})[+.@]?(?=\s)", re.ASCII)
_ODD_TAIL = re.compile(
    r"(.*?)(?<!\S)(-?\d{1,30}|\d+, *\d+) +"  # size, or device numbers
    r"(?:"
    r"((?:[^\s\d]\S{1,11}|1?\d[月월]) +\d{1,2}[日일]?,?|\d{1,2}\.? +[^\s\d]\S{1,11})"
    rf" +({_CLOCK}|\d{{4}}年?)"  # Nov 23 08:29, 23. Nov 2026
    rf"|(\d{{4}}-\d\d-\d\d)(?: +({_CLOCK}(?: +[+-]\d{{4}})?)| )?"  # 2026-11-23 08:29:00 +0100
    rf"|(\d\d-\d\d) +({_CLOCK})"  # 11-23 08:29
    r") " + _NAME,
    re.ASCII,
)

# What is left when one of size and date is no such thing. The other one, and the shape of a clock
# or of a year, still tell where the name begins. A word in place of the size is the group's name;
# without a link count and an owner in front nothing is certain enough.
_UNREADABLE_TAIL = re.compile(
    r"(\s+\d+\s+\S+(?:\s.*?)??)\s(?:"  # link count and owner
    rf"(-?\d{{1,30}}) +(\S{{1,12}} +\S{{1,12}}) +({_CLOCK}|\d{{4}}|[^\w\s]{{1,12}})"
    rf"|([^\sA-Za-z]\S{{0,29}}) +([^\s\d]\S{{1,11}} +\d{{1,2}}) +({_CLOCK}|\d{{4}})"
    r") " + _NAME,
    re.ASCII,
)

_TYPES: dict[str, EntryType] = {"-": "file", "d": "dir", "l": "link", "e": "link"}


# Kind, rights, owner, group, size, day, clock, name: as text.
_Columns: TypeAlias = tuple[str, str, str, str, str, str, str, str]

# Kind, size, date (see `parse_date`), name: what is asked for of most entries, parsed then.
_ShortColumns: TypeAlias = tuple[str, str, str, str]


class UnixEntry(Entry):
    """An entry of `ls -l`."""

    __slots__ = ("_columns", "_now", "_target")

    def __init__(
        self, columns: _ShortColumns, line: str, directory: PurePosixPath | None, now: datetime
    ) -> None:
        self._name = columns[3]
        self._line = line
        self._directory = directory
        self._columns = columns
        self._now = now
        self._target: str | None = None
        if columns[0] in "le":  # e: external link of z/OS UNIX
            self._name, self._target = _split_link(columns[3], columns[1])

    @property
    def type(self) -> EntryType:
        """What the first letter says."""
        kind = _TYPES.get(self._columns[0], "other")
        return SELF_AND_PARENT.get(self._name, kind) if kind == "dir" else kind

    @property
    def size(self) -> int | None:
        """Bytes; None for devices, and where the column makes no sense."""
        text = self._columns[1]
        return int(text) if text.isdecimal() else None

    @property
    def modified(self) -> datetime | None:
        """The date, in the zone of `now`; None if the month is in no known language."""
        return parse_date(self._columns[2], self._now)

    @property
    def precision(self) -> float:
        """A minute in general; a day where there is no time, a second where seconds are told."""
        return {0: 86400.0, 1: 60.0}.get(self._columns[2].count(":"), 1.0)

    @property
    def target(self) -> str | None:
        """What stands behind the arrow."""
        return self._target

    @property
    def facts(self) -> Mapping[str, str]:
        """Mode, owner and group by their names in MLSD."""
        columns = _columns_of(self._line)
        assert columns is not None
        _, rights, owner, group, *_ = columns
        facts = {"unix.mode": f"{_mode_number(rights):04o}"}
        if owner:
            facts["unix.ownername"] = owner
        if group:
            facts["unix.groupname"] = group
        return facts


class UnixEntries(Entries):
    """Entries of usual lines, each made when it is asked for."""

    __slots__ = ("_columns", "_directory", "_lines", "_now")

    def __init__(
        self,
        columns: list[_ShortColumns],
        lines: list[str],
        directory: PurePosixPath | None,
        now: datetime,
    ) -> None:
        self._columns = columns
        self._lines = lines
        self._directory = directory
        self._now = now

    def __len__(self) -> int:
        return len(self._columns)

    def __iter__(self) -> Iterator[Entry]:
        directory, now = self._directory, self._now
        pairs = zip(self._columns, self._lines, strict=True)
        return iter([UnixEntry(columns, line, directory, now) for columns, line in pairs])

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        if isinstance(index, slice):
            return list(self)[index]
        return UnixEntry(self._columns[index], self._lines[index], self._directory, self._now)

    def outlines(self) -> list[Outline]:
        """As those of the entries one by one; of plain files in half the time."""
        times = _Times(self._now)
        return [
            (name, "file", int(size) if size.isdecimal() else None, times[when], None, None)
            if kind == "-"
            else self[index].outline
            for index, (kind, size, when, name) in enumerate(self._columns)
        ]


class _Times(dict[str, "datetime | None"]):
    """Files that were made together have the same time: it is worked out once."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def __missing__(self, date: str) -> datetime | None:
        time = self[date] = parse_date(date, self._now)
        return time


def parse_unix_line(line: str, now: datetime, directory: PurePosixPath | None = None) -> Entry:
    """Read one line of `ls -l`.

    Args:
        line: without its ending.
        now: the present time; its zone is taken for the server's, UTC if it has none.
        directory: the folder that is listed, for `Entry.path`.

    Raises:
        ListingError: it is no such line, or its name holds CR, LF or NUL.
    """
    columns = _columns_of(line)
    if columns is None:
        raise ListingError(line)
    kind, _, _, _, size, day, clock, name = columns
    return UnixEntry((kind, size, f"{day}{PARTED}{clock}", name), line, directory, now)


def parse_unix_lines(
    lines: list[str], now: datetime, directory: PurePosixPath | None = None
) -> UnixEntries | None:
    """Read lines that are all as usual, which takes half as long as one by one.

    Args:
        lines: without their endings, and without line feeds.

    Returns:
        None where one of them is not as usual, or none at all.
    """
    found: list[_ShortColumns] = _USUAL_LINES.findall("\n".join(lines))
    if len(found) != len(lines):  # none can be a part of a line, nor of two
        return None
    return UnixEntries(found, lines, directory, now)


def _columns_of(line: str) -> _Columns | None:
    match = _USUAL.fullmatch(line)
    if match is None:
        return _parse_odd(line)
    return match.groups()  # type: ignore[return-value]  # eight groups


def _parse_odd(line: str) -> _Columns | None:
    head = _ODD_HEAD.match(line)
    tail = _ODD_TAIL.fullmatch(line, head.end()) if head else None
    if head is None:
        return None
    worse = _UNREADABLE_TAIL.fullmatch(line, head.end())
    if worse is not None and (tail is None or worse.start(8) < tail.start(9)):
        # A name may look like the columns before it; those come first.
        return (head[1], head[2], *_owners(worse[1].split()), *_first(worse), worse[8])
    if tail is None:
        return None
    words, size, day, clock, iso_day, iso_clock, short_day, short_clock, name = tail.groups()
    owner, group = _owners(words.split())
    when = (day or iso_day or short_day, clock or iso_clock or short_clock or "")
    return (head[1], head[2], owner, group, size, *when, name)


def _first(tail: re.Match[str]) -> tuple[str, str, str]:
    """Size, day and clock, whichever of the two was no such thing."""
    return (tail[2], tail[3], tail[4]) if tail[2] else (tail[5], tail[6], tail[7])


def _owners(words: list[str]) -> tuple[str, str]:
    """Owner and group out of the words between mode and size, the link count perhaps among them."""
    if len(words) > 1 and words[0].isdecimal():
        words = words[1:]
    if len(words) < 2:
        return "".join(words), ""
    # More than two: one of them has blanks, most likely the group ("Domain Users").
    return words[0], " ".join(words[1:])


def _split_link(name: str, size: str) -> tuple[str, str | None]:
    """Part name and target at an arrow; of several, at the one that fits the target's size."""
    pieces = name.split(" -> ")
    if len(pieces) == 1 or not pieces[0]:
        return name, None
    for count in range(1, len(pieces)):
        target = " -> ".join(pieces[count:])
        if len(target.encode("utf-8", "surrogatepass")) == (int(size) if size.isdecimal() else -1):
            return " -> ".join(pieces[:count]), target
    return pieces[0], " -> ".join(pieces[1:])


def _mode_number(rights: str) -> int:
    """Turn "rwsr-xr-x" into 0o4755."""
    number = 0
    for place, letter in enumerate(rights):
        if letter not in "-SlLT":
            number |= 0o400 >> place
        if letter in "sStTlL":
            number |= 0o4000 >> (place // 3)
    return number
