"""A disk that takes names for one that differ in case, in how accents are written, or in a dot."""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from pathlib import PurePosixPath

from anyftp import FileInfo, MemoryFileSystem
from anyftp._fs import ForwardingFileSystem


def as_apfs(name: str) -> str:
    """By macOS: neither case nor the form of accents counts."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())


def as_fat(name: str) -> str:
    """By FAT and NTFS as Windows has them: capitals count, dots and blanks at the end do not."""
    return name.upper().rstrip(". ") or name


class FoldingFileSystem(ForwardingFileSystem):
    """Files in memory; a name leads to what was made under any like it, and is listed as made.

    Args:
        key: what names have in common that are one here.
        numbers: tell which file it is; some disks number what they find at each name anew.
    """

    def __init__(self, key: Callable[[str], str], *, numbers: bool = True) -> None:
        self.tree = MemoryFileSystem()
        super().__init__(self.tree)
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

    def _at(
        self, path: PurePosixPath, method: str
    ) -> AbstractAsyncContextManager[PurePosixPath, None]:
        return nullcontext(self.real(path))

    async def stat(self, path: PurePosixPath) -> FileInfo:
        return self._seen(await super().stat(path))

    async def scan(self, path: PurePosixPath) -> AsyncGenerator[list[FileInfo], None]:
        async with aclosing(super().scan(path)) as batches:
            async for batch in batches:
                yield [self._seen(info) for info in batch]
