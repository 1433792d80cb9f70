"""What both ends did last: commands, replies, and what became of files, each with its moment.

All processes are on one machine and share its monotonic clock, so that their lines can be merged.
Memory is bounded: of each user the last LINES are kept.
"""

from __future__ import annotations

import json
import re
import time
from collections import defaultdict, deque
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from anyftp import LocalFileSystem, ReadFile, Session, WriteFile

#: Of each user at each end.
LINES = 1000
#: Of those, so many are printed for one problem.
SHOWN = 60

#: What begins the line that says when a problem was found.
FOUND = "client finds "

Line = tuple[float, str]


class BlackBox:
    """The last lines of each user."""

    def __init__(self) -> None:
        self._lines: defaultdict[str, deque[Line]] = defaultdict(lambda: deque(maxlen=LINES))

    def note(self, user: str, text: str) -> None:
        """Take a line down."""
        self._lines[user].append((time.monotonic(), text))

    def lines(self, user: str) -> list[Line]:
        """What there is of a user."""
        return list(self._lines[user])

    def trace(self, session: Session, direction: str, line: str) -> None:
        """To be told by `Server(trace=...)`."""
        if session.user is not None and session.user.name is not None:
            sign = "<" if direction == "received" else ">"
            self.note(session.user.name, f"server {session.number} {sign} {line}")

    def write(self, path: Path) -> None:
        """Keep everything in a file."""
        path.write_text(json.dumps({user: list(lines) for user, lines in self._lines.items()}))


class Watched(LocalFileSystem):
    """A folder of which is noted what is changed, and when."""

    def __init__(self, folder: Path, user: str, box: BlackBox) -> None:
        super().__init__(folder)
        self._user = user
        self._box = box

    def _note(self, text: str) -> None:
        self._box.note(self._user, f"disk {text}")

    async def open_write(  # type: ignore[override]  # the file is wrapped
        self, path: PurePosixPath, **how: Any
    ) -> WriteFile:
        file = await super().open_write(path, **how)
        self._note(f"opened {path} {how}")
        return _WatchedFile(file, lambda what: self._note(f"{what} {path} {how}"))

    async def rename(self, source: PurePosixPath, destination: PurePosixPath) -> None:
        self._note(f"renames {source} {destination}")
        await super().rename(source, destination)
        self._note(f"renamed {source} {destination}")

    async def remove_file(self, path: PurePosixPath) -> None:
        self._note(f"removes {path}")
        await super().remove_file(path)
        self._note(f"removed {path}")


class _WatchedFile(WriteFile):
    def __init__(self, file: WriteFile, note: Any) -> None:
        self._file = file
        self._note = note
        self._is_committed = False

    async def write(self, data: memoryview, /) -> None:
        await self._file.write(data)

    def fileno(self) -> int | None:
        return self._file.fileno()

    async def commit(self) -> None:
        self._note("commits")
        await self._file.commit()
        self._is_committed = True
        self._note("committed")

    async def read_back(self) -> ReadFile:
        return await self._file.read_back()

    async def aclose(self) -> None:
        await self._file.aclose()
        if not self._is_committed:
            self._note("undone")


def told_of(problem: str, lines: Iterable[Line]) -> str:
    """The lines that have to do with a problem: those before it was found.

    Where it names files, those that name one of them.
    """
    names = set(re.findall(r"\bf\d\b|\btree(?:/\d)?", problem))
    merged = sorted(lines)
    found = [n for n, (_, text) in enumerate(merged, 1) if _is_of(text, problem)]
    merged = merged[: found[0]] if found else merged
    chosen = [
        line for line in merged if not names or any(_names(name, line[1]) for name in names)
    ] or merged
    return "".join(f"\n    {moment:.6f} {text}" for moment, text in chosen[-SHOWN:])


def _is_of(text: str, problem: str) -> bool:
    start, _, what = text.partition(FOUND)
    return not start and bool(what) and problem.endswith(what)


def _names(name: str, text: str) -> bool:
    # Replies name no file, and say what became of the command before them.
    return re.search(rf"{name}\b| [<>] \d\d\d", text) is not None
