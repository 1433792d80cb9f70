"""File systems that are another one, but for something: the rest is forwarded in one place.

What a method does at a path is done at the path that `_at` gives, within the context that it is. So
a file system whose paths lead elsewhere, or whose every call is to be within something, says that
once; and one that changes what a method does overrides that method, and no other.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from pathlib import PurePosixPath

from anyftp._fs._interface import Ability, FileInfo, FileSystem, ReadFile, WriteFile


class ForwardingFileSystem(FileSystem):
    """Does what another file system does.

    Args:
        inner: the other one.
    """

    def __init__(self, inner: FileSystem) -> None:
        self._inner = inner

    def _at(
        self, path: PurePosixPath, method: str
    ) -> AbstractAsyncContextManager[PurePosixPath, bool | None]:
        """Where a path lies in the other file system, for as long as a method acts there.

        Args:
            method: its name. Both paths of a rename are asked for, and none by `real_path`.
        """
        return nullcontext(path)

    @property
    def abilities(self) -> Ability:
        return self._inner.abilities

    async def real_path(self, path: PurePosixPath, *, follow: bool = True) -> PurePosixPath:
        return await self._inner.real_path(path, follow=follow)

    async def sweep(self) -> None:
        await self._inner.sweep()

    async def stat(self, path: PurePosixPath) -> FileInfo:
        async with self._at(path, "stat") as real:
            return await self._inner.stat(real)

    async def scan(self, path: PurePosixPath) -> AsyncGenerator[list[FileInfo], None]:
        async with self._at(path, "scan") as real, aclosing(self._inner.scan(real)) as batches:
            async for batch in batches:
                yield batch

    async def open_read(self, path: PurePosixPath, offset: int = 0) -> ReadFile:
        async with self._at(path, "open_read") as real:
            return await self._inner.open_read(real, offset)

    async def open_write(
        self,
        path: PurePosixPath,
        *,
        offset: int | None = None,
        append: bool = False,
        exclusive: bool = False,
    ) -> WriteFile:
        async with self._at(path, "open_write") as real:
            return await self._inner.open_write(
                real, offset=offset, append=append, exclusive=exclusive
            )

    async def make_directory(self, path: PurePosixPath) -> None:
        async with self._at(path, "make_directory") as real:
            await self._inner.make_directory(real)

    async def remove_directory(self, path: PurePosixPath) -> None:
        async with self._at(path, "remove_directory") as real:
            await self._inner.remove_directory(real)

    async def remove_file(self, path: PurePosixPath) -> None:
        async with self._at(path, "remove_file") as real:
            await self._inner.remove_file(real)

    async def rename(self, source: PurePosixPath, destination: PurePosixPath) -> None:
        async with self._at(source, "rename") as old, self._at(destination, "rename") as new:
            await self._inner.rename(old, new)

    async def rename_exclusive(self, source: PurePosixPath, destination: PurePosixPath) -> None:
        async with (
            self._at(source, "rename_exclusive") as old,
            self._at(destination, "rename_exclusive") as new,
        ):
            await self._inner.rename_exclusive(old, new)

    async def set_modified(self, path: PurePosixPath, seconds: float) -> None:
        async with self._at(path, "set_modified") as real:
            await self._inner.set_modified(real, seconds)

    async def chmod(self, path: PurePosixPath, mode: int) -> None:
        async with self._at(path, "chmod") as real:
            await self._inner.chmod(real, mode)

    async def space_left(self, path: PurePosixPath) -> int:
        async with self._at(path, "space_left") as real:
            return await self._inner.space_left(real)
