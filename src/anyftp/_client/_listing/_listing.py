"""Listing folders: MLSD where the server knows it, else LIST, entry by entry or all at once.

While a listing is iterated its data connection is open, and the control connection belongs to it.
Yet `async for entry in client.list(): await client.remove(entry.path)` is what one writes. So a
command that comes in between makes the rest of that folder's listing be read into memory first;
and a listing that was left in the middle is broken off.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from typing import Any, NamedTuple

import anyio

from anyftp._client._listing._dot_entries import is_passed, with_passed
from anyftp._client._listing._open import ListCommand, OpenListing, open_listing, too_many
from anyftp._client._listing._portions import Portions, check_tree
from anyftp._client._session._session import RemotePath, Session
from anyftp._errors import DataConnectionError
from anyftp._protocol import Entry, Outline, outlines

#: Of all folders together.
_MAX_ODD_LINES = 100


class Listing:
    """The entries of a folder: await it for a list of them, or iterate.

    Iterating takes memory for one block at a time, whatever the size of the folder. Other commands
    of the same client may be used between the entries. Each use asks the server anew.
    """

    def __init__(
        self,
        session: Session,
        path: RemotePath,
        *,
        recursive: bool = False,
        raw_command: ListCommand | None = None,
    ) -> None:
        self._session = session
        self._path = path
        self._recursive = recursive
        self._raw_command = raw_command
        #: Whether the same client lists another folder next: its port is asked for meanwhile then.
        self.has_successor: bool = False
        #: What the folder says of itself.
        self.itself: Entry | None = None
        #: Whether all has been received, and nothing speaks for there being more.
        self.is_whole: bool = False
        #: Whether something speaks for its end having been cut off.
        self.is_cut: bool = False
        #: Whether something shows that this was all: a clean end of TLS, or a count.
        self.is_proven: bool = False
        #: Lines that made no sense, the first hundred.
        self.odd_lines: list[str] = []

    def __aiter__(self) -> ListingIterator:
        self.itself, self.is_whole, self.is_cut, self.odd_lines = None, False, False, []
        self.is_proven = True
        return ListingIterator(self, self._session, self._path, self._recursive, self._raw_command)

    def __await__(self) -> Generator[Any, Any, list[Entry]]:
        return self._collect_in_turn().__await__()

    async def _collect_in_turn(self) -> list[Entry]:
        with self._session.turn():
            return await self.collect()

    async def collect(self) -> list[Entry]:
        """Receive all entries; for callers that have the session's turn already.

        Raises:
            ListingError: there are more than `max_entries`, or `max_listing_bytes` in a folder.

        Cancellation: ends the listing; the control connection stays in step.
        """
        return await self._session.repeat(self._collect)

    async def whole(self) -> list[Entry]:
        """As to await it, for who takes what is told for all there is.

        A listing that seems to be cut short is asked for once more: some servers end none with a
        line end, or tell of more bytes than they send, and say the same again. So is one without
        any entry, unless something shows that this was all: a plain data connection that is cut
        between two lines looks like its end.

        Raises:
            DataConnectionError: the listing was cut short.

        Cancellation: ends the listing; the control connection stays in step.
        """
        with self._session.turn():
            return await self.collect_whole()

    async def collect_whole(self) -> list[Entry]:
        """As `whole`, for callers that have the session's turn already.

        Cancellation: as `whole`.
        """
        return await self._session.repeat(self._collect_whole)

    async def _collect_whole(self) -> list[Entry]:
        entries = await self._collect()
        if not self.is_cut and (entries or self.is_proven):
            return entries
        again = await self._collect()
        is_usual = not self.odd_lines and await _are_alike(again, entries)
        if self.is_cut and not is_usual:
            raise DataConnectionError(f"{self._path}: its listing was cut short")
        return again

    async def _collect(self) -> list[Entry]:
        entries: list[Entry] = []
        batches = aiter(self)
        while (batch := await batches.next_batch()) is not None:
            entries += batch
            if len(entries) > self._session.options.max_entries:
                await batches.abandon()
                raise too_many(self._session)
        return entries


async def _are_alike(entries: list[Entry], others: list[Entry]) -> bool:
    if len(entries) != len(others):
        return False
    async for pairs in Portions(zip(entries, others, strict=True)):
        if any(one.line != other.line for one, other in pairs):
            return False
    return True


class _Folder(NamedTuple):
    """A folder, and what names those above it uniquely."""

    path: RemotePath
    depth: int = 0
    passed: frozenset[str] = frozenset()


class ListingIterator:
    """Walks through one folder, or through all below it, one data connection at a time."""

    def __init__(
        self,
        listing: Listing,
        session: Session,
        path: RemotePath,
        recursive: bool,
        raw_command: ListCommand | None,
    ) -> None:
        self._listing = listing
        self._session = session
        self._recursive = recursive
        self._raw_command = raw_command
        self._folders: deque[_Folder] = deque([_Folder(path)])
        self._folder = self._folders[0]
        self._open: OpenListing | None = None
        self._ready: Iterator[Entry] = iter(())
        self._is_whole = True

    def __del__(self) -> None:
        if self._open is not None:
            self._open.is_wanted = False

    def __aiter__(self) -> ListingIterator:
        return self

    async def __anext__(self) -> Entry:
        for entry in self._ready:
            return entry
        with self._session.turn():
            while (batch := await self.next_batch()) is not None:
                self._ready = iter(batch)
                for entry in self._ready:
                    return entry
        raise StopAsyncIteration

    async def next_batch(self) -> Sequence[Entry] | None:
        """Receive the next entries, None at the end of everything.

        Cancellation: ends the listing; the control connection stays in step.
        """
        if self._open is None:
            if not self._folders:
                await anyio.lowlevel.checkpoint()
                return None
            self._folder = self._folders.popleft()
            self._open = await open_listing(
                self._session,
                self._folder.path,
                self._raw_command,
                has_successor=self._listing.has_successor,
            )
        batch = await self._open.next_batch()
        if batch is None:
            self._is_whole &= self._open.is_whole
            self._listing.is_cut |= self._open.is_cut
            self._listing.is_proven &= self._open.is_proven
            self._listing.itself = self._open.itself
            self._listing.odd_lines += self._open.odd_lines
            del self._listing.odd_lines[_MAX_ODD_LINES:]
            self._listing.is_whole = self._is_whole and not self._folders
            self._open = None
            return []
        if self._recursive and self._folder.depth < self._session.options.max_depth:
            self._add_folders(batch)
            if len(self._folders) > self._session.options.max_tree_entries:
                await self.abandon()
                check_tree(self._session, len(self._folders))
        return batch

    async def next_outlines(self) -> list[Outline] | None:
        """Receive the next entries as what they say in short, None at the end of everything.

        Cancellation: as `next_batch`.
        """
        batch = await self.next_batch()
        return None if batch is None else outlines(batch)

    def _add_folders(self, batch: Sequence[Entry]) -> None:
        """Go on with folders, but not with a link to one above that looks like one."""
        passed, depth = self._folder.passed, self._folder.depth + 1
        for entry in batch:
            if entry.is_dir and not is_passed(entry, passed):
                self._folders.append(_Folder(entry.path, depth, with_passed(entry, passed)))

    async def abandon(self) -> None:
        """Break off the listing under way."""
        if self._open is not None:
            await self._open.abandon()
