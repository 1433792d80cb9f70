"""LIST, MLSD and MLST in lines of aioftp's, sent as a file system gives its names.

Where the disk is served and nobody has written lines of their own, the core says what is there:
its jail shows nothing of what lies outside. A link is shown as what it leads to.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import PurePath, PurePosixPath

import anyftp

from .._ground._codes import DEFAULT_BLOCK_SIZE, END_OF_LINE
from .._ground._connection import Connection
from ._lines import facts_line, list_line, without_options
from ._replies import reply_of
from ._served_disk import DiskInfo
from ._served_files import translated_path_errors
from ._session_connection import connection_of
from ._state import ServerState
from ._stock_commands import StockCommands

BuildLine = Callable[[Connection, PurePath], Awaitable[str]]

#: Seconds for which lines are gathered before they are sent.
_PATIENCE_SECONDS = 0.01

#: A name that holds one of these is not shown: it would be taken for another line.
_FORGES_LINES = frozenset("\r\n\0")

_BUILDERS = {"LIST": "build_list_string", "MLSD": "build_mlsx_string", "MLST": "build_mlsx_string"}


async def answer(
    server: ServerState, verb: str, session: anyftp.Session, argument: str
) -> anyftp.Reply | None:
    """Answer one of them. Cancellation: closes the data connection."""
    path = session.resolve(argument if verb == "MLST" else without_options(argument))
    info = await session.file_system.stat(path)  # whatever leads out of the user's folder ends here
    session.demand(path, anyftp.Permission.LIST)
    lines: AsyncIterator[str]
    if server.serves_disk and _is_stock(server, _BUILDERS[verb], "build_list_mtime"):
        lines = _lines_of_disk(session.file_system, verb, path, info)
    else:
        lines = _lines(server, connection_of(server, session), verb, path)
    if verb == "MLST":
        return reply_of("250", ["start", *[line async for line in lines], "end"], is_list=True)
    async with server.core.data_connection(session, f"{verb.lower()} transfer started") as stream:
        await _send(lines, stream)
    return anyftp.Reply("226", (f"{verb.lower()} transfer done",))


def _is_stock(server: ServerState, *names: str) -> bool:
    mine = [getattr(server, name) for name in names]
    return all(
        getattr(each, "__func__", each) is getattr(StockCommands, name)
        for each, name in zip(mine, names, strict=True)
    )


async def _lines(
    server: ServerState, connection: Connection, verb: str, path: PurePosixPath
) -> AsyncIterator[str]:
    """What the methods of the server make of what its file system gives."""
    build: BuildLine = getattr(server, _BUILDERS[verb])
    real = server.get_paths(connection, path)[0]
    with translated_path_errors(path):
        if verb == "MLST":
            yield await build(connection, real)
            return
        async for found in connection.path_io.list(real):
            if verb == "MLSD" or await connection.path_io.exists(found):
                yield await build(connection, found)


async def _lines_of_disk(
    disk: anyftp.FileSystem, verb: str, path: PurePosixPath, info: anyftp.FileInfo
) -> AsyncIterator[str]:
    """The same lines, by the core's way to look at a folder."""
    if verb == "MLST":
        yield _facts(info)
    elif info.is_dir:
        async for batch in disk.scan(path):
            for each in batch:
                found = await _target(disk, path, each) if each.type == "link" else each
                if verb == "MLSD":
                    yield _facts(found) if found else facts_line(each.name)
                elif found is not None:
                    yield _ls(found)


async def _target(
    disk: anyftp.FileSystem, folder: PurePosixPath, link: anyftp.FileInfo
) -> anyftp.FileInfo | None:
    """What a link leads to; None if that is nothing, or outside."""
    try:
        return await disk.stat(folder / link.name)
    except anyftp.FileSystemError:
        return None


def _ls(info: anyftp.FileInfo) -> str:
    assert isinstance(info, DiskInfo)
    when = StockCommands.build_list_mtime(info.status.st_mtime)
    return list_line(info.name, info.status, when)


def _facts(info: anyftp.FileInfo) -> str:
    assert isinstance(info, DiskInfo)
    return facts_line(info.name, info.type, info.status)


async def _send(lines: AsyncIterator[str], stream: anyftp.ThrottleStreamIO) -> None:
    clock = asyncio.get_running_loop().time
    gathered, since = bytearray(), clock()
    async for line in lines:
        if not _FORGES_LINES.isdisjoint(line):
            continue
        gathered += (line + END_OF_LINE).encode("utf-8", "surrogateescape")
        now = clock()
        if len(gathered) >= DEFAULT_BLOCK_SIZE or now - since >= _PATIENCE_SECONDS:
            await stream.write(gathered)
            gathered, since = bytearray(), now
    await stream.write(gathered)
