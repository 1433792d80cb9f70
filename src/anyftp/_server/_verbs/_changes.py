"""MKD, RMD, DELE, MFMT, SITE CHMOD and UTIME: changes other than uploads and renaming."""

from __future__ import annotations

import re

from anyftp._errors import RemoteProtocolError
from anyftp._protocol import Permission, Reply, parse_time, quote_257
from anyftp._server._events._events import (
    AttributesChanged,
    FileRemoved,
    FolderMade,
    FolderRemoved,
)
from anyftp._server._refusals import Refused
from anyftp._server._session._session import Session
from anyftp._server._verbs._request import Request

_MODE = re.compile(r"[0-7]{1,4}")


async def mkd(session: Session, request: Request) -> Reply:
    """MKD."""
    path = request.path
    await session.file_system.make_directory(path)
    session.shared.publish(FolderMade(session.info, str(path)))
    return Reply("257", (f"{quote_257(path)} created.",))


async def rmd(session: Session, request: Request) -> Reply:
    """RMD."""
    path = request.path
    await session.file_system.remove_directory(path)
    session.shared.publish(FolderRemoved(session.info, str(path)))
    return Reply("250", (f"{path} removed.",))


async def dele(session: Session, request: Request) -> Reply:
    """DELE."""
    path = request.path
    await session.file_system.remove_file(path)
    session.shared.publish(FileRemoved(session.info, str(path)))
    return Reply("250", (f"{path} deleted.",))


async def mfmt(session: Session, request: Request) -> Reply:
    """MFMT (draft-somers-ftp-mfxx, 3.1)."""
    time, path = _split(request.argument, "MFMT YYYYMMDDhhmmss path")
    await set_modified(session, time, path)
    return Reply("213", (f"Modify={time}; {path}",))


async def utime(session: Session, request: Request) -> Reply:
    """SITE UTIME, in the form of two arguments and (ncftp) of five."""
    time, rest = _split(request.argument, "SITE UTIME YYYYMMDDhhmmss path")
    if time.isdecimal() and len(time) in (12, 14):
        path = rest
    else:  # path, access time, change time, creation time, "UTC"
        path, *times = request.argument.rsplit(" ", 4)
        if len(times) != 4 or times[3] != "UTC":
            raise Refused("501", "SITE UTIME YYYYMMDDhhmmss path")
        time = times[1]
    await set_modified(session, time, path)
    return Reply("200", ("Time set.",))


async def set_modified(session: Session, time: str, argument: str) -> None:
    """Set the time of what a path leads to.

    Raises:
        Refused: the time has another form, or the user lacks the right.

    Cancellation: as the file system's.
    """
    try:
        seconds = parse_time(time).timestamp()
    except RemoteProtocolError as error:
        raise Refused("501", "The time has the form YYYYMMDDhhmmss.") from error
    path = session.resolve(argument)
    session.demand(path, Permission.ATTRIBUTES)
    await session.file_system.set_modified(path, seconds)
    session.shared.publish(AttributesChanged(session.info, str(path)))


async def chmod(session: Session, request: Request) -> Reply:
    """SITE CHMOD."""
    mode, name = _split(request.argument, "SITE CHMOD mode path")
    if not _MODE.fullmatch(mode):
        raise Refused("501", "The mode is an octal number.")
    path = session.resolve(name)
    session.demand(path, Permission.ATTRIBUTES)
    await session.file_system.chmod(path, int(mode, 8))
    session.shared.publish(AttributesChanged(session.info, str(path)))
    return Reply("200", (f"Mode of {path} set.",))


def _split(argument: str, syntax: str) -> tuple[str, str]:
    first, _, rest = argument.partition(" ")
    if not rest:
        raise Refused("501", f"Syntax: {syntax}")
    return first, rest
