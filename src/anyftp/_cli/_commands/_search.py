"""Walking through remote folders: what is wanted of them, how they are drawn, what they hold."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

import anyftp
from anyftp._cli._commands._ls import list_place
from anyftp._protocol import visible

#: Servers that show links to folders as folders can lead round in circles.
DEEPEST = 100
#: What a tree is drawn with, and what does where that cannot be shown.
LINES, ASCII_LINES = ("├── ", "└── ", "│   "), ("|-- ", "`-- ", "|   ")
_KINDS = {"f": "file", "d": "dir", "l": "link"}


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; None where it does not matter.

    Attributes:
        name: a pattern.
        kind: "f", "d" or "l".
        larger, smaller: bounds of a file's bytes, exclusive.
        newer, older: bounds of the time of the last change in UTC, exclusive.
    """

    name: str | None = None
    kind: str | None = None
    larger: int | None = None
    smaller: int | None = None
    newer: datetime | None = None
    older: datetime | None = None

    async def below(
        self, client: anyftp.Client, path: str, max_depth: int | None
    ) -> AsyncGenerator[anyftp.Entry, None]:
        """Find what is below a folder, folders before what is in them; or the file at a path.

        Cancellation: safe.
        """
        if path and await client.is_file(path):
            entry = await client.stat(path)
            if self.fits(entry):
                yield entry
            return
        async for _, folders, files in client.walk(path, max_depth=max_depth):
            for entry in sorted([*folders, *files], key=lambda entry: entry.name):
                if self.fits(entry):
                    yield entry

    def fits(self, entry: anyftp.Entry) -> bool:
        """Whether it is wanted; what the server does not tell is not."""
        if self.name is not None and not fnmatchcase(entry.name, self.name):
            return False
        if self.kind is not None and entry.type != _KINDS[self.kind]:
            return False
        return self._has_size(entry) and self._has_time(entry)

    def _has_size(self, entry: anyftp.Entry) -> bool:
        if self.larger is None and self.smaller is None:
            return True
        if entry.size is None or not entry.is_file:
            return False
        return (self.larger is None or entry.size > self.larger) and (
            self.smaller is None or entry.size < self.smaller
        )

    def _has_time(self, entry: anyftp.Entry) -> bool:
        if self.newer is None and self.older is None:
            return True
        if entry.modified is None:
            return False
        when = entry.modified.astimezone(UTC).replace(tzinfo=None)
        return (self.newer is None or when > self.newer) and (
            self.older is None or when < self.older
        )


async def folder_sizes(client: anyftp.Client, path: str) -> list[tuple[str, int]]:
    """The bytes in a folder and in each below it, deepest first, the folder itself last.

    Cancellation: safe.
    """
    if path and await client.is_file(path):
        return [(path, await client.size(path))]
    root = PurePosixPath(path)
    sizes: dict[PurePosixPath, int] = {}
    async for folder, _, files in client.walk(path):
        sizes.setdefault(folder, 0)
        nbytes = sum(entry.size or 0 for entry in files if entry.is_file)
        for above in (folder, *folder.parents):
            sizes[above] = sizes.get(above, 0) + nbytes
            if above == root:
                break
    return [(str(folder), nbytes) for folder, nbytes in reversed(sizes.items())]


async def drawn(
    client: anyftp.Client, path: str, max_depth: int | None, *, ascii_only: bool = False
) -> AsyncGenerator[tuple[str, anyftp.Entry], None]:
    """A line for each thing below a folder, with what hangs on what. Cancellation: safe."""
    branch, last_branch, trunk = ASCII_LINES if ascii_only else LINES
    pending = _branches("", await list_place(client, path), 1)
    while pending:
        indent, entry, is_last, depth = pending.pop()
        target = f" -> {visible(entry.target)}" if entry.target else ""
        mark = "/" if entry.is_dir else ""
        yield (
            f"{indent}{last_branch if is_last else branch}{visible(entry.name)}{mark}{target}",
            entry,
        )
        if entry.is_dir and depth < (max_depth or DEEPEST):
            below = await client.list(entry.path).whole()
            pending += _branches(indent + ("    " if is_last else trunk), below, depth + 1)


def _branches(
    indent: str, entries: list[anyftp.Entry], depth: int
) -> list[tuple[str, anyftp.Entry, bool, int]]:
    """What is to be drawn of a folder, the first thing on top of the stack."""
    shown = sorted(
        (entry for entry in entries if entry.type not in ("cdir", "pdir")),
        key=lambda entry: entry.name,
    )
    return [(indent, entry, entry is shown[-1], depth) for entry in reversed(shown)]
