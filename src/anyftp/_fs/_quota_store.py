"""Where it is kept how much of a quota is used."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from pathlib import PurePosixPath
from typing import NamedTuple

import anyio

from anyftp._errors import FileSystemError
from anyftp._fs._interface import FileInfo, FileSystem


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


class SharedQuotaStore(QuotaStore):
    """Keeps what uploads under way have written as well, so that servers together stay within.

    What is set aside by a process that ends, however it ends, counts no longer.
    """

    @abstractmethod
    def changing(self) -> AbstractAsyncContextManager[None]:
        """One at a time, of all processes, is inside of this: it looks, changes, and tells."""

    @abstractmethod
    async def taken(self) -> Usage:
        """What is used and set aside, together. Cancellation: must be safe."""

    @abstractmethod
    async def reserve(
        self, nbytes: int, nfiles: int, *, max_bytes: int | None, max_files: int | None
    ) -> bool:
        """Set something aside, if with that all together is no more than max_bytes and max_files.

        Returns:
            Whether it is.

        Cancellation: must be safe; nothing is set aside then.
        """

    @abstractmethod
    async def settle(self, used: Usage, freed: Usage) -> None:
        """In one step, add what has come and give back what was set aside.

        Cancellation: must be safe.
        """


class AloneStore(SharedQuotaStore):
    """Keeps in this process's memory what is set aside, and in a plain store what is used."""

    def __init__(self, store: QuotaStore) -> None:
        self._store = store
        self._used = Usage(0, 0)
        self._pending = Usage(0, 0)
        self._lock = anyio.Lock()

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[None]:
        async with self._lock:
            self._used = await self._store.usage()
            yield

    async def usage(self) -> Usage:
        self._used = await self._store.usage()
        return self._used

    async def change(self, nbytes: int, nfiles: int) -> None:
        await self._store.change(nbytes, nfiles)

    async def taken(self) -> Usage:
        used = await self.usage()
        return Usage(used.nbytes + self._pending.nbytes, used.nfiles + self._pending.nfiles)

    async def reserve(
        self, nbytes: int, nfiles: int, *, max_bytes: int | None, max_files: int | None
    ) -> bool:
        pending = Usage(self._pending.nbytes + nbytes, self._pending.nfiles + nfiles)
        if max_bytes is not None and self._used.nbytes + pending.nbytes > max_bytes:
            return False
        if max_files is not None and self._used.nfiles + pending.nfiles > max_files:
            return False
        self._pending = pending
        return True

    async def settle(self, used: Usage, freed: Usage) -> None:
        self._pending = Usage(
            self._pending.nbytes - freed.nbytes, self._pending.nfiles - freed.nfiles
        )
        if any(used):
            await self._store.change(*used)
            self._used = await self._store.usage()


class CountedUsage(QuotaStore):
    """Counts once what a file system holds, then adds and subtracts."""

    def __init__(self, file_system: FileSystem) -> None:
        self._file_system = file_system
        self._usage: Usage | None = None

    async def usage(self) -> Usage:
        """See `QuotaStore.usage`. Cancellation: safe."""
        if self._usage is None:
            self._usage = await count_usage(self._file_system)
        return self._usage

    async def change(self, nbytes: int, nfiles: int) -> None:
        """See `QuotaStore.change`. Cancellation: safe."""
        if self._usage is not None:
            self._usage = Usage(self._usage.nbytes + nbytes, self._usage.nfiles + nfiles)


async def count_usage(file_system: FileSystem) -> Usage:
    """Add up a tree; folders that cannot be read are left out. Cancellation: safe."""
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
