"""Rights behind links: what a user may do at a path by a link, it must be allowed at its end too.

A rule about a folder is about what is in it, whatever leads there. So files are acted on where the
links of a path end, by the rights that the user has at both places. A file system without links
is used as it is, and so is any by whom may do the same everywhere.
"""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import PurePosixPath

from anyftp._errors import FileSystemError
from anyftp._fs import FileInfo, FileSystem, ForwardingFileSystem, WriteFile
from anyftp._protocol import Permission
from anyftp._server._users._users import User


def within_rights(file_system: FileSystem, user: User) -> FileSystem:
    """What a user sees of a file system whose rights vary, links no way around them."""
    has_links = type(file_system).real_path is not FileSystem.real_path
    return LinkedFileSystem(file_system, user) if has_links else file_system


#: The rights one of which each method needs where a path leads, and whether a link at its end is
#: followed.
_NEEDED = {
    "stat": (Permission.ALL, True),
    "scan": (Permission.LIST, True),
    "open_read": (Permission.READ, True),
    "open_write": (Permission.WRITE, True),
    "make_directory": (Permission.MAKE_DIRECTORY, False),
    "remove_directory": (Permission.DELETE, False),
    "remove_file": (Permission.DELETE, False),
    "rename": (Permission.RENAME, False),
    "rename_exclusive": (Permission.RENAME, False),
    "set_modified": (Permission.ATTRIBUTES, True),
    "chmod": (Permission.ATTRIBUTES, True),
    "space_left": (Permission.ALL, True),
}


class LinkedFileSystem(ForwardingFileSystem):
    """A file system whose links are followed to where the user may go."""

    def __init__(self, inner: FileSystem, user: User) -> None:
        super().__init__(inner)
        self._user = user

    async def stat(self, path: PurePosixPath) -> FileInfo:
        return (await super().stat(path))._replace(name=path.name or "/")

    async def open_write(
        self,
        path: PurePosixPath,
        *,
        offset: int | None = None,
        append: bool = False,
        exclusive: bool = False,
    ) -> WriteFile:
        async with self._with_rights(path, "open_write") as (real, rights):
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

    async def rename(self, source: PurePosixPath, destination: PurePosixPath) -> None:
        async with (
            self._at(source, "rename") as old,
            self._with_rights(destination, "rename") as (new, rights),
        ):
            if Permission.OVERWRITE & rights:
                await self._inner.rename(old, new)
            else:
                await self._inner.rename_exclusive(old, new)

    @asynccontextmanager
    async def _at(self, path: PurePosixPath, method: str) -> AsyncIterator[PurePosixPath]:
        async with self._with_rights(path, method) as (real, _):
            yield real

    @asynccontextmanager
    async def _with_rights(
        self, path: PurePosixPath, method: str
    ) -> AsyncIterator[tuple[PurePosixPath, Permission]]:
        """Where a path leads, if the user has one of the rights needed there, and its rights.

        At the path itself they have been asked for. Errors name it, not where it leads.
        """
        needed, follow = _NEEDED[method]
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
