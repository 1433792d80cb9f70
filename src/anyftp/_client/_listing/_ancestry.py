"""The way down to a remote folder: how deep it is, and which folders lie above it.

Servers may show a link to a folder as a folder (RFC 3659 has no other type for it), and such a link
can lead to a folder above. Where the listing has the fact "unique" (RFC 3659, 7.5.2) that is seen,
and the folder is not entered again. Where it has not, the depth is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableSequence
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from anyftp._client._listing._dot_entries import is_passed, with_passed
from anyftp._client._listing._listing import Listing
from anyftp._client._session._session import Session
from anyftp._errors import LocalProtocolError, ReplyError
from anyftp._protocol import Entry

#: Told of a folder that cannot be listed, and why.
OnError = Callable[[PurePosixPath, ReplyError], object]


class Ancestry(NamedTuple):
    """One remote folder.

    Attributes:
        path: its path.
        depth: how many folders below the one that was begun with it lies.
        passed: what names it and the folders above it uniquely, as far as the server says.
        is_whole: whether its listing, once it has been looked at, can be all that there is.
        odd_lines: lines of that listing which made no sense.
    """

    path: PurePosixPath
    depth: int = 0
    passed: frozenset[str] = frozenset()
    is_whole: bool = True
    odd_lines: tuple[str, ...] = ()

    async def look(self, session: Session) -> tuple[Ancestry, list[Entry]]:
        """List the folder; gives the ancestry with what the folder says of itself, too.

        Raises:
            ReplyError: it cannot be listed.
            ListingError: there is too much in it.

        Cancellation: ends the listing; the control connection stays in step.
        """
        listing = Listing(session, self.path)
        return self._looked_at(listing, await listing.collect())

    async def look_at_all(self, session: Session) -> tuple[Ancestry, list[Entry]]:
        """As `look`, for who takes what is told for all there is.

        Raises:
            DataConnectionError: the listing was cut short.

        Cancellation: as `look`.
        """
        listing = Listing(session, self.path)
        return self._looked_at(listing, await listing.collect_whole())

    def _looked_at(self, listing: Listing, entries: list[Entry]) -> tuple[Ancestry, list[Entry]]:
        looked_at = self._marked(listing.itself)._replace(
            is_whole=listing.is_whole,
            odd_lines=tuple(listing.odd_lines),
        )
        return looked_at, entries

    def is_circle(self, entry: Entry) -> bool:
        """Whether a folder in this one is this one again, or one above it."""
        return is_passed(entry, self.passed)

    def below(self, entry: Entry, max_depth: int) -> Ancestry:
        """The ancestry to a folder in this one.

        Raises:
            LocalProtocolError: that is deeper than allowed.
        """
        path = self.path / entry.name
        if self.depth >= max_depth:
            raise LocalProtocolError(f"{path} is nested more than {max_depth} folders deep")
        return Ancestry(path, self.depth + 1, self.passed)._marked(entry)

    def _marked(self, entry: Entry | None) -> Ancestry:
        return self if entry is None else self._replace(passed=with_passed(entry, self.passed))


@contextmanager
def again_if_cut_short(pending: MutableSequence[Any], folder: object) -> Iterator[None]:
    """For what is done with a folder's entries: if it is cut short, the folder comes again."""
    try:
        yield
    except BaseException:
        pending.append(folder)
        raise


async def look_through(
    session: Session, pending: MutableSequence[Any], ancestry: Ancestry, on_error: OnError | None
) -> tuple[Ancestry, list[Entry]] | None:
    """List the folder that is last among the pending ones, and take it off.

    Args:
        ancestry: the way to that folder.
        on_error: told of a refusal; without it the refusal is raised.

    Returns:
        What `Ancestry.look` gives; None for a folder that the server would not list.

    Raises:
        ReplyError: the server would not list it, and nobody is to be told.
        DataConnectionError: the listing was cut short.

    Cancellation: safe; the folder stays among the pending ones.
    """
    try:
        with session.turn():
            found = await ancestry.look_at_all(session)
    except ReplyError as error:
        pending.pop()
        if on_error is None:
            raise
        on_error(ancestry.path, error)
        return None
    pending.pop()
    return found
