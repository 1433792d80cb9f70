"""Files of an fsspec store, open for reading and on their way into it."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import IO, Any, Protocol

import anyio

from anyftp._errors import FileSystemError
from anyftp._fs._fsspec_store import AT_ONCE, Store
from anyftp._fs._interface import FileInfo, ReadFile, WriteFile


class Tree(Protocol):
    """What an open file needs of its file system."""

    async def move(self, path: PurePosixPath, function: Callable[..., Any], *args: Any) -> Any:
        """Move data in a worker thread."""

    def let_go(self, path: PurePosixPath) -> None:
        """A file that was written in place is closed."""


class FsspecReadFile(ReadFile):
    """A file of a store, or a spooled one, open for reading."""

    def __init__(self, tree: Tree, path: PurePosixPath, file: Any, info: FileInfo) -> None:
        self._tree = tree
        self._path = path
        self._file = file
        self.size = info.size
        self.modified = info.modified

    async def readinto(self, buffer: memoryview, /) -> int:
        nbytes: int = await self._tree.move(self._path, self._readinto, buffer)
        return nbytes

    def _readinto(self, buffer: memoryview) -> int:
        block = self._file.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)

    async def aclose(self) -> None:
        with anyio.CancelScope(shield=True):
            await self._tree.move(self._path, self._file.close)


class _Look:
    """Reads a spooled file from its own position, between writes."""

    def __init__(self, spool: IO[bytes]) -> None:
        self._spool = spool
        self._place = 0

    def read(self, nbytes: int) -> bytes:
        end = self._spool.tell()
        try:
            self._spool.seek(self._place)
            block = self._spool.read(nbytes)
        finally:
            self._spool.seek(end)
        self._place += len(block)
        return block

    def close(self) -> None:
        """The spooled file belongs to its writer."""


class FsspecWriteFile(WriteFile):
    """A file on its way to a store.

    This machine keeps it up to the commit; or only its beginning, where the store can take the rest
    as it comes.
    """

    def __init__(
        self,
        tree: Tree,
        store: Store,
        path: PurePosixPath,
        spool: IO[bytes],
        check: Callable[[FileInfo | None], None],
        *,
        is_in_place: bool = False,
    ) -> None:
        self._tree = tree
        self._store = store
        self._path = path
        self._spool = spool
        self._check = check
        self._is_in_place = is_in_place
        self._upload: Any = None

    async def write(self, data: memoryview, /) -> None:
        self._check_open()
        await self._tree.move(self._path, self._write, data)

    def _write(self, data: memoryview) -> None:
        if self._upload is None and self._store.is_streaming and not self._is_in_place:
            if self._spool.tell() + len(data) <= AT_ONCE:
                self._spool.write(data)
                return
            self._upload = self._store.begin_upload(self._path)
            self._spool.seek(0)
            self._upload.write(self._spool.read())
        (self._spool if self._upload is None else self._upload).write(data)

    async def read_back(self) -> FsspecReadFile:
        self._check_open()
        if self._upload is not None:  # the store shows no parts
            raise FileSystemError(errno.EOPNOTSUPP, self._path)
        size = await self._tree.move(self._path, self._size)
        info = FileInfo(self._path.name, "file", size)
        return FsspecReadFile(self._tree, self._path, _Look(self._spool), info)

    def _size(self) -> int:
        place = self._spool.tell()
        size = self._spool.seek(0, 2)
        self._spool.seek(place)
        return size

    async def commit(self) -> None:
        self._check_open()
        await self._tree.move(self._path, self._commit)

    def _commit(self) -> None:
        if self._upload is None:
            self._store.place(self._path, self._spool, self._size(), self._check)
        else:
            self._store.finish_upload(self._path, self._upload, self._check)
            self._upload = None
        self._close()

    async def aclose(self) -> None:
        upload, self._upload = self._upload, None
        if upload is not None:
            with anyio.CancelScope(shield=True):
                await self._tree.move(self._path, _discard, upload)
        # Closing a temporary file of this machine: not worth a hop.
        self._close()
        await anyio.lowlevel.checkpoint_if_cancelled()

    def _close(self) -> None:
        self._spool.close()
        if self._is_in_place:
            self._is_in_place = False
            self._tree.let_go(self._path)

    def _check_open(self) -> None:
        if self._spool.closed:
            raise FileSystemError(errno.EBADF, self._path)


def _discard(upload: Any) -> None:
    """Have a store forget the parts that it has got."""
    try:
        upload.discard()
    finally:
        upload.closed = True  # or the garbage collector would have it send what is left
