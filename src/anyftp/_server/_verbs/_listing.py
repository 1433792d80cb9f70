"""LIST, NLST, MLSD, MLST, STAT, SIZE, MDTM: what there is.

A folder goes out in blocks of at least 64 KiB while it is being read; it is never held whole.
The first batch is read before the reply 150, so that a refusal is a plain 550.
"""

from __future__ import annotations

import errno
import fnmatch
import re
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import PurePosixPath

from anyftp._errors import FileSystemError
from anyftp._fs import FileInfo
from anyftp._protocol import Permission, Reply, TransferType, format_epoch, format_unix_lines
from anyftp._server._moving._data import DataConnection
from anyftp._server._refusals import Refused
from anyftp._server._session._session import Session
from anyftp._server._verbs._changes import set_modified
from anyftp._server._verbs._existing import existing
from anyftp._server._verbs._formats import (
    BatchFormat,
    as_facts,
    as_list,
    as_names,
)
from anyftp._server._verbs._request import Request

_BLOCK_BYTES = 65536
_WILD = frozenset("*?[")
_MAX_PATTERN = 255
_TIME = re.compile(r"[0-9]{14}")
#: Lines of STAT, which go over the control connection and are held whole.
_MAX_STAT_LINES = 1000


async def list_(session: Session, request: Request) -> Reply:
    """LIST of a folder, of one file or of the files that a pattern fits."""
    _refuse_recursion(request)
    path = request.path
    return await _send(session, _entries(session, path), as_list(session, time.time()))


async def nlst(session: Session, request: Request) -> Reply:
    """NLST of a folder, of one file or of the files that a pattern fits."""
    _refuse_recursion(request)
    asked = request.row.path_in(request.argument)
    path = request.path
    # Names are given so that they lead to the files from where the client is.
    prefix = "".join(asked.rpartition("/")[:2])
    if asked not in ("", "."):
        info = await existing(session, path)
        if info is not None and info.is_dir:
            prefix = f"{asked.rstrip('/')}/"
    return await _send(session, _entries(session, path), as_names(session, prefix))


def _refuse_recursion(request: Request) -> None:
    """Whoever asks for a whole tree must not take one folder for it."""
    if "R" in request.row.ls_options_in(request.argument):
        raise Refused("504", "-R is not known here, list each folder.")


async def mlsd(session: Session, request: Request) -> Reply:
    """MLSD, of folders only (RFC 3659, 7.2.1)."""
    path = request.path
    try:
        return await _send(session, _shown(session, path), as_facts(session, path))
    except FileSystemError as error:
        if error.errno != errno.ENOTDIR:
            raise
        await session.file_system.stat(path)  # it may be a folder above that is none
        raise Refused("501", f"{path}: not a folder, use MLST.") from error


async def _shown(session: Session, path: PurePosixPath) -> AsyncGenerator[list[FileInfo], None]:
    """The content of a folder, but for what is hidden."""
    hidden = session.options.hidden
    async with aclosing(session.file_system.scan(path)) as batches:
        async for batch in batches:
            yield [info for info in batch if info.name not in hidden] if hidden else batch


async def _entries(session: Session, path: PurePosixPath) -> AsyncGenerator[list[FileInfo], None]:
    """What a path names: the content of a folder, a file, or what fits a pattern."""
    try:
        async with aclosing(_shown(session, path)) as batches:
            async for batch in batches:
                yield batch
        return
    except FileSystemError as error:
        if error.errno not in (errno.ENOTDIR, errno.ENOENT):
            raise
        if error.errno == errno.ENOENT and not _WILD & set(path.name):
            raise
    if _WILD & set(path.name):
        async with aclosing(_fitting(session, path)) as batches:
            async for batch in batches:
                yield batch
    else:
        yield [await session.file_system.stat(path)]


async def _fitting(session: Session, path: PurePosixPath) -> AsyncGenerator[list[FileInfo], None]:
    """The entries that a pattern in the last component fits; ENOENT if there are none.

    Clients of the old school leave `mget *.txt` to the server. As in a shell, names with a dot in
    front fit only patterns with one, so that `mdelete *` takes no `.htaccess` along. Python's
    patterns do not backtrack over their stars, so none takes more than (length of name) x (length
    of pattern).
    """
    if len(path.name) > _MAX_PATTERN:
        raise FileSystemError(errno.ENAMETOOLONG, path)
    session.demand(path.parent, Permission.LIST)
    fits = re.compile(fnmatch.translate(path.name)).match
    names_hidden = path.name.startswith(".")

    def is_meant(name: str) -> bool:
        return fits(name) is not None and (names_hidden or not name.startswith("."))

    has_found = False
    async with aclosing(_shown(session, path.parent)) as batches:
        async for batch in batches:
            found = [info for info in batch if is_meant(info.name)]
            has_found = has_found or bool(found)
            yield found
    if not has_found:
        raise FileSystemError(errno.ENOENT, path)


async def _send(
    session: Session, scan: AsyncGenerator[list[FileInfo], None], as_bytes: BatchFormat
) -> Reply:
    transfer = session.transfer
    assert transfer is not None
    async with aclosing(scan) as batches:
        first: list[FileInfo] = []
        async for first in batches:
            if first:
                break
        async with DataConnection(session, "Here comes the listing.") as connection:
            stream = connection.stream
            block, count = as_bytes(first), len(first)
            _refuse_more(session, count)
            async for batch in batches:
                count += len(batch)
                _refuse_more(session, count)
                if len(block) >= _BLOCK_BYTES:
                    await stream.write(block)
                    transfer.stats.nbytes += len(block)
                    block = b""
                block += as_bytes(batch)
            await stream.write(block)
            transfer.stats.nbytes += len(block)
    # By the count a client knows that no line is missing at the end.
    return Reply("226", (f"Listing complete, {transfer.stats.nbytes} bytes sent.",))


def _refuse_more(session: Session, count: int) -> None:
    limit = session.options.max_listing
    if count > limit:
        raise Refused("451", f"There are more than {limit} entries.")


async def mlst(session: Session, request: Request) -> Reply:
    """MLST: one line of facts, on the control connection."""
    path = request.path
    info = await session.file_system.stat(path)
    lines = session.mlsx.lines([info._replace(name=str(path))], session.permission(path))
    if not lines:
        raise Refused("550", "The name cannot be said.")
    return Reply("250", ("Facts:", f" {lines[0]}", "End."))


async def stat_path(session: Session, request: Request) -> Reply:
    """STAT with a path: as LIST, on the control connection."""
    _refuse_recursion(request)
    path = request.path
    now = time.time()
    lines: list[str] = []
    async with aclosing(_entries(session, path)) as batches:
        async for batch in batches:
            lines += [f" {line}" for line in format_unix_lines(batch, now)]
            if len(lines) > _MAX_STAT_LINES:
                return Reply("450", (f"More than {_MAX_STAT_LINES} entries, use LIST.",))
    return Reply("213", (f"Status of {path}:", *lines, "End of status."))


async def size(session: Session, request: Request) -> Reply:
    """SIZE (RFC 3659, 4): of the file as it would be sent, so only for TYPE I."""
    path = request.path
    if session.state.type_ is TransferType.ASCII:
        return Reply("550", ("SIZE is not known for TYPE A.",))
    return Reply("213", (str((await _regular(session, path)).size),))


async def mdtm(session: Session, request: Request) -> Reply:
    """MDTM (RFC 3659, 3); with a time in front of a path it sets that, as FlashFXP has it.

    A file that has the whole for its name comes first.
    """
    try:
        info = await _regular(session, request.path)
    except FileSystemError as error:
        time, _, name = request.argument.partition(" ")
        if error.errno != errno.ENOENT or not (name and _TIME.fullmatch(time)):
            raise
        await set_modified(session, time, name)
        return Reply("213", (time,))
    return Reply("213", (format_epoch(info.modified),))


async def _regular(session: Session, path: PurePosixPath) -> FileInfo:
    info = await session.file_system.stat(path)
    if not info.is_file:
        raise Refused("550", f"{path}: not a plain file.")
    return info
