"""Where it is kept how much of a quota is used."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import aclosing
from pathlib import PurePosixPath
from typing import NamedTuple

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
