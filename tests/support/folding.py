"""A disk that takes names for one that differ in case, in how accents are written, or in a dot."""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncGenerator, Callable
from pathlib import PurePosixPath
from typing import Any

from anyftp import FileInfo, FileSystem, MemoryFileSystem


def as_apfs(name: str) -> str:
    """By macOS: neither case nor the form of accents counts."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())


def as_fat(name: str) -> str:
    """By FAT and NTFS as Windows has them: capitals count, dots and blanks at the end do not."""
    return name.upper().rstrip(". ") or name


class FoldingFileSystem(FileSystem):
    """Files in memory; a name leads to what was made under any like it, and is listed as made.

    Args:
        key: what names have in common that are one here.
        numbers: tell which file it is; some disks number what they find at each name anew.
    """

    def __init__(self, key: Callable[[str], str], *, numbers: bool = True) -> None:
        self.tree = MemoryFileSystem()
        self._key = key
        self._numbers = numbers

    def real(self, path: PurePosixPath) -> PurePosixPath:
        """A path as it was made; what is new in it, as it is given."""
        found = PurePosixPath("/")
        for name in path.parts[1:]:
            try:
                names = self.tree.names(found)
            except OSError:
                names = []
            found /= next((each for each in names if self._key(each) == self._key(name)), name)
        return found

    def _seen(self, info: FileInfo) -> FileInfo:
        return info if self._numbers else info._replace(unique="")

    async def stat(self, path: PurePosixPath) -> FileInfo:
        return self._seen(await self.tree.stat(self.real(path)))

    async def scan(self, path: PurePosixPath) -> AsyncGenerator[list[FileInfo], None]:
        async for batch in self.tree.scan(self.real(path)):
            yield [self._seen(info) for info in batch]

    async def open_read(self, path: PurePosixPath, offset: int = 0) -> Any:
        return await self.tree.open_read(self.real(path), offset)

    async def open_write(self, path: PurePosixPath, **how: Any) -> Any:
        return await self.tree.open_write(self.real(path), **how)

    async def make_directory(self, path: PurePosixPath) -> None:
        await self.tree.make_directory(self.real(path))

    async def remove_directory(self, path: PurePosixPath) -> None:
        await self.tree.remove_directory(self.real(path))

    async def remove_file(self, path: PurePosixPath) -> None:
        await self.tree.remove_file(self.real(path))

    async def rename(self, source: PurePosixPath, destination: PurePosixPath) -> None:
        await self.tree.rename(self.real(source), self.real(destination))

    async def rename_exclusive(self, source: PurePosixPath, destination: PurePosixPath) -> None:
        await self.tree.rename_exclusive(self.real(source), self.real(destination))

    async def set_modified(self, path: PurePosixPath, seconds: float) -> None:
        await self.tree.set_modified(self.real(path), seconds)

    async def chmod(self, path: PurePosixPath, mode: int) -> None:
        await self.tree.chmod(self.real(path), mode)
