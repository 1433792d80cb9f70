"""One file or folder: what it is (MLST, RFC 3659, 7; or its line in the listing of its folder)."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from anyftp._client._listing._listing import Listing
from anyftp._client._session._features import has_feature
from anyftp._client._session._session import UNKNOWN_COMMAND, RemotePath, Session, text_of
from anyftp._client._session._visit import can_enter
from anyftp._errors import ListingError, PermanentReplyError, ReplyError, reply_error
from anyftp._protocol import Entry, KnownEntry, Reply, parse_mlsx_line

_SELF_TYPE = re.compile(r"type=[cp]dir", re.IGNORECASE)

#: "No such file": 550 is the rule, 450 what some say of listings, 553 of names.
_MISSING = frozenset({"550", "450", "553"})


async def stat(session: Session, path: RemotePath) -> Entry:
    """Ask about one file or folder.

    A server that does not know MLST is not asked again on this connection.
    """
    await session.agree_on_utf8()
    if "MLST" not in session.learnt.refused:
        reply = await session.exchange("MLST", text_of(path))
        if reply.is_positive:
            return _entry(reply, PurePosixPath(path))
        if reply.code not in UNKNOWN_COMMAND and await has_feature(session, "MLST"):
            raise reply_error(
                reply.code,
                reply.lines,
                expected=("2xx",),
                command="MLST",
                argument=text_of(path),
            )
        session.learnt.refused.add("MLST")
    return await _stat_by_listing(session, PurePosixPath(path))


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


async def _stat_by_listing(session: Session, path: PurePosixPath) -> Entry:
    if not path.name:
        return KnownEntry(str(path), "dir", directory=path)
    for entry in await Listing(session, path.parent).collect():
        if entry.name == path.name:
            return entry
    raise PermanentReplyError(
        "550", [f"{path} is not in the listing of its folder"], command="LIST"
    )


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
        return is_hidden and await can_enter(session, path)
    if entry.is_link:
        return await can_enter(session, path)
    return entry.is_dir


def hides_dots(session: Session) -> bool:
    """Whether listings may lack names with a dot in front, as vsftpd's LIST does."""
    return "MLSD" in session.learnt.refused and "a" not in session.options.list_options


async def is_file(session: Session, path: RemotePath) -> bool:
    """Whether it is a plain file, or a link to something that is no folder."""
    try:
        entry = await stat(session, path)
    except ReplyError as error:
        if error.code in _MISSING:
            return False
        raise
    if entry.is_link:
        return not await can_enter(session, path)
    return entry.is_file
