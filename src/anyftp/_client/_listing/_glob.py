"""Finding remote files by a pattern. The client matches; the server only ever hears of folders.

What servers make of `LIST *.txt` differs, and names with brackets in them could not be asked for at
all. So the folders that can hold something are listed, each of them once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from anyio.lowlevel import checkpoint

from anyftp._client._listing._ancestry import (
    Ancestry,
    OnError,
    again_if_cut_short,
    look_through,
)
from anyftp._client._listing._portions import Portions, check_tree
from anyftp._client._listing._walk import is_plain
from anyftp._client._session._session import Session
from anyftp._errors import LocalProtocolError, ReplyError
from anyftp._protocol import Entry, PathPattern, Places


class _Folder(NamedTuple):
    """A folder to be looked through, and where in the pattern it is."""

    ancestry: Ancestry
    places: Places
    is_link: bool = False


class Glob:
    """What fits a pattern: await it for a list, or iterate once; see `Client.glob`.

    Raises:
        LocalProtocolError: the pattern names nothing.
    """

    def __init__(
        self,
        session: Session,
        pattern: str,
        *,
        include_hidden: bool = False,
        on_error: OnError | None = None,
    ) -> None:
        self._session = session
        self._on_error = on_error
        self._pattern = PathPattern(pattern, hidden=include_hidden)
        self._only_folders = pattern.endswith("/")
        if not self._pattern.leads_on(self._pattern.begin):
            raise LocalProtocolError(f"pattern must name something, not {pattern!r}")
        root = "/" if pattern.startswith("/") else ""
        self._folders = [self._beginning(PurePosixPath(root))]
        self._found: deque[Entry] = deque()

    def _beginning(self, root: PurePosixPath) -> _Folder:
        places = self._pattern.begin
        for name in self._pattern.fixed:
            places = self._pattern.after(places, name)
        return _Folder(Ancestry(root.joinpath(*self._pattern.fixed)), places)

    def __aiter__(self) -> Glob:
        return self

    def __await__(self) -> Generator[Any, Any, list[Entry]]:
        return self._collect().__await__()

    async def _collect(self) -> list[Entry]:
        return [entry async for entry in self]

    async def __anext__(self) -> Entry:
        """Find the next one.

        Cancellation: safe; the next call goes on where this one was.
        """
        while not self._found and self._folders:
            await self._look_through(self._folders[-1])
        if self._found:
            return self._found.popleft()
        await checkpoint()
        raise StopAsyncIteration

    async def _look_through(self, folder: _Folder) -> None:
        on_error = _pass_over if folder.is_link else self._on_error
        found = await look_through(self._session, self._folders, folder.ancestry, on_error)
        if found is None:
            return
        ancestry, entries = found
        below: list[_Folder] = []
        fitting: list[Entry] = []
        with again_if_cut_short(self._folders, folder):
            async for portion in Portions(entries):
                for entry in portion:
                    if is_plain(entry):
                        self._match(entry, folder.places, ancestry, below, fitting)
        self._found += fitting
        self._folders += reversed(below)
        check_tree(self._session, len(self._folders))

    def _match(
        self,
        entry: Entry,
        places: Places,
        ancestry: Ancestry,
        below: list[_Folder],
        fitting: list[Entry],
    ) -> None:
        pattern = self._pattern
        after = pattern.after(places, entry.name)
        if pattern.is_end(after) and (entry.is_dir or not self._only_folders):
            fitting.append(entry)
        # Links are entered where the pattern names them, as a shell does, but not by "**".
        if entry.is_link:
            after = pattern.after(places, entry.name, deep=False)
        elif not entry.is_dir or ancestry.is_circle(entry):
            return
        if pattern.leads_on(after):
            limit = self._session.options.max_depth
            below.append(_Folder(ancestry.below(entry, limit), after, entry.is_link))


def _pass_over(path: PurePosixPath, error: ReplyError) -> None:
    """A link that leads to a file, or nowhere."""
