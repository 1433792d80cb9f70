"""What can be made to go wrong with a server: refusals, cuts, slowness, a full disk."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import PurePosixPath

from anyftp._errors import ConnectionLost, FileSystemError
from anyftp._fs import MemoryFileSystem, ReadFile, WriteFile


@dataclass(slots=True)
class _Cut:
    """Where transfers break off, and how many more of them."""

    nbytes: int
    times: int | None


class FaultyFiles(MemoryFileSystem):
    """Files in memory whose transfers can be cut short, and whose space can run out."""

    def __init__(self) -> None:
        super().__init__()
        self._cut: _Cut | None = None
        self._space: int | None = None

    def cut_transfers(self, nbytes: int, times: int | None) -> None:
        """Have the next transfers lose both of their connections after this many bytes."""
        if nbytes < 0 or (times is not None and times < 1):
            raise ValueError(
                f"nbytes must be at least 0 and times at least 1, not {nbytes} and {times}"
            )
        self._cut = _Cut(nbytes, times)

    def fill_up(self, nbytes_left: int) -> None:
        """Have room for this many bytes more."""
        if nbytes_left < 0:
            raise ValueError(f"nbytes_left must be at least 0, not {nbytes_left}")
        self._space = nbytes_left

    def heal(self) -> None:
        """Be as good as any."""
        self._cut = self._space = None

    async def open_read(self, path: PurePosixPath, offset: int = 0) -> ReadFile:  # type: ignore[override]  # it wraps one
        file = await super().open_read(path, offset)
        limit = self._take_cut()
        return file if limit is None else _CutReadFile(file, limit)

    async def open_write(  # type: ignore[override]  # it wraps one
        self,
        path: PurePosixPath,
        *,
        offset: int | None = None,
        append: bool = False,
        exclusive: bool = False,
    ) -> WriteFile:
        file = await super().open_write(path, offset=offset, append=append, exclusive=exclusive)
        limit = self._take_cut()
        return _FaultyWriteFile(self, path, file, limit)

    def take_space(self, path: PurePosixPath, nbytes: int) -> None:
        """Use up some of the room that is left.

        Raises:
            FileSystemError: ENOSPC, there is not that much.
        """
        if self._space is not None:
            if nbytes > self._space:
                raise FileSystemError(errno.ENOSPC, path)
            self._space -= nbytes

    def _take_cut(self) -> int | None:
        """After how many bytes the transfer that begins now is cut; None for not at all."""
        cut = self._cut
        if cut is None:
            return None
        if cut.times is not None:
            cut.times -= 1
            if not cut.times:
                self._cut = None
        return cut.nbytes


def _broken() -> ConnectionLost:
    # The server ends the session on this, without a word, and closes both connections.
    return ConnectionLost("cut by a test")


class _CutReadFile(ReadFile):
    def __init__(self, file: ReadFile, limit: int) -> None:
        self._file = file
        self._left = limit
        self.size = file.size
        self.modified = file.modified

    async def readinto(self, buffer: memoryview, /) -> int:
        if not self._left:
            raise _broken()
        nbytes = await self._file.readinto(buffer[: self._left])
        self._left -= nbytes
        return nbytes

    async def aclose(self) -> None:
        await self._file.aclose()


class _FaultyWriteFile(WriteFile):
    def __init__(
        self, files: FaultyFiles, path: PurePosixPath, file: WriteFile, limit: int | None
    ) -> None:
        self._files = files
        self._path = path
        self._file = file
        self._left = limit

    async def write(self, data: memoryview, /) -> None:
        if self._left is not None and len(data) > self._left:
            await self._file.write(data[: self._left])
            raise _broken()
        self._files.take_space(self._path, len(data))
        await self._file.write(data)
        if self._left is not None:
            self._left -= len(data)

    async def commit(self) -> None:
        if self._left is not None:  # the file is shorter: then its confirmation is lost
            raise _broken()
        await self._file.commit()

    async def read_back(self) -> ReadFile:
        return await self._file.read_back()

    async def aclose(self) -> None:
        await self._file.aclose()
