"""Folders: where we are, making them, removing them."""

from __future__ import annotations

from pathlib import PurePosixPath

from anyftp._client._remote._stat import has_folder
from anyftp._client._session._session import RemotePath, Session, text_of
from anyftp._errors import LocalProtocolError, PermanentReplyError
from anyftp._protocol import parse_257


async def get_current_directory(session: Session) -> PurePosixPath:
    """Ask where we are (PWD)."""
    reply = await session.command("PWD")
    return PurePosixPath(parse_257(reply.text))


async def change_directory(session: Session, path: RemotePath) -> None:
    """Go to another folder (CWD; CDUP for "..").

    CDUP is the surer one: not every system calls the folder above "..".
    """
    text = text_of(path)
    if text == "..":
        await change_to_parent(session)
    elif text:
        await _go(session, "CWD", text)


async def change_to_parent(session: Session) -> None:
    """Go to the folder above (CDUP)."""
    await _go(session, "CDUP")


async def _go(session: Session, verb: str, argument: str = "") -> None:
    async def attempt() -> None:
        await session.command(verb, argument)
        await session.note_directory()

    with session.changing_directory():
        await session.repeat(attempt)


async def make_directory(session: Session, path: RemotePath, *, parents: bool) -> None:
    """Make a folder; with parents, also those above it, and an existing one is fine.

    MKD of the whole path is tried first, so that the usual case is one command. What servers say
    where the name is taken differs in code and language (521, 550, 553); only looking tells.
    """
    remote = PurePosixPath(path)
    if not remote.name:
        raise LocalProtocolError(f"path must name a folder that can be made, not {str(path)!r}")
    missing: list[PurePosixPath] = []
    while True:
        try:
            await session.command("MKD", str(remote))
            break
        except PermanentReplyError as error:
            if not parents or len(missing) > session.options.max_depth:
                raise
            if await has_folder(session, remote):
                break
            missing.append(remote)
            remote = remote.parent
            if not remote.name:
                raise error
    for folder in reversed(missing):
        await session.command("MKD", str(folder))


async def remove_directory(session: Session, path: RemotePath) -> None:
    """Remove an empty folder (RMD)."""
    await session.command("RMD", text_of(path))
