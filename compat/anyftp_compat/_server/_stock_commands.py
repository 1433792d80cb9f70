"""The server's methods that subclasses may override and call: its commands, how it speaks."""

from __future__ import annotations

import asyncio
import time
import warnings
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path, PurePath, PurePosixPath
from typing import Any, ClassVar, TypeAlias, TypeVar

from .._ground._codes import END_OF_LINE
from .._ground._connection import Connection
from .._streams._stream import StreamIO
from ._lines import facts_line, list_line, list_time
from ._replies import reply_of
from ._user_managers import AvailableConnections

Command: TypeAlias = Callable[["StockCommands", Connection, str | PurePosixPath], Awaitable[bool]]

_Path = TypeVar("_Path", bound=PurePath)


async def _perform(verb: str, connection: Connection, rest: object) -> bool:
    is_open: bool = await connection._perform(verb, str(rest))
    return is_open


def _stock(verb: str) -> Command:
    async def method(
        self: StockCommands, connection: Connection, rest: str | PurePosixPath
    ) -> bool:
        return await _perform(verb, connection, rest)

    method.__doc__ = f"{verb}."
    method.__name__ = verb.lower()
    return method


class StockCommands:
    """Methods by which aioftp's server answers verbs; each one has the core do it.

    They return whether the session goes on.
    """

    available_connections: AvailableConnections
    welcome_message: str
    encoding: str

    user: ClassVar[Command] = _stock("USER")
    pass_: ClassVar[Command] = _stock("PASS")
    quit: ClassVar[Command] = _stock("QUIT")
    pwd: ClassVar[Command] = _stock("PWD")
    cwd: ClassVar[Command] = _stock("CWD")
    mkd: ClassVar[Command] = _stock("MKD")
    rmd: ClassVar[Command] = _stock("RMD")
    mlsd: ClassVar[Command] = _stock("MLSD")
    list: ClassVar[Command] = _stock("LIST")
    mlst: ClassVar[Command] = _stock("MLST")
    rnfr: ClassVar[Command] = _stock("RNFR")
    rnto: ClassVar[Command] = _stock("RNTO")
    dele: ClassVar[Command] = _stock("DELE")
    retr: ClassVar[Command] = _stock("RETR")
    type: ClassVar[Command] = _stock("TYPE")
    pbsz: ClassVar[Command] = _stock("PBSZ")
    prot: ClassVar[Command] = _stock("PROT")
    pasv: ClassVar[Command] = _stock("PASV")
    epsv: ClassVar[Command] = _stock("EPSV")
    abor: ClassVar[Command] = _stock("ABOR")
    rest: ClassVar[Command] = _stock("REST")
    syst: ClassVar[Command] = _stock("SYST")

    async def greeting(self, connection: Connection, rest: str | PurePosixPath) -> bool:
        """Greet a client who has connected, or send it away."""
        if self.available_connections.locked():
            connection.response("421", "Too many connections")
            return False
        connection.response("220", self.welcome_message)
        self.available_connections.acquire()
        connection.acquired = True
        return True

    async def cdup(self, connection: Connection, rest: str | PurePosixPath) -> bool:
        """CDUP: CWD to the folder above."""
        return await self.cwd(connection, connection.current_directory.parent)

    async def stor(
        self, connection: Connection, rest: str | PurePosixPath, mode: str = "wb"
    ) -> bool:
        """STOR; with mode "ab" as APPE."""
        return await _perform("APPE" if mode == "ab" else "STOR", connection, rest)

    async def appe(self, connection: Connection, rest: str | PurePosixPath) -> bool:
        """APPE: STOR at the end."""
        return await self.stor(connection, rest, "ab")

    @staticmethod
    def get_paths(connection: Connection, path: str | PurePosixPath) -> tuple[Path, PurePosixPath]:
        """Where a path in a command leads: outside, and as the client sees it."""
        asked = PurePosixPath(path)
        if not asked.is_absolute():
            asked = connection.current_directory / asked
        virtual = PurePosixPath("/")
        for part in asked.parts[1:]:
            virtual = virtual.parent if part == ".." else virtual / part
        return _inside(connection.user.base_path, virtual), virtual

    @staticmethod
    def build_list_mtime(st_mtime: float, now: float | None = None) -> str:
        """A time as `ls` prints it: with the hour if it is less than half a year ago."""
        return list_time(st_mtime, time.time() if now is None else now)

    async def build_list_string(self, connection: Connection, path: PurePosixPath) -> str:
        """A line of LIST for a path outside."""
        found = await connection.path_io.stat(path)
        when = self.build_list_mtime(found.st_mtime)
        return list_line(path.name, found, when)

    async def build_mlsx_string(self, connection: Connection, path: Path) -> str:
        """A line of MLSD for a path outside."""
        path_io = connection.path_io
        if not await path_io.exists(path):
            return facts_line(path.name)
        kind = "file" if await path_io.is_file(path) else "unknown"
        if kind == "unknown" and await path_io.is_dir(path):
            kind = "dir"
        return facts_line(path.name, kind, await path_io.stat(path))

    async def dispatcher(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Not to be called here: the core runs the sessions."""
        raise NotImplementedError("sessions are run by anyftp's server")

    async def write_line(self, stream: StreamIO, line: str) -> None:
        """Write a line to a stream. Cancellation: breaks the stream."""
        await stream.write((line + END_OF_LINE).encode(self.encoding, "surrogateescape"))

    async def write_response(
        self, stream: StreamIO, code: str, lines: str | Sequence[str] = "", list: bool = False
    ) -> None:
        """Write a reply to a stream. Cancellation: breaks the stream."""
        reply = reply_of(code, lines, list).encode("utf-8").decode("utf-8", "surrogateescape")
        for line in reply.removesuffix(END_OF_LINE).split(END_OF_LINE):
            await self.write_line(stream, line)

    async def response_writer(self, stream: StreamIO, response_queue: asyncio.Queue[Any]) -> None:
        """Write replies from a queue until cancelled. Cancellation: ends it."""
        while True:
            arguments = await response_queue.get()
            try:
                await self.write_response(stream, *arguments)
            finally:
                response_queue.task_done()

    async def parse_command(
        self, stream: StreamIO, censor_commands: tuple[str] = ("pass",)
    ) -> tuple[str, str]:
        """Read a command from a stream: its verb in lower case, and the rest.

        Raises:
            ConnectionResetError: the client is gone.

        Cancellation: safe.
        """
        line = await stream.readline()
        if not line:
            raise ConnectionResetError
        verb, _, rest = line.decode(self.encoding).rstrip().partition(" ")
        return verb.lower(), rest


def _inside(base: _Path, virtual: PurePosixPath) -> _Path:
    """Where a path leads below a folder.

    On Windows a backslash separates names and a drive would lead elsewhere: names are taken apart
    there, and put behind the folder as text, so that nothing in them leads out of it.
    """
    if isinstance(base, PurePosixPath):
        return base / virtual.relative_to("/")
    names = str(virtual).replace("\\", "/").split("/")
    inside = [name for name in names if name not in ("", ".", "..")]
    return type(base)("\\".join([str(base).rstrip("\\"), *inside]))


#: Commands that call another's method: whoever replaces that one replaces both.
CALLERS = {"appe": "stor", "cdup": "cwd"}

#: aioftp's names for verbs, and the methods that answer them.
METHODS = {
    name: {"pass": "pass_"}.get(name, name)
    for name in (
        *("abor", "appe", "cdup", "cwd", "dele", "epsv", "list", "mkd", "mlsd", "mlst", "pass"),
        *("pasv", "pbsz", "prot", "pwd", "quit", "rest", "retr", "rmd", "rnfr", "rnto", "stor"),
        *("syst", "type", "user"),
    )
}

#: Called by nobody: the core runs sessions in their place.
_DEAD = ("dispatcher", "response_writer")


def warn_of_dead_hooks(server: StockCommands) -> None:
    """Say of overridden methods that nobody calls them."""
    for name in _DEAD:
        if getattr(type(server), name) is not getattr(StockCommands, name):
            warnings.warn(
                f"{type(server).__name__}.{name} is never called: anyftp runs the sessions",
                RuntimeWarning,
                stacklevel=3,
            )
