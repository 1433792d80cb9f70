"""One file or folder: what it is (MLST, RFC 3659, 7; or its line in the listing of its folder)."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import PurePosixPath

from anyftp._client._listing._listing import Listing
from anyftp._client._session._features import has_feature, is_unknown
from anyftp._client._session._session import UNKNOWN_COMMAND, RemotePath, Session, text_of
from anyftp._client._session._visit import can_enter
from anyftp._errors import (
    ListingError,
    PermanentReplyError,
    RemoteProtocolError,
    ReplyError,
)
from anyftp._protocol import Entry, KnownEntry, Reply, parse_mlsx_line, parse_size, reply_error

#: PATH_MAX of Linux: a link's own size is the length of what it holds.
_LONGEST_LINK = 4096

_SELF_TYPE = re.compile(r"type=[cp]dir", re.IGNORECASE)

#: "No such file": 550 is the rule, 450 what some say of listings, 553 of names.
_MISSING = frozenset({"550", "450", "553"})


async def stat(session: Session, path: RemotePath) -> Entry:
    """Ask about one file or folder."""
    entry = await _by_mlst(session, path)
    return entry or await _by_listing(session, PurePosixPath(path))


async def _by_mlst(session: Session, path: RemotePath) -> Entry | None:
    """What MLST tells, None where it tells nothing of this path.

    A server that does not know MLST is not asked again on this connection. Where 501 or the like
    is all that it says of a path, that is no word about whether there is anything.
    """
    await session.agree_on_utf8()
    if "MLST" in session.learnt.refused:
        return None
    reply = await session.exchange("MLST", text_of(path))
    if reply.is_positive:
        entry = _entry(reply, PurePosixPath(path))
        return await _checked(session, entry) if "type" in entry.facts else None
    is_known = "MLST" in session.learnt.obeyed or await has_feature(session, "MLST")
    if is_known and reply.code not in UNKNOWN_COMMAND:
        raise reply_error(
            reply.code, reply.lines, expected=("2xx",), command="MLST", argument=text_of(path)
        )
    if not is_known or await is_unknown(session, "MLST", reply.code):
        session.learnt.refused.add("MLST")
    return None


async def _checked(session: Session, entry: Entry) -> Entry:
    """The size of a file, where that of a link in front of it may have been told.

    proftpd says "file" of a link to one, with all else that it tells the link's own.
    """
    mode, told = entry.facts.get("unix.mode", ""), entry.size
    if not (entry.is_file and told is not None and told <= _LONGEST_LINK and mode[-3:] == "777"):
        return entry
    reply = await _ask_size(session, entry.path)
    nbytes = _size_in(reply)
    if nbytes in (told, None):
        return entry
    return KnownEntry(
        entry.name,
        "file",
        size=nbytes,
        modified=entry.modified,
        facts=entry.facts,
        directory=entry.path.parent,
    )


def _entry(reply: Reply, path: PurePosixPath) -> Entry:
    """Find the line of facts; it should be the second, but some send it as the only one."""
    for line in reply.lines:
        try:
            named = parse_mlsx_line(line)
        except ListingError:
            continue
        if named.facts:
            # The name may be a full path, and a folder may call itself cdir: say both our way.
            facts = _SELF_TYPE.sub("type=dir", line[: len(line) - len(named.name)])
            return parse_mlsx_line(f"{facts}{path.name or '/'}", path.parent)
    raise ListingError(reply.text)


async def _by_listing(session: Session, path: PurePosixPath) -> Entry:
    if not path.name:
        return KnownEntry(str(path), "dir", directory=path)
    refusal = PermanentReplyError(
        "550", [f"{path} is not in the listing of its folder"], command="LIST"
    )
    try:
        listed = await Listing(session, path.parent).collect_whole()
    except PermanentReplyError as error:  # a folder for incoming files that may not be looked at
        refusal = error
    else:
        for entry in listed:
            if entry.name == path.name:
                return entry
        if not path.name.startswith("."):  # vsftpd and others list no such names
            raise refusal
    entry_told = await _by_answering(session, path)
    if entry_told is None:
        raise refusal
    return entry_told


async def _by_answering(session: Session, path: PurePosixPath) -> Entry | None:
    """What only a file or a folder answers to; None if nothing does."""
    if await can_enter(session, path):
        return KnownEntry(path.name, "dir", directory=path.parent)
    reply = await _ask_size(session, path)
    if reply.code != "213":
        return None
    return KnownEntry(path.name, "file", size=_size_in(reply), directory=path.parent)


async def _ask_size(session: Session, path: PurePosixPath) -> Reply:
    await session.use_type("I")
    return await session.exchange("SIZE", str(path))


def _size_in(reply: Reply) -> int | None:
    """The size that a reply to SIZE tells, if it does."""
    with suppress(RemoteProtocolError):
        return parse_size(reply.text) if reply.code == "213" else None
    return None


async def exists(session: Session, path: RemotePath) -> bool:
    """Whether there is anything of that name."""
    try:
        await stat(session, path)
    except ReplyError as error:
        if error.code in _MISSING:
            return False
        raise
    return True


async def is_directory(session: Session, path: RemotePath) -> bool:
    """Whether it is a folder; where a listing only says "link", whether one can go there."""
    try:
        entry = await stat(session, path)
    except ReplyError as error:
        if error.code not in _MISSING:
            raise
        is_hidden = PurePosixPath(path).name.startswith(".") and hides_dots(session)
        return is_hidden and await is_entered(session, path)
    if entry.is_link:
        return await is_entered(session, path)
    return entry.is_dir


async def has_folder(session: Session, path: RemotePath) -> bool:
    """Whether there is a folder that one can go to, asked for without listing the one above it."""
    try:
        entry = await _by_mlst(session, path)
    except ReplyError as error:
        if error.code not in _MISSING:
            raise
        return False
    if entry is None or entry.is_link:
        return await is_entered(session, path)
    return entry.is_dir


async def is_entered(session: Session, path: RemotePath) -> bool:
    """Whether one can go to a folder; where nobody knows the way back, whether it lists as one.

    Cancellation: safe.
    """
    can_go = await can_enter(session, path)
    return await _lists_as_folder(session, PurePosixPath(path)) if can_go is None else can_go


async def _lists_as_folder(session: Session, path: PurePosixPath) -> bool:
    """Whether a listing has something that only a folder has in it, or it is one in its parent's.

    Servers list a file as if it were in a folder, and nothing as if it were an empty one.
    """
    if not path.name:
        return True
    if (await _ask_size(session, path)).code == "213":
        return False
    try:
        names = {entry.name for entry in await Listing(session, path).collect()}
        if names - {path.name}:
            return True
        listed = await Listing(session, path.parent).collect_whole()
    except PermanentReplyError:
        return False
    return any(entry.name == path.name and not entry.is_file for entry in listed)


def hides_dots(session: Session) -> bool:
    """Whether listings may lack names with a dot in front, as vsftpd's LIST does."""
    return "MLSD" in session.learnt.refused and "a" not in session.options.list_options


async def is_file(session: Session, path: RemotePath) -> bool:
    """Whether it is a plain file, or a link to one."""
    try:
        entry = await stat(session, path)
    except ReplyError as error:
        if error.code in _MISSING:
            return False
        raise
    return await _leads_to_file(session, PurePosixPath(path)) if entry.is_link else entry.is_file


async def _leads_to_file(session: Session, path: PurePosixPath) -> bool:
    """Whether a link leads to a file: what is no folder may be nothing at all."""
    if await is_entered(session, path):
        return False
    reply = await _ask_size(session, path)
    if reply.code == "213" or await is_unknown(session, "SIZE", reply.code):
        return True
    if reply.code not in _MISSING:
        raise reply_error(reply.code, reply.lines, command="SIZE", argument=str(path))
    return False
