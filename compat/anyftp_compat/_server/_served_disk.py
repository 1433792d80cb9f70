"""The disk as aioftp's server serves it: the core's jail, with three habits of aioftp's."""

from __future__ import annotations

import errno
import os
from pathlib import PurePosixPath
from typing import Any

import anyftp


def refuse_unless_file(info: anyftp.FileInfo, path: PurePosixPath) -> None:
    """DELE is for files, and for links to one."""
    if info.type != "file":
        raise anyftp.FileSystemError(errno.EISDIR if info.is_dir else errno.EPERM, path)


class DiskInfo(anyftp.FileInfo):
    """Knows all that the disk has told."""

    status: os.stat_result

    def _replace(self, **changes: Any) -> DiskInfo:
        info = DiskInfo._make(anyftp.FileInfo(*self)._replace(**changes))
        info.status = self.status
        return info


class ServedDisk(anyftp.LocalFileSystem):
    """A folder of the disk; MKD makes those above it as well, REST may lie beyond a file's end.

    A link whose target is gone, or is a folder, is no file to delete.
    """

    def describe(self, name: str, status: os.stat_result) -> anyftp.FileInfo:
        info = DiskInfo._make(super().describe(name, status))
        info.status = status
        return info

    async def real_path(self, path: PurePosixPath, *, follow: bool = True) -> PurePosixPath:
        """See the core; folders above may be missing, for MKD makes them. Cancellation: safe."""
        try:
            return await super().real_path(path, follow=follow)
        except anyftp.FileSystemError as error:
            if error.errno != errno.ENOENT or path == path.parent:
                raise
        return await self.real_path(path.parent) / path.name

    async def make_directory(self, path: PurePosixPath) -> None:
        try:
            await super().make_directory(path)
        except anyftp.FileSystemError as error:
            if error.errno != errno.ENOENT:
                raise
            await self.make_directory(path.parent)
            await super().make_directory(path)

    async def remove_file(self, path: PurePosixPath) -> None:
        try:
            refuse_unless_file(await self.stat(path), path)
        except anyftp.FileSystemError as error:
            if error.errno != errno.EACCES:  # where a link leads out nobody looks
                raise
        await super().remove_file(path)

    async def open_write(
        self,
        path: PurePosixPath,
        *,
        offset: int | None = None,
        append: bool = False,
        exclusive: bool = False,
    ) -> Any:  # the core's own class of files
        options = {"append": append, "exclusive": exclusive}
        try:
            return await super().open_write(path, offset=offset, **options)
        except anyftp.FileSystemError as error:
            if error.errno != errno.EINVAL or offset is None:
                raise
        size = (await self.stat(path)).size
        async with await super().open_write(path, offset=size) as file:
            descriptor = file.fileno()
            if descriptor is None:
                raise anyftp.FileSystemError(errno.EINVAL, path)
            os.ftruncate(descriptor, offset)  # a gap takes no place and reads as zeros
        return await super().open_write(path, offset=offset, **options)
