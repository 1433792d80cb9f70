"""RNFR and RNTO. Whoever moves a folder moves all that is in it, and needs the right to."""

from __future__ import annotations

import errno
from contextlib import aclosing
from pathlib import PurePosixPath

from anyftp._errors import FileSystemError
from anyftp._protocol import Permission, Reply
from anyftp._server._events._events import Renamed
from anyftp._server._refusals import Refused
from anyftp._server._session._session import Session
from anyftp._server._users._users import rights_vary
from anyftp._server._verbs._request import Request


async def rnfr(session: Session, request: Request) -> Reply:
    """RNFR: good for the very next command only."""
    path = request.path
    await session.file_system.stat(path)
    session.state.rename_from = path
    return Reply("350", ("Send RNTO.",))


async def rnto(session: Session, request: Request) -> Reply:
    """RNTO."""
    source = session.state.take_rename()
    if source is None:
        return Reply("503", ("Send RNFR first.",))
    destination = request.path
    await _demand_below(session, source, destination)
    if Permission.OVERWRITE & session.permission(destination):
        await session.file_system.rename(source, destination)
    else:
        await _rename_exclusive(session, source, destination)
    session.shared.publish(Renamed(session.info, str(source), str(destination)))
    return Reply("250", (f"Renamed to {destination}.",))


async def _rename_exclusive(
    session: Session, source: PurePosixPath, destination: PurePosixPath
) -> None:
    try:
        await session.file_system.rename_exclusive(source, destination)
    except FileSystemError as error:
        if error.errno != errno.EEXIST:
            raise
        text = f"{destination}: there is such a file, and you may not replace it."
        raise Refused("553", text) from error


async def _demand_below(
    session: Session, source: PurePosixPath, destination: PurePosixPath
) -> None:
    """See that everything in a folder may be renamed, from where it is and to where it would be.

    Else a file that nobody may read would be carried to where anybody may.

    Raises:
        Refused: something in it may not, or there is too much to look at.

    Cancellation: safe.
    """
    assert session.user is not None
    if not rights_vary(session.user) or not (await session.file_system.stat(source)).is_dir:
        return
    left = session.options.max_listing
    folders = [PurePosixPath()]
    while folders:
        folder = folders.pop()
        async with aclosing(session.file_system.scan(source / folder)) as batches:
            async for batch in batches:
                left -= len(batch)
                if left < 0:
                    raise Refused("451", f"{source}: there is too much in it to be renamed.")
                for info in batch:
                    inside = folder / info.name
                    session.demand(source / inside, Permission.RENAME)
                    session.demand(destination / inside, Permission.RENAME)
                    if info.is_dir:
                        folders.append(inside)
