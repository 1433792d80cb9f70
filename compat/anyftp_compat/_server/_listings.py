"""LIST, MLSD and MLST in lines of aioftp's, sent as a file system gives its names.

Where the disk is served and nobody has written lines of their own the core does it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import PurePosixPath
from typing import Any

import anyftp

from .._ground._codes import DEFAULT_BLOCK_SIZE, END_OF_LINE
from .._ground._connection import Connection
from ._replies import reply_of
from ._served_files import translated_path_errors
from ._session_connection import connection_of
from ._state import ServerState
from ._stock_commands import StockCommands

BuildLine = Callable[[Connection, Any], Awaitable[str]]

#: Seconds for which lines are gathered before they are sent.
_PATIENCE_SECONDS = 0.01


async def answer(
    server: ServerState, verb: str, session: anyftp.Session, argument: str
) -> anyftp.Reply | None:
    """Answer one of them. Cancellation: closes the data connection."""
    if verb == "NLST":
        return await server.core.perform(session, verb, argument)
    path = session.resolve(argument if verb == "MLST" else _without_options(argument))
    info = await session.file_system.stat(path)  # whatever leads out of the user's folder ends here
    is_core = server.serves_disk and _is_stock(server, verb)
    if is_core and (info.is_dir or verb == "MLST"):
        return await server.core.perform(session, verb, argument)
    session.demand(path, anyftp.Permission.LIST)
    connection = connection_of(server, session)
    real: Any = server.get_paths(connection, path)[0]
    build = server.build_list_string if verb == "LIST" else server.build_mlsx_string
    if verb == "MLST":
        with translated_path_errors(path):
            return reply_of("250", ["start", await build(connection, real), "end"], is_list=True)
    async with server.core.data_connection(session, f"{verb.lower()} transfer started") as stream:
        await _send(connection, real, path, build, stream)
    return anyftp.Reply("226", (f"{verb.lower()} transfer done",))


def _is_stock(server: ServerState, verb: str) -> bool:
    name = "build_list_string" if verb == "LIST" else "build_mlsx_string"
    return getattr(getattr(server, name), "__func__", None) is getattr(StockCommands, name)


async def _send(
    connection: Connection,
    real: Any,
    path: PurePosixPath,
    build: BuildLine,
    stream: anyftp.ThrottleStreamIO,
) -> None:
    clock = asyncio.get_running_loop().time
    gathered, since = bytearray(), clock()
    with translated_path_errors(path):
        async for found in connection.path_io.list(real):
            line = await build(connection, found) + END_OF_LINE
            gathered += line.encode("utf-8", "surrogateescape")
            now = clock()
            if len(gathered) >= DEFAULT_BLOCK_SIZE or now - since >= _PATIENCE_SECONDS:
                await stream.write(gathered)
                gathered, since = bytearray(), now
    await stream.write(gathered)


def _without_options(argument: str) -> str:
    """Drop what clients pass on to `ls`: "-la", "-a path"."""
    words = argument.lstrip(" ")
    while words.startswith("-"):
        words = words.partition(" ")[2].lstrip(" ")
    return words if words != argument.lstrip(" ") else argument
