"""Walking through a tree of remote folders, one listing at a time.

No data connection is open between two folders, so any command may be used in between. What is kept
in memory is one folder's entries, and the folders still to come.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import NamedTuple

from anyio.lowlevel import checkpoint

from anyftp._client._listing._ancestry import (
    Ancestry,
    OnError,
    again_if_cut_short,
    look_through,
)
from anyftp._client._listing._portions import Portions, check_tree
from anyftp._client._session._session import RemotePath, Session
from anyftp._errors import FTPError, UnsafeNameError
from anyftp._protocol import Entry, check_name


class WalkedFolder(NamedTuple):
    """One folder that `Client.walk` has come to; it unpacks as what `os.walk` gives.

    Attributes:
        path: the folder; it begins with the path that was asked for.
        directories: folders in it. What is taken out of this list is not walked through.
        files: everything else in it, links among it.
    """

    path: PurePosixPath
    directories: list[Entry]
    files: list[Entry]


class Walk:
    """An asynchronous iterator over a folder and the folders below it; see `Client.walk`."""

    def __init__(
        self,
        session: Session,
        path: RemotePath,
        *,
        max_depth: int | None = None,
        on_error: OnError | None = None,
    ) -> None:
        self._session = session
        self._max_depth = max_depth
        self._on_error = on_error
        self._trails = [Ancestry(PurePosixPath(path))]
        self._last: tuple[Ancestry, WalkedFolder] | None = None

    def __aiter__(self) -> Walk:
        return self

    async def __anext__(self) -> WalkedFolder:
        """Go to the next folder.

        Cancellation: safe; the next call lists the same folder.
        """
        await self._go_on()
        while self._trails:
            found = await look_through(
                self._session, self._trails, self._trails[-1], self._on_error
            )
            if found is None:
                continue
            ancestry, entries = found
            folder = WalkedFolder(ancestry.path, [], [])
            with again_if_cut_short(self._trails, ancestry):
                async for portion in Portions(entries):
                    for entry in portion:
                        (folder.directories if entry.is_dir else folder.files).append(entry)
            self._last = ancestry, folder
            return folder
        await checkpoint()
        raise StopAsyncIteration

    async def _go_on(self) -> None:
        """Take in what is to be walked through of the last folder, the first on top."""
        if self._last is None:
            return
        ancestry, folder = self._last
        try:
            below = [] if ancestry.depth == self._max_depth else await self._below(ancestry, folder)
            check_tree(self._session, len(self._trails) + len(below))
        except FTPError:
            self._last = None
            raise
        self._last = None
        self._trails += below

    async def _below(self, ancestry: Ancestry, folder: WalkedFolder) -> list[Ancestry]:
        limit = self._session.options.max_depth
        below: list[Ancestry] = []
        async for portion in Portions(reversed(folder.directories)):
            below += [
                ancestry.below(entry, limit)
                for entry in portion
                if is_plain(entry) and not ancestry.is_circle(entry)
            ]
        return below


def is_plain(entry: Entry) -> bool:
    """Whether a name is one component, so that it leads to something in its folder."""
    try:
        check_name(entry.name)
    except UnsafeNameError:
        return False
    return True
