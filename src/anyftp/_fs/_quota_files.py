"""Files that are written under a quota: each block is set aside before it is written."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Protocol

from anyftp._fs._interface import ReadFile, WriteFile


class Quota(Protocol):
    """What a file asks of the quota that it is written under; see `QuotaFileSystem`."""

    async def reserve(
        self, path: PurePosixPath, nbytes: int, *, nfiles: int = 0, credit: int = 0
    ) -> None:
        """Set something aside. Cancellation: safe; nothing is."""

    async def release(self, nbytes: int, nfiles: int) -> None:
        """Give back what was set aside. Cancellation: done nonetheless."""

    async def commit_new(self, new: NewFile, *, is_cut: bool) -> None:
        """Commit a new file. Cancellation: as the file's own."""

    async def commit_grown(
        self, file: WriteFile, path: PurePosixPath, identity: str, nbytes: int, size: int
    ) -> None:
        """Commit a file that was written in place. Cancellation: as the file's own."""

    def let_go(self, identity: str) -> None:
        """A file that was written in place is closed."""

    def forget(self, new: NewFile) -> None:
        """A new file is closed."""


class QuotaWriteFile(WriteFile):
    """A file that is written under a quota.

    Attributes:
        quota: what it is written in.
        file: the one that is written.
        path: where it is, or will be.
        nbytes: set aside for it.
        nfiles: set aside for it.
    """

    def __init__(self, quota: Quota, file: WriteFile, path: PurePosixPath, nfiles: int) -> None:
        self.quota = quota
        self.file = file
        self.path = path
        self.nbytes = 0
        self.nfiles = nfiles
        self._is_open = True

    async def read_back(self) -> ReadFile:
        return await self.file.read_back()

    async def aclose(self) -> None:
        """See `WriteFile.aclose`. Cancellation: done nonetheless."""
        try:
            await self.file.aclose()
        finally:
            if self.end():
                await self.quota.release(self.nbytes, self.nfiles)

    def end(self) -> bool:
        """Nothing more is written; whether that was not so before."""
        was_open, self._is_open = self._is_open, False
        return was_open


class NewFile(QuotaWriteFile):
    """A file that is written from its beginning.

    Attributes:
        places: where its commit may put it: its path, and where its folder was moved meanwhile.

    Args:
        credit: bytes of what it is to replace.
    """

    def __init__(
        self,
        quota: Quota,
        file: WriteFile,
        path: PurePosixPath,
        nfiles: int,
        *,
        credit: int,
    ) -> None:
        super().__init__(quota, file, path, nfiles)
        self.places: list[PurePosixPath] = [path]
        self._credit = credit
        self._is_cut = False

    async def write(self, data: memoryview, /) -> None:
        """See `WriteFile.write`. Raises EDQUOT before anything beyond the quota is written."""
        await self.quota.reserve(self.path, data.nbytes, credit=self._credit)
        self.nbytes += data.nbytes
        self._is_cut = True
        await self.file.write(data)
        self._is_cut = False

    async def commit(self) -> None:
        """See `WriteFile.commit`. Cancellation: as there."""
        await self.quota.commit_new(self, is_cut=self._is_cut)
        self.end()

    def end(self) -> bool:
        self.quota.forget(self)
        return super().end()


class LengthenedFile(QuotaWriteFile):
    """A file that is written in place.

    Args:
        start: where in it writing begins.
        old_size: how many bytes of it count already.
        identity: which file it is, under any name.
    """

    def __init__(
        self,
        quota: Quota,
        file: WriteFile,
        path: PurePosixPath,
        start: int,
        old_size: int,
        identity: str,
    ) -> None:
        super().__init__(quota, file, path, 0)
        self._position = start
        self._size = old_size
        self._identity = identity

    async def write(self, data: memoryview, /) -> None:
        """See `WriteFile.write`. Raises EDQUOT before anything beyond the quota is written."""
        end = self._position + data.nbytes
        growth = max(0, end - self._size)
        await self.quota.reserve(self.path, growth)
        self.nbytes += growth
        self._size += growth
        self._position = end
        await self.file.write(data)

    async def commit(self) -> None:
        """See `WriteFile.commit`. Cancellation: as there."""
        await self.quota.commit_grown(self.file, self.path, self._identity, self.nbytes, self._size)
        self.end()

    def end(self) -> bool:
        if self._is_open:
            self.quota.let_go(self._identity)
        return super().end()
