"""`Client.list` and `Client.stat` in aioftp's terms."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import PurePosixPath
from typing import Literal

import anyftp

from .._ground._errors import StatusCodeError
from .._ground._listers import AbstractAsyncLister
from .._ground._translation import translated_errors
from ._data_connections import DataConnections
from ._entries import PathWithInfo, describe, is_dot

RawCommand = Literal["MLSD", "LIST"]

_UNKNOWN_COMMAND = "50x"


class CoreLister(AbstractAsyncLister[PathWithInfo]):
    """The entries of a folder, as the core lists and parses them."""

    def __init__(self, client: DataConnections, listing: anyftp.Listing) -> None:
        super().__init__(timeout=client.socket_timeout)
        self._listing = listing
        self._entries: AsyncIterator[anyftp.Entry] | None = None

    async def __anext__(self) -> PathWithInfo:
        """The next entry. Cancellation: ends the listing."""
        if self._entries is None:
            self._entries = aiter(self._listing)
        with translated_errors():
            while True:
                entry = await anext(self._entries)
                if not is_dot(entry):
                    return entry.path, describe(entry)

    async def _to_list(self) -> list[PathWithInfo]:
        with translated_errors("1xx"):
            entries = await self._listing
        return [(entry.path, describe(entry)) for entry in entries if not is_dot(entry)]


class ParsingLister(AbstractAsyncLister[PathWithInfo]):
    """The entries of a folder, each line of it parsed by methods that the user has overridden.

    Args:
        client: has those methods.
        path: the folder.
        recursive: whether to go on with the folders in it.
        raw_command: use this command only.
    """

    def __init__(
        self,
        client: DataConnections,
        path: PurePosixPath,
        recursive: bool,
        raw_command: RawCommand | None,
    ) -> None:
        super().__init__(timeout=client.socket_timeout)
        self._client = client
        self._raw_command = raw_command
        self._is_recursive = recursive
        self._folders = deque([path])
        self._folder = path
        self._lines: AsyncIterator[bytes] | None = None
        self._is_mlsd = True
        self._stack = AsyncExitStack()

    async def __anext__(self) -> PathWithInfo:
        """The next entry. Cancellation: ends the listing."""
        while True:
            if self._lines is None:
                if not self._folders:
                    raise StopAsyncIteration
                self._folder = self._folders.popleft()
                await self._open()
            assert self._lines is not None
            async for line in self._lines:
                name, info = self._parse(line)
                if str(name) in (".", "..") or info.get("type") in ("cdir", "pdir"):
                    continue
                path = self._folder / name
                if self._is_recursive and info["type"] == "dir":
                    self._folders.append(path)
                return path, info
            self._lines = None
            await self._stack.aclose()

    def _parse(self, line: bytes) -> PathWithInfo:
        parse = self._client.parse_mlsx_line if self._is_mlsd else self._client.parse_list_line
        parsed: PathWithInfo = parse(line)
        return parsed

    async def _open(self) -> None:
        commands: list[RawCommand] = [self._raw_command] if self._raw_command else ["MLSD", "LIST"]
        for command in commands:
            line = f"{command} {self._folder}" if str(self._folder) != "." else command
            try:
                stream = await self._stack.enter_async_context(self._client.get_stream(line, "1xx"))
            except StatusCodeError as error:
                is_unknown = error.received_codes[-1].matches(_UNKNOWN_COMMAND)
                if command == commands[-1] or not is_unknown:
                    raise
            else:
                self._is_mlsd = command == "MLSD"
                self._lines = aiter(stream.iter_by_line())
                return
