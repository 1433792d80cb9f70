"""One folder's listing under way: MLSD where the server knows it, else LIST.

While it is open the control connection belongs to it. Another command makes the rest of it be read
into memory first, or, where nobody wants the rest any more, breaks it off.
"""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Literal

import anyio

from anyftp._client._control._control_connection import check_reply
from anyftp._client._control._errors import translated_data_errors
from anyftp._client._data._open import open_transfer
from anyftp._client._data._transfer import Transfer
from anyftp._client._listing._dot_entries import SelfFilter
from anyftp._client._session._features import has_feature, is_unknown_command
from anyftp._client._session._habits import get_system
from anyftp._client._session._session import RemotePath, Session, text_of
from anyftp._client._session._visit import look_in, working_directory
from anyftp._errors import FTPError, ListingError, PermanentReplyError, ReplyError
from anyftp._protocol import Entry, ListingDecoder
from anyftp._streams import TruncatedStreamError

ListCommand = Literal["MLSD", "LIST"]

_BLOCK_BYTES = 262144

#: LIST takes these for options or wildcards, or stops at them; then one goes there and lists ".".
_MISUNDERSTOOD = frozenset(" *?[]{}~\\")


class OpenListing:
    """One folder's listing under way.

    Attributes:
        is_wanted: whether anybody still iterates.
    """

    def __init__(
        self,
        session: Session,
        transfer: Transfer,
        decoder: ListingDecoder,
        *,
        way_back: str | None = None,
        doubtful: str = "",
    ) -> None:
        self.is_wanted = True
        self._session = session
        self._transfer = transfer
        self._decoder = decoder
        self._way_back = way_back
        self._doubtful = doubtful
        self._held: deque[list[Entry]] = deque()
        self._error: FTPError | None = None
        self._is_at_end = False
        self._is_cut = False
        self._left = session.options.max_listing_bytes
        self._filter = SelfFilter()
        transfer.on_make_way = self._make_way

    async def next_batch(self) -> list[Entry] | None:
        """Give the next entries, None at the end."""
        if self._held:
            await anyio.lowlevel.checkpoint()
            return self._held.popleft()
        if self._error is not None:
            raise self._error
        return None if self._is_at_end else await self._receive()

    async def abandon(self) -> None:
        """Break the listing off."""
        self._is_at_end = True
        self._leave_folder()
        await self._transfer.abandon_transfer()

    async def _receive(self) -> list[Entry]:
        try:
            with translated_data_errors(f"listing {self._transfer.path!r}"):
                try:
                    block = await self._transfer.stream.read(_BLOCK_BYTES)
                except TruncatedStreamError:
                    # IIS and others never send close_notify. Nobody knows how long a listing is,
                    # so the final reply has to do.
                    block = b""
                    self._is_cut = self._session.habits.await_close_notify is not False
            self._left -= len(block)
            if self._left < 0:
                limit = self._session.options.max_listing_bytes
                raise ListingError("", f"a listing of more than {limit} bytes")
        except BaseException:
            await self.abandon()
            raise
        if not block:
            await self._finish()
            return self._filter.others(self._decoder.close())
        self._doubtful = ""
        try:
            return self._filter(block, self._decoder.feed(block))
        except BaseException:  # from a parser of the user's own
            await self.abandon()
            raise

    async def _finish(self) -> None:
        """Hear that this was all; where it was nothing, find out whether there is a folder."""
        self._is_at_end = True
        self._leave_folder()
        await self._transfer.finish_transfer(self._transfer.stream)
        await self._session.make_way()
        if self._doubtful:
            reply = await look_in(self._session, self._doubtful)
            check_reply(reply, "2xx", "CWD", self._doubtful)

    @property
    def itself(self) -> Entry | None:
        """What the folder says of itself (type=cdir), as far as it has been received."""
        return self._filter.itself

    @property
    def is_whole(self) -> bool:
        """Whether all lines were understood, and the end was announced where that is usual."""
        return not self._is_cut and not self._decoder.skipped_count

    @property
    def odd_lines(self) -> list[str]:
        """Lines that made no sense, the first hundred."""
        return self._decoder.skipped

    def _leave_folder(self) -> None:
        if self._way_back is not None:
            self._session.way_back, self._way_back = self._way_back, None

    async def _make_way(self) -> None:
        """Another command comes: take in the rest, if anybody still wants it."""
        if not self.is_wanted:
            await self.abandon()
            return
        try:
            while not self._is_at_end:
                self._held.append(await self._receive())
        except ReplyError as error:
            self._error = error  # told to whom it concerns: the one who iterates


async def open_listing(
    session: Session, path: RemotePath, raw_command: ListCommand | None = None
) -> OpenListing:
    """Begin the listing of a folder.

    Raises:
        ReplyError: the server refused to list it.

    Cancellation: leaves the control connection in step, or says that it is lost.
    """
    await session.agree_on_utf8()
    if raw_command == "LIST" or (raw_command is None and "MLSD" in session.refused):
        return await _open_list(session, path)
    try:
        return await _open_mlsd(session, path)
    except ReplyError as error:
        if raw_command is not None or not error.code.startswith("5"):
            raise
        return await _open_list_instead(session, path, error)


async def _open_list_instead(session: Session, path: RemotePath, error: ReplyError) -> OpenListing:
    """Find out whether MLSD was refused as such, or for this path, and try LIST.

    Some servers refuse MLSD for empty folders; others answer LIST of a missing folder as if it
    were empty. So where MLSD is known, MLST decides whether there is a folder at all.
    """
    is_known = not is_unknown_command(error) and await has_feature(session, "MLST")
    if is_known:
        reply = await session.exchange("MLST", text_of(path))
        if not reply.is_positive or "dir;" not in reply.text.lower():
            raise error
    listing = await _open_list(session, path)
    if not is_known:
        session.refused.add("MLSD")
    return listing


async def _open_mlsd(session: Session, path: RemotePath) -> OpenListing:
    transfer = await open_transfer(session, "MLSD", text_of(path), kind=None)
    return OpenListing(session, transfer, _decoder(session, "mlsd", path))


async def _open_list(session: Session, path: RemotePath) -> OpenListing:
    """Send LIST. vsftpd answers for a missing folder as if it were an empty one."""
    text = text_of(path)
    is_understood = not text.startswith("-") and _MISUNDERSTOOD.isdisjoint(text)
    if not text or (is_understood and not session.habits.cwd_before_list):
        try:
            transfer = await open_transfer(session, "LIST", _argument(session, text), kind=None)
        except PermanentReplyError:
            # Ask where it may help: on z/OS and the like LIST takes no path.
            if not text or session.system is not None or not await _lists_by_cwd(session):
                raise
        else:
            decoder = _decoder(session, "list", path)
            return OpenListing(session, transfer, decoder, doubtful=text)
    here = await working_directory(session)
    try:
        await session.command("CWD", text)
        transfer = await open_transfer(session, "LIST", _argument(session, ""), kind=None)
    except BaseException:
        session.way_back = here
        raise
    return OpenListing(session, transfer, _decoder(session, "list", path), way_back=here)


def _argument(session: Session, path: str) -> str:
    return f"{session.options.list_options} {path}".strip(" ")


async def _lists_by_cwd(session: Session) -> bool:
    await get_system(session)
    return session.habits.cwd_before_list is True


def _decoder(
    session: Session, dialect: Literal["mlsd", "list"], path: RemotePath
) -> ListingDecoder:
    options = session.options
    zone = options.server_zone or session.server_zone or session.habits.server_zone
    return ListingDecoder(
        dialect,
        options.encoding,
        datetime.now(zone or UTC),
        options.max_entry_line,
        directory=PurePosixPath(path) if text_of(path) else None,
        parser=options.list_parser,
    )
