"""A place in a file of this machine that is being written, beside others: what a segment writes."""

from __future__ import annotations

import errno
import os
from pathlib import PurePosixPath

from anyio import CapacityLimiter

from anyftp._errors import FileSystemError
from anyftp._fs._worker import SHARED, DiskWorkers


class PartFile:
    """A place in a file that is being written, beside others."""

    def __init__(self, path: PurePosixPath | str, fd: int, workers: DiskWorkers = SHARED) -> None:
        self._path = path
        self._fd = fd
        self._workers = workers

    @property
    def limiter(self) -> CapacityLimiter:
        """What the threads count with that copy to the descriptor."""
        return self._workers.limiter()

    def fileno(self) -> int:
        """A descriptor whose position is where writing goes on, for the kernel to copy to."""
        return self._fd

    def as_file_error(self, error: OSError) -> FileSystemError:
        """What to say when who was given the descriptor has failed with it."""
        return FileSystemError(error.errno or errno.EIO, self._path)

    @property
    def position(self) -> int:
        """Where in the file writing goes on."""
        return os.lseek(self._fd, 0, os.SEEK_CUR)

    async def write(self, data: memoryview, /) -> None:
        """Write all of data. Cancellation: how much was written is not known."""
        await self._workers.run(self._path, _write_all, self._fd, data)

    def close(self) -> None:
        """Let go of the place; the file stays open elsewhere, so that nothing is flushed here."""
        os.close(self._fd)


def _write_all(fd: int, data: memoryview) -> None:
    while data:
        data = data[os.write(fd, data) :]
