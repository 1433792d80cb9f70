"""RETR, STOR, STOU, APPE, ABOR: files.

An upload counts when its data connection has ended cleanly and the file is committed; until then
nothing has changed under the file's name. The file is opened before the reply 150, so that most
refusals come before any data.
"""

from __future__ import annotations

import errno
import secrets
from pathlib import PurePosixPath

from anyftp._errors import FileSystemError
from anyftp._fs import AsciiReader, AsciiWriter, WriteFile
from anyftp._protocol import ByteRange, Permission, Reply, TransferType
from anyftp._server._moving._data import DataConnection
from anyftp._server._moving._ranges import RangeReader, RangeWriter
from anyftp._server._moving._uploads import inspect, partly_kept
from anyftp._server._refusals import Refused, beyond_end
from anyftp._server._session._session import Session
from anyftp._server._verbs._existing import existing
from anyftp._server._verbs._request import Request
from anyftp._streams import ReadableFile, WritableFile, copy_to_file

_UNIQUE_TRIES = 10


async def retr(session: Session, request: Request) -> Reply:
    """RETR."""
    path = request.path
    offset, part = _take_place(session)
    transfer = session.transfer
    assert transfer is not None
    try:
        file = await session.file_system.open_read(path, offset)
    except FileSystemError as error:
        raise beyond_end(error, offset) from error
    try:
        text: AsciiReader | None = None
        source: ReadableFile = file if part is None else RangeReader(file, part.nbytes)
        what = f"{path} ({file.size} bytes)"
        if session.state.type_ is TransferType.ASCII:
            source = text = AsciiReader(source)
            what = f"{path}"
        left = file.size - offset
        async with DataConnection(session, f"Sending {what}.") as connection:
            await connection.send(source, transfer)
            read = transfer.stats.nbytes if text is None else text.nbytes
            if read < (left if part is None else min(left, part.nbytes)):
                raise Refused("451", f"{path}: the file has become shorter while it was sent.")
    finally:
        await file.aclose()
    return Reply("226", (f"{transfer.stats.nbytes} bytes sent.",))


async def stor(session: Session, request: Request) -> Reply:
    """STOR; after REST and RANG it writes into the existing file."""
    path = request.path
    offset, part = _take_place(session)
    if offset or (part is not None and await existing(session, path) is not None):
        file = await _open_at(session, path, offset)
        return await _receive(session, path, file, part)
    rights = session.permission(path)
    if not Permission.CREATE & rights and await existing(session, path) is None:
        raise Refused("550", f"{path}: you may not make new files.")
    is_exclusive = not Permission.OVERWRITE & rights
    file = await session.file_system.open_write(path, exclusive=is_exclusive)
    return await _receive(session, path, file, part)


async def appe(session: Session, request: Request) -> Reply:
    """APPE: behind what is there, which leaves nothing for REST and RANG to say."""
    path = request.path
    _refuse_place(session, "APPE")
    return await _receive(session, path, await open_to_append(session, path))


def _refuse_place(session: Session, verb: str) -> None:
    if _take_place(session) != (0, None):
        raise Refused("554", f"{verb} takes no REST and no RANG.")


async def open_to_append(session: Session, path: PurePosixPath) -> WriteFile:
    """Open a file to lengthen it, a new one if there is none.

    Raises:
        Refused: the user lacks the right to do one or the other.

    Cancellation: safe; no file stays open.
    """
    needed = Permission.CREATE | Permission.APPEND
    if session.permission(path) & needed != needed:
        exists = await existing(session, path) is not None
        session.demand(path, Permission.APPEND if exists else Permission.CREATE)
    return await session.file_system.open_write(path, append=True)


async def stou(session: Session, request: Request) -> Reply:
    """STOU: under a name that nobody has, and nobody can guess."""
    _refuse_place(session, "STOU")
    wanted = request.path
    info = await existing(session, wanted)
    if not wanted.name or (info is not None and info.is_dir):
        wanted /= "upload"
    for _ in range(_UNIQUE_TRIES):
        # What programs go by is the end of a name.
        path = wanted.with_name(f"{wanted.stem}.{secrets.token_hex(6)}{wanted.suffix}")
        session.demand(path, Permission.CREATE)
        try:
            file = await session.file_system.open_write(path, exclusive=True)
        except FileSystemError as error:
            if error.errno != errno.EEXIST:
                raise
            continue
        if session.transfer is not None:
            session.transfer.path = str(path)
        # The form of RFC 1123, 4.1.2.9; and at the end the one that old clients look for.
        announcement = f"FILE: {path.name}"
        return await _receive(
            session,
            path,
            file,
            announcement=announcement,
            remark=f" (unique file name: {path.name})",
        )
    raise Refused("450", "No unique name was found.")


async def _open_at(session: Session, path: PurePosixPath, offset: int) -> WriteFile:
    session.demand(path, Permission.APPEND)
    may_change = Permission.OVERWRITE & session.permission(path)
    try:
        if not may_change and (await session.file_system.stat(path)).size != offset:
            raise Refused("550", f"{path}: you may lengthen it, not change it.")
        return await session.file_system.open_write(path, offset=offset)
    except FileSystemError as error:
        raise beyond_end(error, offset) from error


async def _receive(
    session: Session,
    path: PurePosixPath,
    file: WriteFile,
    part: ByteRange | None = None,
    *,
    announcement: str = "",
    remark: str = "",
) -> Reply:
    transfer = session.transfer
    assert transfer is not None
    async with file:
        async with partly_kept(session, file):
            await _receive_into(
                session,
                file if part is None else RangeWriter(file, part.nbytes),
                announcement or f"Receiving {path}.",
            )
        await inspect(session, path, file, session.options.on_upload)
        await file.commit()
    return Reply("226", (f"{transfer.stats.nbytes} bytes received.{remark}",))


async def _receive_into(session: Session, target: WritableFile, announcement: str) -> None:
    transfer = session.transfer
    assert transfer is not None
    async with DataConnection(session, announcement) as connection:
        if session.state.type_ is TransferType.ASCII:
            converted = AsciiWriter(target)
            await copy_to_file(connection.stream, converted, stats=transfer.stats)
            await converted.end()
        else:
            await copy_to_file(connection.stream, target, stats=transfer.stats)
    if session.control.has_ended and not session.ending.has_quit:
        # A client that was killed: its system has closed both connections, this one first.
        raise Refused("426", "The client is gone, transfer aborted.")


async def abor(session: Session, request: Request) -> Reply:
    """ABOR; a transfer under way has been cancelled, answered with 426 and is gone by now."""
    session.use_port(None)
    return Reply("226", ("Nothing is being transferred any more.",))


def _take_place(session: Session) -> tuple[int, ByteRange | None]:
    """Where in the file the transfer begins, and which part of it is meant if not the rest."""
    offset, part = session.state.take_offset(), session.state.take_range()
    if part is not None:
        offset = part.start
    if (offset or part) and session.state.type_ is TransferType.ASCII:
        raise Refused("554", "REST and RANG need TYPE I.")
    return offset, part
