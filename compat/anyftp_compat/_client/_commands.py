"""The client's methods that exchange commands for replies, and listings."""

from __future__ import annotations

from pathlib import PurePosixPath

from .._ground._codes import Code
from .._ground._errors import StatusCodeError
from .._ground._listers import AbstractAsyncLister
from ._data_connections import DataConnections, RemotePath
from ._entries import ListInfo, PathWithInfo
from ._listing import Lister, RawCommand


class Commands(DataConnections):
    """What can be asked of a connected server without moving a file; see `Client`."""

    async def get_current_directory(self) -> PurePosixPath:
        """Ask where we are (PWD). Cancellation: safe."""
        _, info = await self._ask("PWD", "257")
        return self.parse_directory_response(info[-1])

    async def change_directory(self, path: RemotePath = "..") -> None:
        """Go to another folder (CWD, or CDUP for ".."). Cancellation: safe."""
        text = str(PurePosixPath(path))
        await self.command("CDUP" if text == ".." else f"CWD {text}", "2xx")

    async def make_directory(self, path: RemotePath, *, parents: bool = True) -> None:
        """Make a folder, with parents those above it too. Cancellation: what is made stays."""
        folder = PurePosixPath(path)
        missing: list[PurePosixPath] = []
        while folder.name and not await self.exists(folder):
            missing.append(folder)
            folder = folder.parent
            if not parents:
                break
        for each in reversed(missing):
            await self.command(f"MKD {each}", "257")

    async def remove_directory(self, path: RemotePath) -> None:
        """Remove an empty folder (RMD). Cancellation: safe."""
        await self.command(f"RMD {path}", "250")

    def list(
        self,
        path: RemotePath = "",
        *,
        recursive: bool = False,
        raw_command: RawCommand | None = None,
    ) -> AbstractAsyncLister[PathWithInfo]:
        """List a folder: await it for a list of (path, info), or iterate.

        Args:
            recursive: go on with the folders in it.
            raw_command: use this command only.

        Raises:
            StatusCodeError: the folder cannot be listed.
            ValueError: no such raw_command.

        Cancellation: ends the listing.
        """
        if raw_command not in (None, "MLSD", "LIST"):
            raise ValueError(f"raw_command must be one of MLSD or LIST, but got {raw_command}")
        return Lister(self, PurePosixPath(path), recursive, raw_command)

    async def stat(self, path: RemotePath) -> ListInfo:
        """Tell about a file or folder.

        Raises:
            StatusCodeError: there is none (550).

        Cancellation: safe.
        """
        path = PurePosixPath(path)
        try:
            _, lines = await self._ask(f"MLST {path}", "2xx")
        except StatusCodeError as error:
            if not error.received_codes[-1].matches("50x"):
                raise
        else:
            return self.parse_mlsx_line(lines[1].lstrip())[1]
        for found, info in await self.list(path.parent):
            if found.name == path.name:
                return info
        raise StatusCodeError(Code("2xx"), Code("550"), "path does not exist")

    async def is_file(self, path: RemotePath) -> bool:
        """Whether it is a file; StatusCodeError if it does not exist. Cancellation: safe."""
        return (await self.stat(path)).get("type") == "file"

    async def is_dir(self, path: RemotePath) -> bool:
        """Whether it is a folder; StatusCodeError if it does not exist. Cancellation: safe."""
        return (await self.stat(path)).get("type") == "dir"

    async def exists(self, path: RemotePath) -> bool:
        """Whether there is a file or folder. Cancellation: safe."""
        try:
            await self.stat(path)
        except StatusCodeError as error:
            if error.received_codes[-1].matches("550"):
                return False
            raise
        return True

    async def rename(self, source: RemotePath, destination: RemotePath) -> None:
        """Rename or move (RNFR, RNTO). Cancellation: safe."""
        await self.command(f"RNFR {source}", "350")
        await self.command(f"RNTO {destination}", "2xx")

    async def remove_file(self, path: RemotePath) -> None:
        """Remove a file (DELE). Cancellation: safe."""
        await self.command(f"DELE {path}", "2xx")

    async def remove(self, path: RemotePath) -> None:
        """Remove a file, or a folder with everything in it; nothing if there is none.

        Cancellation: safe; what is removed is removed.
        """
        if not await self.exists(path):
            return
        info = await self.stat(path)
        if info["type"] == "file":
            await self.remove_file(path)
        elif info["type"] == "dir":
            for found, facts in await self.list(path):
                if facts["type"] in ("dir", "file"):
                    await self.remove(found)
            await self.remove_directory(path)
