"""A file system that holds no more than so many bytes and files.

Theory: what is used is what committed files and folders take, as a store keeps it. What uploads
under way have written comes on top, in this process's memory, so that several at once cannot pass
the limit together. A block that would pass it is refused before it is written. Commits, removals
and renames happen one at a time, each between looking at what was there and telling the store of
the difference; an upload that breaks off has changed nothing.
"""

from __future__ import annotations

import errno
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import PurePosixPath
from typing import NamedTuple

import anyio

from anyftp._errors import FileSystemError
from anyftp._fs._interface import Ability, FileInfo, FileSystem, ReadFile, WriteFile

#: Seconds that a store may take to note a change that has happened already.
_NOTE_SECONDS = 10.0


class Usage(NamedTuple):
    """What is used.

    Attributes:
        nbytes: of all files together.
        nfiles: how many files and folders there are, the root left out.
    """

    nbytes: int
    nfiles: int


class QuotaStore(ABC):
    """Keeps what is used; to be implemented to keep it elsewhere, for several servers perhaps."""

    @abstractmethod
    async def usage(self) -> Usage:
        """What is used now. Cancellation: must be safe."""

    @abstractmethod
    async def change(self, nbytes: int, nfiles: int) -> None:
        """Add what has come, negative for what has gone. Cancellation: must be safe."""


class CountedUsage(QuotaStore):
    """Counts once what a file system holds, then adds and subtracts."""

    def __init__(self, file_system: FileSystem) -> None:
        self._file_system = file_system
        self._usage: Usage | None = None

    async def usage(self) -> Usage:
        """See `QuotaStore.usage`. Cancellation: safe."""
        if self._usage is None:
            self._usage = await _count(self._file_system)
        return self._usage

    async def change(self, nbytes: int, nfiles: int) -> None:
        """See `QuotaStore.change`. Cancellation: safe."""
        if self._usage is not None:
            self._usage = Usage(self._usage.nbytes + nbytes, self._usage.nfiles + nfiles)


class QuotaFileSystem(FileSystem):
    """A file system with a quota; beyond it, EDQUOT (reply 552).

    Give the same object to all who share the quota.

    Args:
        file_system: what is limited.
        max_bytes: of all files together; None for no limit. A file that takes another's place
            may be as large as what is free and the other one.
        max_files: files and folders; None for no limit.
        store: keeps what is used; by default it is counted at the first upload. Links count as
            the files that they lead to.
    """

    def __init__(
        self,
        file_system: FileSystem,
        *,
        max_bytes: int | None = None,
        max_files: int | None = None,
        store: QuotaStore | None = None,
    ) -> None:
        self._inner = file_system
        self._max_bytes = max_bytes
        self._max_files = max_files
        self._store = store or CountedUsage(file_system)
        self._used = Usage(0, 0)
        self._pending_bytes = 0
        self._pending_files = 0
        self._changing = anyio.Lock()

    def __repr__(self) -> str:
        limits = f"max_bytes={self._max_bytes}, max_files={self._max_files}"
        return f"{type(self).__name__}({self._inner!r}, {limits})"

    async def usage(self) -> Usage:
        """What is used now, uploads under way left out. Cancellation: safe."""
        async with self._changing:
            return await self._look()

    @property
    def abilities(self) -> Ability:
        return self._inner.abilities

    async def stat(self, path: PurePosixPath) -> FileInfo:
        return await self._inner.stat(path)

    async def scan(self, path: PurePosixPath) -> AsyncGenerator[list[FileInfo], None]:
        async with aclosing(self._inner.scan(path)) as batches:
            async for batch in batches:
                yield batch

    async def open_read(self, path: PurePosixPath, offset: int = 0) -> ReadFile:
        return await self._inner.open_read(path, offset)

    async def open_write(
        self,
        path: PurePosixPath,
        *,
        offset: int | None = None,
        append: bool = False,
        exclusive: bool = False,
    ) -> WriteFile:
        async with self._changing:
            await self._look()
            old = await self._size(path)
            self.reserve(path, 0, nfiles=0 if old is not None else 1)
        try:
            file = await self._inner.open_write(
                path, offset=offset, append=append, exclusive=exclusive
            )
        except BaseException:
            self.release(0, 0 if old is not None else 1)
            raise
        start = offset if offset is not None else (old or 0) if append else None
        return QuotaWriteFile(self, file, path, old, start)

    async def make_directory(self, path: PurePosixPath) -> None:
        async with self._changing:
            await self._look()
            self.reserve(path, 0, nfiles=1)
            try:
                await self._inner.make_directory(path)
            finally:
                self.release(0, 1)
            await self._note(0, 1)

    async def remove_directory(self, path: PurePosixPath) -> None:
        async with self._changing:
            await self._inner.remove_directory(path)
            await self._note(0, -1)

    async def remove_file(self, path: PurePosixPath) -> None:
        async with self._changing:
            old = await self._size(path)
            await self._inner.remove_file(path)
            await self._note(-(old or 0), -1)

    async def rename(self, source: PurePosixPath, destination: PurePosixPath) -> None:
        async with self._changing:
            replaced = None if source == destination else await self._size(destination)
            await self._inner.rename(source, destination)
            if replaced is not None:
                await self._note(-replaced, -1)

    async def set_modified(self, path: PurePosixPath, seconds: float) -> None:
        await self._inner.set_modified(path, seconds)

    async def chmod(self, path: PurePosixPath, mode: int) -> None:
        await self._inner.chmod(path, mode)

    async def space_left(self, path: PurePosixPath) -> int:
        left = None if self._max_bytes is None else self._max_bytes - self._pending_bytes
        if left is None:
            return await self._inner.space_left(path)
        left = max(0, left - (await self.usage()).nbytes)
        try:
            return min(left, await self._inner.space_left(path))
        except FileSystemError as error:
            if error.errno != errno.EOPNOTSUPP:
                raise
            return left

    def reserve(
        self, path: PurePosixPath, nbytes: int, *, nfiles: int = 0, credit: int = 0
    ) -> None:
        """Set something aside for an upload.

        Args:
            credit: bytes that will be free once the upload is committed.

        Raises:
            FileSystemError: EDQUOT; nothing is set aside.
        """
        all_bytes = self._used.nbytes + self._pending_bytes + nbytes - credit
        all_files = self._used.nfiles + self._pending_files + nfiles
        too_large = nbytes and self._max_bytes is not None and all_bytes > self._max_bytes
        too_many = nfiles and self._max_files is not None and all_files > self._max_files
        if too_large or too_many:
            raise FileSystemError(errno.EDQUOT, path)
        self._pending_bytes += nbytes
        self._pending_files += nfiles

    def release(self, nbytes: int, nfiles: int) -> None:
        """Give back what was set aside."""
        self._pending_bytes -= nbytes
        self._pending_files -= nfiles

    async def commit_new(self, file: WriteFile, path: PurePosixPath, nbytes: int) -> None:
        """Commit a new file of nbytes, in place of what has the name by now.

        Cancellation: as the file's own commit; the note is made all the same.
        """
        async with self._changing:
            old = await self._size(path)
            await file.commit()
            await self._note(nbytes - (old or 0), 0 if old is not None else 1)

    async def commit_grown(self, file: WriteFile, nbytes: int, nfiles: int) -> None:
        """Commit a file that was written in place and is larger by nbytes.

        Cancellation: as the file's own commit; the note is made all the same.
        """
        async with self._changing:
            await file.commit()
            await self._note(nbytes, nfiles)

    async def _look(self) -> Usage:
        self._used = await self._store.usage()
        return self._used

    async def _note(self, nbytes: int, nfiles: int) -> None:
        with anyio.move_on_after(_NOTE_SECONDS, shield=True):
            await self._store.change(nbytes, nfiles)
            await self._look()

    async def _size(self, path: PurePosixPath) -> int | None:
        """Bytes of the file at a path, 0 for a folder; None if there is nothing."""
        try:
            info = await self._inner.stat(path)
        except FileSystemError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTDIR):
                raise
            return None
        return info.size if info.is_file else 0


class QuotaWriteFile(WriteFile):
    """A file that is written under a quota.

    Args:
        old: bytes of the file that had the name when it was opened; None if there was none.
        start: where in it writing begins; None for a new file.
    """

    def __init__(
        self,
        quota: QuotaFileSystem,
        file: WriteFile,
        path: PurePosixPath,
        old: int | None,
        start: int | None,
    ) -> None:
        self._quota = quota
        self._file = file
        self._path = path
        self._credit = (old or 0) if start is None else 0
        self._is_new = start is None
        self._position = start or 0
        self._size = 0 if start is None else old or 0
        self._nfiles = 0 if old is not None else 1
        self._reserved = 0
        self._is_released = False

    async def write(self, data: memoryview, /) -> None:
        """See `WriteFile.write`. Raises EDQUOT before anything beyond the quota is written."""
        end = self._position + data.nbytes
        growth = max(0, end - self._size)
        self._quota.reserve(self._path, growth, credit=self._credit)
        self._reserved += growth
        self._size += growth
        self._position = end
        await self._file.write(data)

    async def read_back(self) -> ReadFile:
        return await self._file.read_back()

    async def commit(self) -> None:
        """See `WriteFile.commit`. Cancellation: as there."""
        if self._is_new:
            await self._quota.commit_new(self._file, self._path, self._size)
        else:
            await self._quota.commit_grown(self._file, self._reserved, self._nfiles)
        self._release()

    async def aclose(self) -> None:
        """See `WriteFile.aclose`. Cancellation: done nonetheless."""
        self._release()
        await self._file.aclose()

    def _release(self) -> None:
        if not self._is_released:
            self._is_released = True
            self._quota.release(self._reserved, self._nfiles)


async def _count(file_system: FileSystem) -> Usage:
    """Add up a tree; folders that cannot be read are left out."""
    nbytes, nfiles = 0, 0
    folders = [PurePosixPath("/")]
    while folders:
        folder = folders.pop()
        try:
            async with aclosing(file_system.scan(folder)) as batches:
                async for batch in batches:
                    for info in batch:
                        nfiles += 1
                        nbytes += await _bytes_of(file_system, folder / info.name, info)
                        if info.is_dir:
                            folders.append(folder / info.name)
        except FileSystemError:
            continue
    return Usage(nbytes, nfiles)


async def _bytes_of(file_system: FileSystem, path: PurePosixPath, info: FileInfo) -> int:
    if info.type == "link":
        try:
            info = await file_system.stat(path)
        except FileSystemError:
            return 0
    return info.size if info.is_file else 0
