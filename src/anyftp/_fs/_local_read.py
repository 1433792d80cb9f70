"""Files of this machine that are being read.

Each hop to a worker thread counts for small files: one of up to 64 KiB is read whole in the hop
that opens it.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import PurePosixPath

from anyio import CapacityLimiter

from anyftp._errors import FileSystemError
from anyftp._fs._interface import ReadFile
from anyftp._fs._jail import Jail
from anyftp._fs._worker import SHARED, Workers

#: Bytes up to which a file counts as small.
SMALL = 64 * 1024
#: Read at once where a file is looked through, and in one hop: some 50 ms of hashing.
_BLOCK_BYTES = 256 * 1024
_SLICE_BYTES = 32 * 1024 * 1024


def open_for_reading(
    jail: Jail, path: PurePosixPath, offset: int, workers: Workers
) -> LocalReadFile:
    """Open a regular file at offset; blocking."""
    fd = jail.open(path, os.O_RDONLY)
    try:
        status = os.fstat(fd)
        if not 0 <= offset <= status.st_size:
            raise OSError(errno.EINVAL, "the offset is beyond the end")
        if offset:
            os.lseek(fd, offset, os.SEEK_SET)
        is_small = not offset and status.st_size <= SMALL
        content = _read_all(fd, status.st_size) if is_small else None
    except BaseException:
        os.close(fd)
        raise
    if content is not None:
        os.close(fd)
        return LocalReadFile(jail.shown(path), None, status, content, workers)
    return LocalReadFile(jail.shown(path), fd, status, b"", workers)


def _read_all(fd: int, size: int) -> bytes | None:
    """Read a file from its beginning; None if it has grown large, with the position back there.

    The kernel's own files say that they have no size, and are read to their end.
    """
    content = b""
    while block := os.read(fd, SMALL + 1 - len(content)):
        content += block
        if len(content) == size:
            break
        if len(content) > SMALL:
            os.lseek(fd, 0, os.SEEK_SET)
            return None
    return content


class LocalReadFile(ReadFile):
    """A file that is either in memory already (fd is None) or open."""

    def __init__(
        self,
        path: PurePosixPath | str,
        fd: int | None,
        status: os.stat_result,
        content: bytes,
        workers: Workers = SHARED,
    ) -> None:
        self._path = path
        self._workers = workers
        self._fd = fd
        self._content = memoryview(content)
        self._whole = content
        self.size: int = status.st_size
        self.modified: float = status.st_mtime

    @property
    def limiter(self) -> CapacityLimiter:
        """What the threads count with that copy from the descriptor."""
        return self._workers.limiter()

    def fileno(self) -> int | None:
        return self._fd

    def as_file_error(self, error: OSError) -> FileSystemError:
        """What to say when who was given the descriptor has failed with it."""
        return FileSystemError(error.errno or errno.EIO, self._path)

    async def readinto(self, buffer: memoryview, /) -> int:
        if self._fd is None:
            return self._read_memory(buffer)
        return await self._workers.run(self._path, os.readv, self._fd, [buffer])

    def take_rest(self) -> memoryview | None:
        """What is left to be read, if it is in memory already; it counts as read then."""
        if self._fd is not None:
            return None
        rest, self._content = self._content, memoryview(b"")
        return rest

    def _read_memory(self, buffer: memoryview) -> int:
        block = self._content[: len(buffer)]
        self._content = self._content[len(block) :]
        buffer[: len(block)] = block
        return len(block)

    async def feed(self, update: Callable[[bytes], object]) -> None:
        """Give all of the file to a function, piece by piece, in a worker thread.

        Cancellation: safe, within the time that a piece takes.
        """
        if self._fd is None:
            await self._workers.run(self._path, update, self._whole)
        else:
            await feed_from(self._workers, self._path, self._fd, update)

    async def aclose(self) -> None:
        # Closing a descriptor that was only read from flushes nothing: not worth a hop.
        fd, self._fd = self._fd, None
        self._content = memoryview(b"")
        if fd is not None:
            os.close(fd)


async def feed_from(
    workers: Workers, path: PurePosixPath | str, fd: int, update: Callable[[bytes], object]
) -> None:
    """Give a whole file to a function, in a worker thread, a slice of it in each hop."""
    start = 0
    while nbytes := await workers.run(path, _feed_slice, fd, start, update):
        start += nbytes


def _feed_slice(fd: int, start: int, update: Callable[[bytes], object]) -> int:
    end = start + _SLICE_BYTES
    position = start
    while position < end and (block := os.pread(fd, _BLOCK_BYTES, position)):
        update(block)
        position += len(block)
    return position - start
