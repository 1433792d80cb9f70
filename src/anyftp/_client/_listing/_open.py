"""One folder's listing under way: MLSD where the server knows it, else LIST.

While it is open the control connection belongs to it. Another command makes the rest of it be read
into memory first, or, where nobody wants the rest any more, breaks it off.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Literal

import anyio

from anyftp._client._control._control_connection import check_reply
from anyftp._client._control._errors import translated_data_errors
from anyftp._client._data._open import open_transfer
from anyftp._client._data._transfer import Transfer
from anyftp._client._listing._dot_entries import DotEntries
from anyftp._client._listing._whole_paths import with_last_names
from anyftp._client._session._features import has_feature, is_unknown
from anyftp._client._session._habits import get_system
from anyftp._client._session._session import RemotePath, Session, text_of
from anyftp._client._session._visit import look_in, working_directory
from anyftp._errors import FTPError, ListingError, PermanentReplyError, ReplyError
from anyftp._protocol import (
    Entry,
    ListingDecoder,
    Reply,
    parse_announced_size,
    parse_listed_lines,
    parse_moved_size,
    portions,
)
from anyftp._streams import TLSStream, TruncatedStreamError

ListCommand = Literal["MLSD", "LIST"]

_BLOCK_BYTES = 262144

#: LIST takes these for options or wildcards, or stops at them; then one goes there and lists ".".
_MISUNDERSTOOD = frozenset(" *?[]{}~\\")


class FirstEntry:
    """Tells a folder with one entry from a file that a listing shows as its own entry.

    vsftpd, pyftpdlib and others answer LIST of a file with the file, and then "d/f" would be taken
    for a folder that has "f" in it. Only a single entry can be such a one.

    Args:
        path: what was asked for, as it was sent; "" for the working directory.

    Attributes:
        held: the entry in doubt, until something shows that there is a folder.
    """

    def __init__(self, path: str) -> None:
        self.held: list[Entry] = []
        self._name = PurePosixPath(path).name
        self._is_doubtful = bool(self._name)

    def hold_back(self, entries: Sequence[Entry], *, is_folder: bool) -> Sequence[Entry]:
        """Those of the entries that can be passed on; what was held comes with the next one.

        Args:
            is_folder: whether the listing has told of the folder itself.
        """
        if not self._is_doubtful or not (entries or is_folder):
            return entries
        found = [*self.held, *entries] if self.held else entries
        if len(found) == 1 and not is_folder and self._is_like_argument(found[0]):
            self.held = list(found)
            return []
        self._is_doubtful = False
        self.held = []
        return found

    def _is_like_argument(self, entry: Entry) -> bool:
        return PurePosixPath(entry.name).name == self._name


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
        argument: str = "",
        way_back: str | None = None,
        may_hide_refusal: bool = False,
    ) -> None:
        """Begin with a command whose data connection is open.

        Args:
            argument: the path that was sent; "" for the working directory.
            way_back: the working directory to return to, if this one is another.
            may_hide_refusal: whether an empty answer may mean that there is no such folder.
        """
        self.is_wanted = True
        self._session = session
        self._transfer = transfer
        self._decoder = decoder
        self._way_back = way_back
        self._is_empty = may_hide_refusal
        self._argument = argument
        self._first = FirstEntry(argument)
        self._parts: Iterator[bytes] = iter(())
        self._held: deque[Sequence[Entry]] = deque()
        self._error: FTPError | None = None
        self._is_at_end = False
        self._is_cut = False
        self._is_proven = isinstance(transfer.channel, TLSStream)
        self._received_bytes = self._received_lines = 0
        self._filter = DotEntries()
        transfer.on_make_way = self._make_way

    async def next_batch(self) -> Sequence[Entry] | None:
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

    async def _receive(self) -> Sequence[Entry]:
        try:
            part = next(self._parts, b"") or await self._next_part()
            entries = self._read(part)  # a parser of the user's own may raise
            await anyio.lowlevel.checkpoint()
        except BaseException:
            await self.abandon()
            raise
        return entries if part else await self._finish()

    async def _next_part(self) -> bytes:
        """As much of the next block as is looked at in a moment; none at the end."""
        with translated_data_errors(f"listing {self._transfer.path!r}"):
            try:
                block = await self._transfer.stream.read(_BLOCK_BYTES)
            except TruncatedStreamError:
                # IIS and others never send close_notify. Nobody knows how long a listing is,
                # so the final reply has to do.
                block, self._is_proven = b"", False
                self._is_cut = self._session.learnt.habits.await_close_notify is not False
        self._received_bytes += len(block)
        self._received_lines += block.count(b"\n")
        limit = self._session.options.max_listing_bytes
        if self._received_bytes > limit:
            raise ListingError("", f"a listing of more than {limit} bytes (max_listing_bytes)")
        self._parts = portions(block)
        return next(self._parts, b"")

    def _read(self, part: bytes) -> Sequence[Entry]:
        entries = self._filter(part, self._decoder.feed(part))
        if b"/" in part:
            entries = self._by_last_names(entries)
        self._is_empty &= not part
        return self._first.hold_back(entries, is_folder=self.itself is not None)

    async def _finish(self) -> Sequence[Entry]:
        """Hear that this was all; where it may be about no folder, ask whether there is one."""
        self._is_at_end = True
        self._leave_folder()
        await self._transfer.finish_transfer()
        self._compare_counts()
        await self._session.make_way()
        others = self._by_last_names(self._filter.others(self._decoder.close()))
        rest = self._first.hold_back(others, is_folder=self.itself is not None)
        if self._is_empty or self._first.held:
            check_reply(await self._ask_for_folder(), "2xx", "CWD", self._argument)
        return [*self._first.held, *rest]

    def _by_last_names(self, entries: Sequence[Entry]) -> list[Entry]:
        folders = {PurePosixPath(self._argument)} if self._argument else set()
        if self.itself is not None:
            folders.add(PurePosixPath(self.itself.name))
        return with_last_names(entries, folders)

    async def _ask_for_folder(self) -> Reply:
        """The answer to whether one can go there; if nobody knows the way back, by SIZE."""
        reply = await look_in(self._session, self._argument)
        if reply is not None:
            return reply
        await self._session.use_type("I")
        reply = await self._session.exchange("SIZE", self._argument)
        is_file = reply.code == "213"
        return Reply("550", ("it is a file",)) if is_file else Reply("250", ("it may be a folder",))

    def _compare_counts(self) -> None:
        """See whether as much has come as the server says that it sends, or has sent."""
        before, after = self._transfer.preliminary, self._transfer.final
        announced = parse_announced_size(before.text) if before is not None else None
        moved = parse_moved_size(after.text) if after is not None else None
        lines = parse_listed_lines(after.text) if after is not None else None
        self._is_cut |= self._received_bytes < max(announced or 0, moved or 0)
        self._is_cut |= self._received_lines < (lines or 0)
        self._is_proven |= moved is not None or lines is not None
        # A gateway that cuts all connections at once ends the data cleanly, as a server does.
        self._is_cut |= not (self._is_proven or self._session.control.is_alive())

    @property
    def itself(self) -> Entry | None:
        """What the folder says of itself (type=cdir), as far as it has been received."""
        return self._filter.itself

    @property
    def is_cut(self) -> bool:
        """Whether something speaks for there having been more.

        That is an end within a line, without TLS's close_notify where that is usual, or together
        with that of the control connection; and less than the server told of.
        """
        return self._is_cut or self._decoder.is_cut

    @property
    def is_proven(self) -> bool:
        """Whether something shows that this was all: TLS's close_notify, or a count."""
        return self._is_proven and not self.is_cut

    @property
    def is_whole(self) -> bool:
        """Whether all lines were understood, and nothing speaks for there having been more."""
        return not (self.is_cut or self._decoder.skipped_count)

    @property
    def odd_lines(self) -> list[str]:
        """Lines that made no sense, the first hundred."""
        return self._decoder.skipped

    def _leave_folder(self) -> None:
        if self._way_back is not None:
            self._session.whereabouts.way_back, self._way_back = self._way_back, None

    async def _make_way(self) -> None:
        """Another command comes: take in the rest, if anybody still wants it."""
        if not self.is_wanted:
            await self.abandon()
            return
        nheld = 0
        try:
            while not self._is_at_end:
                self._held.append(await self._receive())
                nheld += len(self._held[-1])
                if nheld > self._session.options.max_entries:
                    await self.abandon()
                    raise too_many(self._session)
        except (ReplyError, ListingError) as error:
            self._error = error  # told to whom it concerns: the one who iterates


def too_many(session: Session) -> ListingError:
    """What is raised for more entries than may be gathered."""
    limit = session.options.max_entries
    return ListingError(
        "", f"a listing of more than {limit} entries: iterate over it, or allow more (max_entries)"
    )


async def open_listing(
    session: Session,
    path: RemotePath,
    raw_command: ListCommand | None = None,
    *,
    has_successor: bool = False,
) -> OpenListing:
    """Begin the listing of a folder.

    Args:
        has_successor: as that of `open_transfer`.

    Raises:
        ReplyError: the server refused to list it.

    Cancellation: leaves the control connection in step, or says that it is lost.
    """
    await session.agree_on_utf8()
    if raw_command == "LIST" or (raw_command is None and "MLSD" in session.learnt.refused):
        return await _open_list(session, path, has_successor)
    try:
        return await _open_mlsd(session, path, has_successor)
    except ReplyError as error:
        if raw_command is not None or not error.code.startswith("5"):
            raise
        return await _open_list_instead(session, path, error, has_successor)


async def _open_list_instead(
    session: Session, path: RemotePath, error: ReplyError, has_successor: bool
) -> OpenListing:
    """Find out whether MLSD was refused as such, or for this path, and try LIST.

    Some servers refuse MLSD for empty folders; others answer LIST of a missing folder as if it
    were empty. So where MLSD is known, MLST decides whether there is a folder at all.
    """
    text = text_of(path)
    is_known = "MLSD" in session.learnt.obeyed or (
        not await is_unknown(session, "MLSD", error.code, feature="MLST", has_argument=bool(text))
        and await has_feature(session, "MLST")
    )
    if is_known and text:  # where we are is a folder
        reply = await session.exchange("MLST", text)
        if not reply.is_positive or "dir;" not in reply.text.lower():
            raise error
    listing = await _open_list(session, path, has_successor)
    if not is_known:
        session.learnt.refused.add("MLSD")
    return listing


async def _open_mlsd(session: Session, path: RemotePath, has_successor: bool) -> OpenListing:
    text = text_of(path)
    transfer = await open_transfer(session, "MLSD", text, kind=None, has_successor=has_successor)
    session.learnt.obeyed.add("MLSD")
    decoder = _decoder(session, "mlsd", path)
    return OpenListing(session, transfer, decoder, argument=text, may_hide_refusal=bool(text))


async def _open_list(session: Session, path: RemotePath, has_successor: bool) -> OpenListing:
    """Send LIST. vsftpd answers for a missing folder as if it were an empty one."""
    text = text_of(path)
    is_understood = not text.startswith("-") and _MISUNDERSTOOD.isdisjoint(text)
    if not text or (is_understood and not session.learnt.habits.cwd_before_list):
        try:
            transfer = await open_transfer(
                session,
                "LIST",
                _argument(session, text),
                kind=None,
                has_successor=has_successor,
            )
        except PermanentReplyError:
            # Ask where it may help: on z/OS and the like LIST takes no path.
            if not text or session.learnt.system is not None or not await _lists_by_cwd(session):
                raise
        else:
            decoder = _decoder(session, "list", path)
            return OpenListing(
                session, transfer, decoder, argument=text, may_hide_refusal=bool(text)
            )
    here = await working_directory(session)
    if here is None:  # nobody would find the way back; LIST may understand the name after all
        transfer = await open_transfer(session, "LIST", _argument(session, text), kind=None)
        decoder = _decoder(session, "list", path)
        return OpenListing(session, transfer, decoder, argument=text, may_hide_refusal=True)
    try:
        await session.command("CWD", text)
        transfer = await open_transfer(session, "LIST", _argument(session, ""), kind=None)
    except BaseException:
        session.whereabouts.way_back = here
        raise
    return OpenListing(session, transfer, _decoder(session, "list", path), way_back=here)


def _argument(session: Session, path: str) -> str:
    return f"{session.options.list_options} {path}".strip(" ")


async def _lists_by_cwd(session: Session) -> bool:
    await get_system(session)
    return session.learnt.habits.cwd_before_list is True


def _decoder(
    session: Session, dialect: Literal["mlsd", "list"], path: RemotePath
) -> ListingDecoder:
    options = session.options
    zone = options.server_zone or session.server_zone or session.learnt.habits.server_zone
    return ListingDecoder(
        dialect,
        options.encoding,
        datetime.now(zone or UTC),
        options.max_entry_line,
        directory=PurePosixPath(path) if text_of(path) else None,
        parser=options.list_parser,
    )
