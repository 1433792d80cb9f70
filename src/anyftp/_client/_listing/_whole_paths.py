"""Names that are whole paths: some servers list a folder's entries by where they lie."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import PurePosixPath

from anyftp._protocol import Entry, KnownEntry


def with_last_names(entries: Sequence[Entry], folders: Collection[PurePosixPath]) -> list[Entry]:
    """The entries, those of whole paths right below one of the folders by their last names.

    Any other name with a slash stays what it is, for whoever uses it to refuse.
    """
    return [_named(entry, folders) if "/" in entry.name else entry for entry in entries]


def _named(entry: Entry, folders: Collection[PurePosixPath]) -> Entry:
    path = PurePosixPath(entry.name)
    if path.parent not in folders or path.name in ("", ".", ".."):
        return entry
    return KnownEntry(
        path.name,
        entry.type,
        size=entry.size,
        modified=entry.modified,
        target=entry.target,
        facts=entry.facts,
        line=entry.line,
        directory=_directory_of(entry, path),
    )


def _directory_of(entry: Entry, path: PurePosixPath) -> PurePosixPath | None:
    """The folder as it was asked for, in which the entry has this path by its name."""
    if entry.path == path:
        return None
    return entry.path.parents[len(path.parts) - 1 - path.is_absolute()]
