"""LIST of z/OS outside of its Unix files: data sets, and the members of a partitioned one (PDS).

    Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname
    VOL001 3390   2026/11/23  1   15  FB      80 27920  PO  SMITH.JCL
    Migrated                                                SMITH.OLD.DATA
    Pseudo Directory                                        ETC

     Name     VV.MM   Created       Changed      Size  Init   Mod   Id
     HELLO     01.05 2024/01/09 2026/11/23 08:29    40    38     2 SMITH
     NOSTATS

     Name      Size     TTR   Alias-of AC --------- Attributes --------- Amode Rmode
     MAIN      0012A8   00060C          00 FO             RN RU            31    ANY

No column is a number of bytes, and "Referred" is no change, so sizes and, of data sets, times stay
unknown; what is listed is in the facts. Partitioned data sets and pseudo directories are folders.
z/OS UNIX (USS) lists in the manner of Unix.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from pathlib import PurePosixPath

from anyftp._errors import ListingError
from anyftp._protocol._entry import Entry, EntryType, KnownEntry
from anyftp._protocol._listing_times import calendar_time, full_year

_HEADING = re.compile(
    r"\s{0,20}(?:(Volume)\s.{0,200}\bDsname|(Name)\s.{0,60}\b(?:VV\.MM|TTR)\s.{0,200})\s*",
    re.IGNORECASE,
)
_QUALIFIER = r"[A-Z#@$][A-Z0-9#@$\-]{0,7}"
_DATA_SET = re.compile(rf"'?({_QUALIFIER}(?:\.{_QUALIFIER}){{0,21}})'?", re.ASCII)
_MEMBER = rf"\s{{0,8}}({_QUALIFIER})"
_MEMBER_LINE = re.compile(
    _MEMBER + r"\s{1,20}(\d\d\.\d\d)\s{1,8}(\d\d(?:\d\d)?/\d\d/\d\d)\s{1,8}"
    r"(\d\d(?:\d\d)?)/(\d\d)/(\d\d)\s{1,8}(\d\d):(\d\d)(?::(\d\d))?"
    r"\s{1,20}(\d{1,9})\s{1,20}\d{1,9}\s{1,20}\d{1,9}(?:\s{1,20}(\S{1,8}))?\s*",
    re.ASCII,
)
_MODULE_LINE = re.compile(
    _MEMBER + rf"\s{{1,20}}([0-9A-F]{{6,8}})\s{{1,20}}[0-9A-F]{{6}}(?:\s{{1,12}}({_QUALIFIER}))?"
    r"\s{1,20}\d\d(?:\s.{0,100})?",
    re.ASCII,
)
_BARE_LINE = re.compile(_MEMBER + r"\s*", re.ASCII)
_DATE = re.compile(r"\d{4}/\d\d/\d\d|\d\d/\d\d/\d\d|\*\*NONE\*\*", re.ASCII)
_TYPES: dict[str, EntryType] = {
    **dict.fromkeys(("PO", "PO-E", "POU", "PO-U"), "dir"),
    **dict.fromkeys(("PS", "PS-E", "PSU", "PS-L", "PS-B"), "file"),
}
_ORGANISATIONS = frozenset({*_TYPES, "DA", "DAU", "IS", "ISU", "HFS", "VS", "VSAM", "GDG"})
_STATES = ("Migrated", "ARCIVE", "Pseudo Directory")


class ZosLines:
    """Reads the lines of one listing in turn; its heading tells what odd lines mean."""

    def __init__(self, zone: tzinfo = UTC, directory: PurePosixPath | None = None) -> None:
        self._zone = zone
        self._directory = directory
        self._heading = ""

    def parse(self, line: str) -> Entry | None:
        """Read one line, without its ending.

        Returns:
            None for a heading.

        Raises:
            ListingError: it is none of these.
        """
        heading = _HEADING.fullmatch(line)
        if heading:
            self._heading = "data sets" if heading[1] else "members"
            return None
        return parse_zos_line(line, self._zone, self._directory, heading=self._heading)


def parse_zos_line(
    line: str, zone: tzinfo = UTC, directory: PurePosixPath | None = None, *, heading: str = ""
) -> Entry:
    """Read one line.

    Args:
        line: without its ending.
        zone: of the server's clock, which the listing does not say.
        directory: what is listed, for `Entry.path`.
        heading: "data sets" or "members" where the heading said so: lines that mean nothing by
            themselves, such as the bare name of a member, are read as well.

    Raises:
        ListingError: it is no such line.
    """
    if heading != "data sets":
        entry = _parse_member(line, zone, directory, has_heading=heading == "members")
        if entry is not None:
            return entry
    words = line.split()
    name = _DATA_SET.fullmatch(words[-1]) if len(words) > 1 else None
    described = _describe(words[:-1], heading == "data sets") if name else None
    if name is None or described is None or len(line) > 300:
        raise ListingError(line)
    kind, facts = described
    return KnownEntry(name[1], kind, facts=facts, line=line, directory=directory)


def _describe(words: list[str], has_heading: bool) -> tuple[EntryType, dict[str, str]] | None:
    """Kind and facts of a data set, by the words in front of its name."""
    state = " ".join(words[:4])
    if state.startswith(_STATES):
        is_folder = words[0] == "Pseudo"
        return ("dir" if is_folder else "other"), {"mvs.volume": words[0]}
    organisation = words[-1]
    dated = [place for place, word in enumerate(words[:4]) if _DATE.fullmatch(word)]
    if organisation not in _ORGANISATIONS or not (dated or has_heading):
        return ("other", {"mvs.volume": words[0]}) if has_heading else None
    facts = {"mvs.volume": words[0], "mvs.dsorg": organisation}
    if dated:
        facts["mvs.referred"] = words[dated[0]]
        # extents, used, record format, record length, block size
        names = ("mvs.recfm", "mvs.lrecl", "mvs.blksize")
        values = words[dated[0] + 1 : -1][-3:]
        facts |= zip(names, values, strict=False)
    return _TYPES.get(organisation, "other"), facts


def _parse_member(
    line: str, zone: tzinfo, directory: PurePosixPath | None, *, has_heading: bool
) -> Entry | None:
    match = _MEMBER_LINE.fullmatch(line)
    if match:
        facts = {"mvs.version": match[2], "mvs.lines": match[10]}
        if match[11]:
            facts["mvs.user"] = match[11]
        when = _parse_when(match.groups()[3:9], zone)
        return KnownEntry(
            match[1], "file", modified=when, facts=facts, line=line, directory=directory
        )
    match = _MODULE_LINE.fullmatch(line)
    if match:
        facts = {"mvs.length": match[2]} | ({"mvs.alias-of": match[3]} if match[3] else {})
        return KnownEntry(match[1], "file", facts=facts, line=line, directory=directory)
    match = _BARE_LINE.fullmatch(line) if has_heading else None
    return KnownEntry(match[1], "file", line=line, directory=directory) if match else None


def _parse_when(groups: tuple[str | None, ...], zone: tzinfo) -> datetime | None:
    year, *rest = groups
    month, day, hour, minute, second = (int(group or 0) for group in rest)
    return calendar_time(zone, full_year(year or "0"), month, day, hour, minute, second)
