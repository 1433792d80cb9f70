"""An upload as the function that `on_upload` names sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath

from anyftp._fs import ReadFile, WriteFile


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that has come whole and does not count yet.

    Attributes:
        path: where it will be.
        nbytes: how many bytes have come; after REST or with APPE, fewer than the file has.
    """

    path: PurePosixPath
    nbytes: int
    _file: WriteFile = field(repr=False)

    async def open(self) -> ReadFile:
        """Open the whole file for reading, as it would be.

        Raises:
            FileSystemError: EOPNOTSUPP where the file system cannot do that.

        Cancellation: safe; no file stays open.
        """
        return await self._file.read_back()
