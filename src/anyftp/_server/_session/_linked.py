"""Rights behind links: what a user may do at a path by a link, it must be allowed at its end too.

A rule about a folder is about what is in it, whatever leads there. So files are acted on where the
links of a path end, by the rights that the user has at both places. A file system without links
is used as it is, and so is any by whom may do the same everywhere.
"""

from __future__ import annotations

import errno
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import PurePosixPath

from anyftp._errors import FileSystemError
from anyftp._fs import Ability, FileInfo, FileSystem, ReadFile, WriteFile
from anyftp._protocol import Permission
from anyftp._server._users._users import User


def within_rights(file_system: FileSystem, user: User) -> FileSystem:
    """What a user sees of a file system whose rights vary, links no way around them."""
    has_links = type(file_system).real_path is not FileSystem.real_path
    return LinkedFileSystem(file_system, user) if has_links else file_system


class LinkedFileSystem(FileSystem):
    """A file system whose links are followed to where the user may go."""

    def __init__(self, inner: FileSystem, user: User) -> None:
        self._inner = inner
        self._user = user

    @property
    def abilities(self) -> Ability:
        return self._inner.abilities

    async def real_path(self, path: PurePosixPath, *, follow: bool = True) -> PurePosixPath:
        return await self._inner.real_path(path, follow=follow)

    async def stat(self, path: PurePosixPath) -> FileInfo:
        async with self._at(path, Permission.ALL) as (real, _):
            info = await self._inner.stat(real)
        return info._replace(name=path.name or "/")

    async def scan(self, path: PurePosixPath) -> AsyncGenerator[list[FileInfo], None]:
        async with (
            self._at(path, Permission.LIST) as (real, _),
            aclosing(self._inner.scan(real)) as batches,
        ):
            async for batch in batches:
                yield batch

    async def open_read(self, path: PurePosixPath, offset: int = 0) -> ReadFile:
        async with self._at(path, Permission.READ) as (real, _):
            return await self._inner.open_read(real, offset)

    async def open_write(
        self,
        path: PurePosixPath,
        *,
        offset: int | None = None,
        append: bool = False,
        exclusive: bool = False,
    ) -> WriteFile:
        async with self._at(path, Permission.WRITE) as (real, rights):
            if real != path:
                await self._demand_to_write(path, real, rights, offset, append)
                # Nobody may replace what was made meanwhile, unless it may replace at all.
                exclusive |= offset is None and not (append or Permission.OVERWRITE & rights)
            return await self._inner.open_write(
                real, offset=offset, append=append, exclusive=exclusive
            )

    async def _demand_to_write(
        self,
        path: PurePosixPath,
        real: PurePosixPath,
        rights: Permission,
        offset: int | None,
        append: bool,
    ) -> None:
        if not await self._exists(real):
            needed = Permission.CREATE
        elif offset is not None:
            needed = Permission.APPEND | Permission.OVERWRITE
        else:
            needed = Permission.APPEND if append else Permission.OVERWRITE
        if needed & ~rights:
            raise FileSystemError(errno.EACCES, path)

    async def _exists(self, real: PurePosixPath) -> bool:
        try:
            await self._inner.stat(real)
        except FileSystemError as error:
            if error.errno != errno.ENOENT:
                raise
            return False
        return True

    async def make_directory(self, path: PurePosixPath) -> None:
        async with self._at(path, Permission.MAKE_DIRECTORY, follow=False) as (real, _):
            await self._inner.make_directory(real)

    async def remove_directory(self, path: PurePosixPath) -> None:
        async with self._at(path, Permission.DELETE, follow=False) as (real, _):
            await self._inner.remove_directory(real)

    async def remove_file(self, path: PurePosixPath) -> None:
        async with self._at(path, Permission.DELETE, follow=False) as (real, _):
            await self._inner.remove_file(real)

    async def rename(self, source: PurePosixPath, destination: PurePosixPath) -> None:
        async with (
            self._at(source, Permission.RENAME, follow=False) as (old, _),
            self._at(destination, Permission.RENAME, follow=False) as (new, rights),
        ):
            if Permission.OVERWRITE & rights:
                await self._inner.rename(old, new)
            else:
                await self._inner.rename_exclusive(old, new)

    async def rename_exclusive(self, source: PurePosixPath, destination: PurePosixPath) -> None:
        async with (
            self._at(source, Permission.RENAME, follow=False) as (old, _),
            self._at(destination, Permission.RENAME, follow=False) as (new, _),
        ):
            await self._inner.rename_exclusive(old, new)

    async def set_modified(self, path: PurePosixPath, seconds: float) -> None:
        async with self._at(path, Permission.ATTRIBUTES) as (real, _):
            await self._inner.set_modified(real, seconds)

    async def chmod(self, path: PurePosixPath, mode: int) -> None:
        async with self._at(path, Permission.ATTRIBUTES) as (real, _):
            await self._inner.chmod(real, mode)

    async def space_left(self, path: PurePosixPath) -> int:
        async with self._at(path, Permission.ALL) as (real, _):
            return await self._inner.space_left(real)

    async def sweep(self) -> None:
        await self._inner.sweep()

    @asynccontextmanager
    async def _at(
        self, path: PurePosixPath, needed: Permission, *, follow: bool = True
    ) -> AsyncIterator[tuple[PurePosixPath, Permission]]:
        """Where a path leads, if the user has one of the rights needed there, and its rights.

        At the path itself they have been asked for. Errors name it, not where it leads.
        """
        real = await self._inner.real_path(path, follow=follow)
        if real == path:
            yield path, Permission.ALL
            return
        rights = self._user.allowed(real)
        if not needed & rights:
            raise FileSystemError(errno.EACCES, path)
        try:
            yield real, rights
        except FileSystemError as error:
            raise FileSystemError(error.errno or errno.EIO, path) from error
