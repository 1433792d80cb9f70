"""MLST and MLSD (RFC 3659, section 7): facts and a name on a line.

    entry = [ *( factname "=" value ";" ) ] SP pathname

Names may begin and end with blanks. Servers in the wild put blanks in front of the facts, leave out
the last semicolon or the blank behind it, and put blanks into values (`UNIX.group=Domain Users`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePosixPath

from anyftp._errors import ListingError, RemoteProtocolError
from anyftp._protocol._entry import Entry, EntryType, Outline
from anyftp._protocol._text import breaks_lines
from anyftp._protocol._times import parse_time

# The usual spellings of the usual facts, so that most entries share one string for each name.
_FACT_NAMES = {
    spelling: name
    for name in (
        *("type", "size", "sizd", "modify", "create", "perm", "unique", "lang", "media-type"),
        *("charset", "unix.mode", "unix.uid", "unix.gid", "unix.owner", "unix.group"),
        *("unix.ownername", "unix.groupname", "unix.atime", "unix.ctime", "win32.ea"),
    )
    for spelling in (name, name.upper(), name.title(), name.replace("unix", "UNIX"))
}

_TYPES: dict[str, EntryType] = {"file": "file", "dir": "dir", "cdir": "cdir", "pdir": "pdir"}
_LINK = r"(?is)os\.[a-z]+=s(?:ym)?link(?::(.*))?"
_NUMBER = re.compile(r"[0-9]{1,30}")
_FACT_FIRST = re.compile(r" +[\w.-]+=[^;]*;")


class FactsEntry(Entry):
    """An entry of MLSD or MLST; its name is the tail of its line."""

    __slots__ = ("_cached",)

    def __init__(self, name: str, line: str = "", directory: PurePosixPath | None = None) -> None:
        # Written out rather than by super(): a listing of 100,000 entries feels it.
        self._name = name
        self._line = line
        self._directory = directory
        self._cached: dict[str, str] | None = None

    @property
    def facts(self) -> Mapping[str, str]:
        """All facts by lower-case name."""
        facts = self._cached
        if facts is None:
            text = self._line[: len(self._line) - len(self._name)].strip(" ;")
            facts = self._cached = _parse_facts(text)
        return facts

    @property
    def type(self) -> EntryType:
        """What it is; without the fact "type", what the others let one guess."""
        facts = self.facts
        value = facts.get("type")
        if value is None:
            return "dir" if "sizd" in facts else "file" if "size" in facts else "other"
        known = _TYPES.get(value) or _TYPES.get(value.lower())
        return known or ("link" if re.fullmatch(_LINK, value) else "other")

    @property
    def size(self) -> int | None:
        """Bytes: the fact "size", for folders also "sizd"."""
        facts = self.facts
        value = facts.get("size") or facts.get("sizd", "")
        return int(value) if _NUMBER.fullmatch(value) else None

    @property
    def modified(self) -> datetime | None:
        """The fact "modify", in UTC."""
        value = self.facts.get("modify")
        try:
            return parse_time(value) if value else None
        except RemoteProtocolError:
            return None

    @property
    def outline(self) -> Outline:
        """Name, type, size, `modified`, `created` and `target` at once."""
        facts = self.facts
        kind = _TYPES.get(facts.get("type", ""))
        target = None if kind else self.target
        created = self.created if "create" in facts else None
        return (self._name, kind or self.type, self.size, self.modified, created, target)

    @property
    def precision(self) -> float:
        """A second, which most servers cut off at."""
        return 1.0

    @property
    def target(self) -> str | None:
        """What `type=OS.unix=slink:target` names."""
        match = re.fullmatch(_LINK, self.facts.get("type", ""))
        return match[1] or None if match else None


def _parse_facts(text: str) -> dict[str, str]:
    """Facts by lower-case name; one without an equal sign has an empty value.

    Plain loops: of several ways this took the least time, and a large listing feels it.
    """
    facts: dict[str, str] = {}
    known = _FACT_NAMES
    parts = text.split(";")
    try:
        for part in parts:
            fact, _, value = part.partition("=")
            facts[known[fact]] = value
    except KeyError:  # an unusual fact or spelling
        facts.clear()
        for part in parts:
            fact, _, value = part.partition("=")
            if fact:
                facts[fact.lower()] = value
    return facts


def parse_mlsx_line(line: str, directory: PurePosixPath | None = None) -> Entry:
    """Read one line of MLSD, or the line inside the reply to MLST.

    Args:
        line: without its ending.
        directory: the folder that is listed, for `Entry.path`.

    Raises:
        ListingError: it has no facts or no name, or holds CR, LF or NUL.
    """
    name = mlsx_name(line)
    if not name or breaks_lines(line):
        raise ListingError(line)
    return FactsEntry(name, line, directory)


def mlsx_name(line: str) -> str:
    """The name on a line of MLSD, empty if there is none."""
    facts, _, name = line.partition("; ")
    if name and "=" in facts:
        return name
    if line.startswith(" ") and not _FACT_FIRST.match(line):
        return line[1:]  # no facts at all, as after `OPTS MLST` without any
    text = line.lstrip(" ")
    head, blank, rest = text.partition(" ")
    last = head.rpartition(";")[2]
    if "=" not in head:
        return ""
    return rest if "=" in last or not last else last + blank + rest


def format_mlsx(facts: Mapping[str, str], name: str) -> str:
    """Write one line of MLSD, without its ending.

    Returns:
        An empty string for a name that a line cannot hold (CR, LF, NUL): it stays hidden.
    """
    if breaks_lines(name):
        return ""
    return "".join([f"{fact}={value};" for fact, value in facts.items()]) + f" {name}"
