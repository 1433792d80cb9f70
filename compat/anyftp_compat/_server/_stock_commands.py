"""The server's own commands as methods, so that subclasses may override and call them."""

from __future__ import annotations

import time
from pathlib import Path, PurePosixPath
from stat import filemode
from typing import Any

from .._ground._codes import HALF_OF_YEAR_IN_SECONDS
from .._ground._connection import Connection
from ._user_managers import AvailableConnections


class StockCommands:
    """Methods by which aioftp's server answers verbs; each one has the core do it.

    They return whether the session goes on.
    """

    available_connections: AvailableConnections
    welcome_message: str

    async def _stock(self, verb: str, connection: Connection, rest: Any) -> bool:
        is_open: bool = await connection._perform(verb, str(rest))
        return is_open

    async def greeting(self, connection: Connection, rest: str | PurePosixPath) -> bool:
        """Greet a client who has connected, or send it away."""
        if self.available_connections.locked():
            connection.response("421", "Too many connections")
            return False
        connection.response("220", self.welcome_message)
        self.available_connections.acquire()
        connection.acquired = True
        return True

    async def user(self, connection: Connection, rest: str) -> bool:
        """USER."""
        return await self._stock("USER", connection, rest)

    async def pass_(self, connection: Connection, rest: str) -> bool:
        """PASS."""
        return await self._stock("PASS", connection, rest)

    async def quit(self, connection: Connection, rest: str | PurePosixPath) -> bool:
        """QUIT."""
        return await self._stock("QUIT", connection, rest)

    async def pwd(self, connection: Connection, rest: str | PurePosixPath) -> bool:
        """PWD."""
        return await self._stock("PWD", connection, rest)

    async def cwd(self, connection: Connection, rest: str | PurePosixPath) -> bool:
        """CWD."""
        return await self._stock("CWD", connection, rest)

    async def cdup(self, connection: Connection, rest: str | PurePosixPath) -> bool:
        """CDUP: CWD to the folder above."""
        return await self.cwd(connection, connection.current_directory.parent)

    async def mkd(self, connection: Connection, rest: str | PurePosixPath) -> bool:
        """MKD."""
        return await self._stock("MKD", connection, rest)

    async def rmd(self, connection: Connection, rest: str | PurePosixPath) -> bool:
        """RMD."""
        return await self._stock("RMD", connection, rest)

    async def mlsd(self, connection: Connection, rest: str | PurePosixPath) -> bool:
        """MLSD."""
        return await self._stock("MLSD", connection, rest)

    async def list(self, connection: Connection, rest: str | PurePosixPath) -> bool:
        """LIST."""
        return await self._stock("LIST", connection, rest)

    async def mlst(self, connection: Connection, rest: str | PurePosixPath) -> bool:
        """MLST."""
        return await self._stock("MLST", connection, rest)

    async def rnfr(self, connection: Connection, rest: str | PurePosixPath) -> bool:
        """RNFR."""
        return await self._stock("RNFR", connection, rest)

    async def rnto(self, connection: Connection, rest: str | PurePosixPath) -> bool:
        """RNTO."""
        return await self._stock("RNTO", connection, rest)

    async def dele(self, connection: Connection, rest: str | PurePosixPath) -> bool:
        """DELE."""
        return await self._stock("DELE", connection, rest)

    async def stor(
        self, connection: Connection, rest: str | PurePosixPath, mode: str = "wb"
    ) -> bool:
        """STOR; with mode "ab" as APPE."""
        return await self._stock("APPE" if mode == "ab" else "STOR", connection, rest)

    async def retr(self, connection: Connection, rest: str | PurePosixPath) -> bool:
        """RETR."""
        return await self._stock("RETR", connection, rest)

    async def type(self, connection: Connection, rest: str | PurePosixPath) -> bool:
        """TYPE."""
        return await self._stock("TYPE", connection, rest)

    async def pbsz(self, connection: Connection, rest: str | PurePosixPath) -> bool:
        """PBSZ."""
        return await self._stock("PBSZ", connection, rest)

    async def prot(self, connection: Connection, rest: str | PurePosixPath) -> bool:
        """PROT."""
        return await self._stock("PROT", connection, rest)

    async def pasv(self, connection: Connection, rest: str | PurePosixPath) -> bool:
        """PASV."""
        return await self._stock("PASV", connection, rest)

    async def epsv(self, connection: Connection, rest: str | PurePosixPath) -> bool:
        """EPSV."""
        return await self._stock("EPSV", connection, rest)

    async def abor(self, connection: Connection, rest: str | PurePosixPath) -> bool:
        """ABOR."""
        return await self._stock("ABOR", connection, rest)

    async def appe(self, connection: Connection, rest: str | PurePosixPath) -> bool:
        """APPE: STOR at the end."""
        return await self.stor(connection, rest, "ab")

    async def rest(self, connection: Connection, rest: str) -> bool:
        """REST."""
        return await self._stock("REST", connection, rest)

    async def syst(self, connection: Connection, rest: str) -> bool:
        """SYST."""
        return await self._stock("SYST", connection, rest)

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
        present = time.time() if now is None else now
        moment = time.localtime(_bounded(st_mtime))
        month = _MONTHS[moment.tm_mon - 1]
        if present - HALF_OF_YEAR_IN_SECONDS < st_mtime <= present:
            return f"{month} {moment.tm_mday:2} {moment.tm_hour:02}:{moment.tm_min:02}"
        return f"{month} {moment.tm_mday:2}  {moment.tm_year}"

    async def build_list_string(self, connection: Connection, path: PurePosixPath) -> str:
        """A line of LIST for a path outside."""
        found = await connection.path_io.stat(path)
        when = self.build_list_mtime(found.st_mtime)
        columns = (filemode(found.st_mode), found.st_nlink, "none", "none", found.st_size, when)
        return " ".join(map(str, (*columns, path.name)))

    async def build_mlsx_string(self, connection: Connection, path: Path) -> str:
        """A line of MLSD for a path outside."""
        path_io = connection.path_io
        found = await path_io.stat(path)
        kind = "file" if await path_io.is_file(path) else "unknown"
        if kind == "unknown" and await path_io.is_dir(path):
            kind = "dir"
        facts = {
            "Size": found.st_size,
            "Create": _stamp(found.st_ctime),
            "Modify": _stamp(found.st_mtime),
            "Type": kind,
        }
        return "".join(f"{name}={value};" for name, value in facts.items()) + f" {path.name}"


def _bounded(seconds: float) -> float:
    """The nearest time within the years 1 to 9999: others would spoil the listing of a folder."""
    return max(_FIRST, min(seconds, _LAST))


def _stamp(seconds: float) -> str:
    moment = time.gmtime(_bounded(seconds))
    return f"{moment.tm_year:04}" + "".join(f"{part:02}" for part in moment[1:6])


def _inside(base: Any, virtual: PurePosixPath) -> Any:
    """Where a path leads below a folder.

    On Windows a backslash separates names and a drive would lead elsewhere: names are taken apart
    there, and put behind the folder as text, so that nothing in them leads out of it.
    """
    if isinstance(base, PurePosixPath):
        return base / virtual.relative_to("/")
    names = str(virtual).replace("\\", "/").split("/")
    inside = [name for name in names if name not in ("", ".", "..")]
    return type(base)("\\".join([str(base).rstrip("\\"), *inside]))


#: The first and the last second of the years 1 and 9999, which MLSD and clients can say.
_FIRST, _LAST = -62135596800, 253402300799
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

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
