"""Size, time and mode of a file, asked for and set."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from anyftp._client._remote._stat import stat
from anyftp._client._session._features import is_unknown
from anyftp._client._session._session import RemotePath, Session, text_of
from anyftp._errors import (
    LocalProtocolError,
    PermanentReplyError,
    RemoteProtocolError,
    ReplyError,
)
from anyftp._protocol import format_time, parse_size, parse_told_time


async def size(session: Session, path: RemotePath) -> int:
    """Ask for the size in bytes (SIZE, RFC 3659, 4), or else take it from MLST or a listing.

    TYPE I goes first: in ASCII the size is another one, and many servers refuse to count it.
    """
    if "SIZE" not in session.learnt.refused:
        await session.use_type("I")
        try:
            reply = await session.command("SIZE", text_of(path), expected="213")
        except PermanentReplyError as error:
            if not await is_unknown(session, "SIZE", error.code):
                raise
            session.learnt.refused.add("SIZE")
        else:
            with suppress(RemoteProtocolError):
                return parse_size(reply.text)
    known = (await stat(session, path)).size
    if known is None:
        raise PermanentReplyError("502", [f"the server does not tell the size of {path}"])
    return known


async def size_if_told(session: Session, path: RemotePath) -> int | None:
    """Ask for the size by SIZE, or MLST; None where the server does not tell it.

    Cancellation: safe.
    """
    if {"SIZE", "MLST"} <= session.learnt.refused:
        return None  # to list its folder for it would cost too much
    try:
        return await size(session, path)
    except ReplyError:
        return None


async def modified(session: Session, path: RemotePath) -> datetime:
    """Ask when a file was changed last (MDTM, RFC 3659, 3), or take it from a listing."""
    if "MDTM" not in session.learnt.refused:
        try:
            reply = await session.command("MDTM", text_of(path), expected="213")
        except PermanentReplyError as error:
            if not await is_unknown(session, "MDTM", error.code):
                raise
            session.learnt.refused.add("MDTM")
        else:
            return parse_told_time(reply.text)
    known = (await stat(session, path)).modified
    if known is None:
        raise PermanentReplyError("502", [f"the server does not tell the time of {path}"])
    return known


async def set_modified(session: Session, path: RemotePath, time: datetime) -> None:
    """Set the time of the last change: MFMT, else MDTM's other meaning, else SITE UTIME.

    Of SITE UTIME there are two forms: the time and the name; or the name, then the times of
    access, change and creation, and the zone.
    """
    stamp = format_time(time.replace(microsecond=0))
    name = text_of(path)
    ways = (
        ("MFMT", f"{stamp} {name}"),
        ("MDTM", f"{stamp} {name}"),
        ("SITE", f"UTIME {stamp} {name}"),
        ("SITE", f"UTIME {name} {stamp} {stamp} {stamp} UTC"),
    )
    failure: PermanentReplyError | None = None
    for number, (verb, argument) in enumerate(ways):
        key = f"{verb} time {number}"
        if key in session.learnt.refused:
            continue
        try:
            await session.command(verb, argument)
        except PermanentReplyError as error:
            # MDTM without this meaning looks for a file called "2026… name": 550.
            # What FEAT says of MDTM and SITE is not about these forms of them.
            is_known_verb = verb == "MFMT"
            is_lacking = await is_unknown(
                session, key, error.code, feature=verb, has_argument=is_known_verb
            )
            if is_known_verb and not is_lacking:
                raise
            failure = failure or error
            if is_lacking:
                session.learnt.refused.add(key)
        else:
            session.learnt.obeyed.add(key)
            return
    raise failure or PermanentReplyError("502", ["the server cannot set times"], command="MFMT")


async def chmod(session: Session, path: RemotePath, mode: int) -> None:
    """Set the permission bits (SITE CHMOD)."""
    if not 0 <= mode <= 0o7777:
        raise LocalProtocolError(f"mode must be from 0 to 0o7777, not {mode:#o}")
    await session.command("SITE", f"CHMOD {mode:03o} {text_of(path)}")
