"""One entry of a listing, whatever the dialect.

A listing of 100,000 entries is often only looked through for a name. So an entry keeps the line it
came from and parses the rest when asked; the dialects' modules subclass `Entry` for that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Literal, TypeAlias

from anyftp._errors import RemoteProtocolError
from anyftp._protocol._times import parse_time

EntryType = Literal["file", "dir", "link", "cdir", "pdir", "other"]
#: What listings call the folder itself, and the one above it.
SELF_AND_PARENT: Mapping[str, EntryType] = MappingProxyType({".": "cdir", "..": "pdir"})

#: Name, type, size, times of change and of making, and what a link leads to.
Outline: TypeAlias = tuple[str, EntryType, int | None, datetime | None, datetime | None, str | None]

_NO_FACTS: Mapping[str, str] = MappingProxyType({})


class Entry:
    """A file, folder or other thing that a listing names. Read only.

    Two entries are equal if all that is known of the things is equal. This class knows the name
    alone; what it says of the rest holds where a dialect is silent.
    """

    __slots__ = ("_directory", "_line", "_name")

    def __init__(self, name: str, line: str = "", directory: PurePosixPath | None = None) -> None:
        self._name = name
        self._line = line
        self._directory = directory

    @property
    def name(self) -> str:
        """The name as received. Before it is used locally, `check_name` must see it."""
        return self._name

    @property
    def line(self) -> str:
        """The line of the listing."""
        return self._line

    @property
    def path(self) -> PurePosixPath:
        """The remote path: the name in the folder that was listed."""
        if self._directory is None:
            return PurePosixPath(self._name)
        match self.type:
            case "cdir":
                return self._directory
            case "pdir":
                return self._directory.parent
        return PurePosixPath(self._directory, self._name.lstrip("/"))

    @property
    def type(self) -> EntryType:
        """What it is; "cdir" is the folder listed itself, "pdir" the one above it."""
        return "other"

    @property
    def size(self) -> int | None:
        """Bytes; None where the listing does not say."""
        return None

    @property
    def modified(self) -> datetime | None:
        """When it was changed last, with a time zone; None where the listing does not say."""
        return None

    @property
    def created(self) -> datetime | None:
        """When it was made, by the fact "create"; None where the listing does not say, as most."""
        value = self.facts.get("create")
        try:
            return parse_time(value) if value else None
        except RemoteProtocolError:
            return None

    @property
    def precision(self) -> float:
        """Seconds that `modified` may be too early: listings cut times off."""
        return 60.0

    @property
    def target(self) -> str | None:
        """What a link leads to, as received; None for others and where it is not said."""
        return None

    @property
    def facts(self) -> Mapping[str, str]:
        """Facts of RFC 3659 by lower-case name, or what LIST says in their terms."""
        return _NO_FACTS

    @property
    def outline(self) -> Outline:
        """Name, type, size, `modified`, `created` and `target` at once."""
        return (self.name, self.type, self.size, self.modified, self.created, self.target)

    @property
    def is_file(self) -> bool:
        """Whether it is a plain file."""
        return self.type == "file"

    @property
    def is_dir(self) -> bool:
        """Whether it is a folder, the one listed and the one above it included."""
        return self.type in ("dir", "cdir", "pdir")

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return self.type == "link"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Entry):
            return NotImplemented
        return self._known() == other._known()

    def __hash__(self) -> int:
        return hash((self._name, self._directory))

    def __repr__(self) -> str:
        return f"<Entry {self._name!r} {self.type} size={self.size} modified={self.modified}>"

    def _known(self) -> tuple[object, ...]:
        return (self.path, self._name, self.type, self.size, self.modified, self.target, self.facts)


class Entries(Sequence[Entry]):
    """Some entries of a listing, which may not have been made yet."""

    __slots__ = ()

    def outlines(self) -> list[Outline]:
        """What each of them says in short; see `Entry.outline`."""
        return [entry.outline for entry in self]


def outlines(entries: Sequence[Entry]) -> list[Outline]:
    """What each of some entries says in short, without making them where they are not made yet."""
    if isinstance(entries, Entries):
        return entries.outlines()
    return [entry.outline for entry in entries]


class KnownEntry(Entry):
    """An entry whose properties are given, not parsed."""

    __slots__ = ("_facts", "_modified", "_size", "_target", "_type")

    def __init__(
        self,
        name: str,
        type_: EntryType,
        *,
        size: int | None = None,
        modified: datetime | None = None,
        target: str | None = None,
        facts: Mapping[str, str] = _NO_FACTS,
        line: str = "",
        directory: PurePosixPath | None = None,
    ) -> None:
        super().__init__(name, line, directory)
        self._type: EntryType = type_
        self._size = size
        self._modified = modified
        self._target = target
        self._facts = facts

    @property
    def type(self) -> EntryType:
        """What it is."""
        return self._type

    @property
    def size(self) -> int | None:
        """Bytes, where known."""
        return self._size

    @property
    def modified(self) -> datetime | None:
        """When it was changed last, where known."""
        return self._modified

    @property
    def target(self) -> str | None:
        """What a link leads to, where known."""
        return self._target

    @property
    def facts(self) -> Mapping[str, str]:
        """Facts by lower-case name."""
        return self._facts


#: A parser of the user's own for lines of LIST: a line, the present time in the server's zone, and
#: the folder that is listed. It gives None where the line says nothing of an entry, and raises
#: `ListingError` where the known dialects are to be tried.
ListParser: TypeAlias = Callable[[str, datetime, PurePosixPath | None], Entry | None]
