"""The disk as aioftp's server serves it: the core's jail, with a habit of aioftp's."""

from __future__ import annotations

import errno
from pathlib import PurePosixPath

import anyftp


class ServedDisk(anyftp.LocalFileSystem):
    """A folder of the disk; MKD makes those above it as well."""

    async def make_directory(self, path: PurePosixPath) -> None:
        """See the core. Cancellation: as the core's."""
        try:
            await super().make_directory(path)
        except anyftp.FileSystemError as error:
            if error.errno != errno.ENOENT:
                raise
            await self.make_directory(path.parent)
            await super().make_directory(path)
