"""Listings, and what is told by one: each line goes through the client's parsers."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from pathlib import PurePosixPath
from typing import Literal

from .._ground._codes import Code
from .._ground._errors import StatusCodeError
from .._ground._listers import AbstractAsyncLister
from ._base_client import BaseClient, RemotePath, pure_path
from ._data_streams import DataConnectionThrottleStreamIO
from ._entries import ListInfo, PathWithInfo

RawCommand = Literal["MLSD", "LIST"]

_UNKNOWN_COMMAND = "50x"
_BLOCK_BYTES = 65536
_MAX_LINE_BYTES = 65536
#: The folder itself and the one above it.
_SELF = ("cdir", "pdir")
_SELF_NAMES = ("", "..")  # those of the paths ".", "/" and ".."


class Lister(AbstractAsyncLister[PathWithInfo]):
    """The entries of a folder. Whoever leaves it early closes its data connection.

    Args:
        client: opens streams and parses lines.
        path: the folder.
        recursive: whether to go on with the folders in it.
        raw_command: use this command only.
    """

    def __init__(
        self,
        client: Listings,
        path: PurePosixPath,
        recursive: bool,
        raw_command: RawCommand | None,
    ) -> None:
        super().__init__(timeout=client.socket_timeout)
        self._client = client
        self._commands: list[RawCommand] = (
            ["MLSD", "LIST"] if raw_command is None else [raw_command]
        )
        self._is_recursive = recursive
        self._folders = deque([path])
        self._folder = path
        self._stream: DataConnectionThrottleStreamIO | None = None
        self._entries: Iterator[PathWithInfo] = iter(())
        self._part = b""
        self._is_mlsd = True

    def __del__(self) -> None:
        if self._stream is not None:
            self._stream.close()

    async def __anext__(self) -> PathWithInfo:
        """The next entry. Cancellation: ends the listing."""
        while True:
            for entry in self._entries:
                return entry
            if not await self._receive():
                raise StopAsyncIteration

    async def _to_list(self) -> list[PathWithInfo]:
        found = list(self._entries)
        while await self._receive():
            found += self._entries
        return found

    async def _receive(self) -> bool:
        """Receive more entries of this folder or of the next one; False after the last."""
        if self._stream is None:
            if not self._folders:
                return False
            self._folder = self._folders.popleft()
            self._stream = await self._open()
        stream = self._stream
        try:
            data = await stream.read(_BLOCK_BYTES)
        except BaseException as error:
            self._stream = None
            await stream.__aexit__(type(error), error, error.__traceback__)
            raise
        if data:
            *whole, self._part = (self._part + data).split(b"\n")
            lines = [line + b"\n" for line in whole]
        else:
            lines, self._part = [self._part] if self._part else [], b""
            self._stream = None
            await stream.finish()
        if len(self._part) > _MAX_LINE_BYTES:
            raise ValueError(f"no line ending within {_MAX_LINE_BYTES} bytes")
        parse = self._client.parse_mlsx_line if self._is_mlsd else self._client.parse_list_line
        below = self._folders if self._is_recursive else None
        self._entries = _parsed(lines, parse, self._folder, below)
        return True

    async def _open(self) -> DataConnectionThrottleStreamIO:
        place = "" if str(self._folder) == "." else f" {self._folder}"
        for command in self._commands:
            if command not in ("MLSD", "LIST"):
                raise ValueError(f"raw_command must be one of MLSD or LIST, but got {command}")
            try:
                stream = await self._client.get_stream(f"{command}{place}", "1xx")
            except StatusCodeError as error:
                is_unknown = error.received_codes[-1].matches(_UNKNOWN_COMMAND)
                if command == self._commands[-1] or not is_unknown:
                    raise
            else:
                self._is_mlsd = command == "MLSD"
                return stream
        raise AssertionError("the last command has raised")


def _parsed(
    lines: Iterable[bytes],
    parse: Callable[[bytes], tuple[PurePosixPath, ListInfo]],
    folder: PurePosixPath,
    below: deque[PurePosixPath] | None,
) -> Iterator[PathWithInfo]:
    """The entries of some lines; folders among them are put into below.

    It does not know the lister, which is to be gone, and its connection closed, once it is left.
    """
    for line in lines:
        try:
            name, info = parse(line)
        except ValueError:  # one odd line, such as "total 3", does not end a listing
            continue
        if name.name in _SELF_NAMES or info.get("type") in _SELF:
            continue
        path = folder / name
        if below is not None and info["type"] == "dir":
            below.append(path)
        yield path, info


class Listings(BaseClient):
    """What can be asked about files and folders; see `Client`."""

    def get_stream(
        self, command: str, expected_codes: str
    ) -> Awaitable[DataConnectionThrottleStreamIO]:
        """Open the data connection of a listing, as the client does that has this part."""
        raise NotImplementedError

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
        return Lister(self, pure_path(path), recursive, raw_command)

    async def stat(self, path: RemotePath) -> ListInfo:
        """Tell about a file or folder.

        Raises:
            StatusCodeError: there is none (550).

        Cancellation: safe.
        """
        path = pure_path(path)
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

    async def make_directory(self, path: RemotePath, *, parents: bool = True) -> None:
        """Make a folder, with parents those above it too. Cancellation: what is made stays."""
        folder = pure_path(path)
        missing: list[PurePosixPath] = []
        while folder.name and not await self.exists(folder):
            missing.append(folder)
            folder = folder.parent
            if not parents:
                break
        for each in reversed(missing):
            await self.command(f"MKD {each}", "257")
