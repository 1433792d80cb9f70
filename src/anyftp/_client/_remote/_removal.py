"""Renaming and removing, whole trees included."""

from __future__ import annotations

from pathlib import PurePosixPath

from anyftp._client._control._control_connection import check_reply
from anyftp._client._listing._listing import Listing
from anyftp._client._listing._portions import Portions, check_tree
from anyftp._client._session._session import RemotePath, Session, text_of
from anyftp._errors import LocalProtocolError, ReplyError
from anyftp._protocol import Entry, check_name


async def rename(session: Session, source: RemotePath, destination: RemotePath) -> None:
    """Give another name (RNFR and RNTO, RFC 959, 4.1.3)."""
    session.control.wire.encode("RNTO", text_of(destination))  # refused now, or not at all
    is_named = False
    try:
        await session.command("RNFR", text_of(source), expected=("350", "2xx"))
        is_named = True
        # Not over another connection, where nobody has said RNFR.
        await session.control.send("RNTO", text_of(destination))
    except BaseException:
        # Only if the server has heard of it; else it may still wait for RNTO after an earlier
        # RNFR, and give this file's name to that one.
        if is_named or (session.unsettled.rename is None and session.control.ledger.owes("RNFR")):
            session.unsettled.rename = text_of(source)
        raise
    reply = await session.control.receive_final()
    check_reply(reply, "2xx", "RNTO", text_of(destination))


async def remove_file(session: Session, path: RemotePath) -> None:
    """Remove a file, or a link without touching its target (DELE)."""
    await session.command("DELE", text_of(path))


async def remove(session: Session, path: RemotePath) -> None:
    """Remove a file, or a folder with all that is in it.

    DELE goes first: were it left out for what looks like a folder, a link to a folder would have
    the folder it leads to emptied.
    """
    remote = PurePosixPath(path)
    if not remote.name:
        raise LocalProtocolError(f"path must name something below the root, not {str(path)!r}")
    try:
        await session.command("DELE", str(remote))
    except ReplyError as refusal:  # aioftp says 451 where others say 550
        await _remove_tree(session, remote, refusal)


async def _remove_tree(session: Session, root: PurePosixPath, refusal: ReplyError) -> None:
    """Remove depth first. No recursion: how deep it goes is the server's say."""
    try:
        await session.command("RMD", str(root))
        return
    except ReplyError:
        pass  # not empty, or no folder either; aioftp's server says 451 to the former
    try:
        stack = [(root, await _entries(session, root))]
    except ReplyError:
        raise refusal from None
    if not stack[0][1]:
        raise refusal
    while stack:
        folder, entries = stack[-1]
        if not entries:
            await session.command("RMD", str(folder))
            stack.pop()
            continue
        entry = entries.pop()
        below = folder / entry.name
        if not entry.is_dir:
            await session.command("DELE", str(below))
        elif await is_removed_as_link(session, below):
            continue
        elif len(stack) > session.options.max_depth:
            raise LocalProtocolError(f"{below} is nested more than {len(stack)} folders deep")
        else:
            stack.append((below, await _entries(session, below)))
            check_tree(session, sum(len(entries) for _, entries in stack))


async def is_removed_as_link(session: Session, path: PurePosixPath) -> bool:
    """Try to remove what looks like a folder as a file.

    MLSD has no type for links. Those that show a link to a folder as a folder (pyftpdlib) would
    have us empty the folder that it leads to.
    """
    reply = await session.exchange("DELE", str(path))
    return reply.is_positive


async def _entries(session: Session, folder: PurePosixPath) -> list[Entry]:
    entries = await Listing(session, folder).collect()
    async for portion in Portions(entries):
        for entry in portion:
            check_name(entry.name)
    return entries
