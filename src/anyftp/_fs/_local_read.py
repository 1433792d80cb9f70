"""Files of this machine that are being read.

Each hop to a worker thread counts for small files: one of up to 64 KiB is read whole in the hop
that opens it, and once more if it was written to meanwhile; without any where it is in memory.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

from anyio import CapacityLimiter

from anyftp._errors import FileSystemError, SourceChangedError
from anyftp._fs._descriptors import read_at, read_into
from anyftp._fs._interface import ReadFile
from anyftp._fs._jail import Jail
from anyftp._fs._page_cache import PageCache
from anyftp._fs._snapshot import Snapshot, stamp
from anyftp._fs._worker import SHARED, DiskWorkers

#: Bytes up to which a file counts as small.
SMALL = 64 * 1024
#: Read at once where a file is looked through, and in one hop: some 50 ms of hashing.
_BLOCK_BYTES = 256 * 1024
#: What is read of files that were not asked for yet, by one hop.
_AHEAD_BYTES = 1 << 20
_SLICE_BYTES = 32 * 1024 * 1024
#: Bytes up to which to copy what is in memory costs less than to have a worker copy it, and what is
#: copied at once.
_MODERATE = 512 * 1024
_GIVEN_BYTES = 128 * 1024
#: As an offset: where the descriptor is.
_AT_POSITION = -1
#: How often a small file is read, to catch it while nobody writes to it.
_ATTEMPTS = 4


def open_for_reading(
    jail: Jail, path: PurePosixPath, offset: int, workers: DiskWorkers, *, is_watched: bool = True
) -> LocalReadFile:
    """Open a regular file at offset; blocking.

    Args:
        is_watched: it is to tell whether it was written to meanwhile.
    """
    fd = jail.open(path, os.O_RDONLY)
    try:
        status, content, seen = os.fstat(fd), None, None
        if not 0 <= offset <= status.st_size:
            raise OSError(errno.EINVAL, "the offset is beyond the end")
        if not offset and status.st_size <= SMALL:
            status, content = _read_at_one_moment(fd, status)
        if content is None:
            seen = Snapshot.take(fd) if is_watched else None
            if offset:
                os.lseek(fd, offset, os.SEEK_SET)
    except BaseException:
        os.close(fd)
        raise
    if content is not None:
        os.close(fd)
        return LocalReadFile(path, None, status, content, workers)
    return LocalReadFile(path, fd, status, b"", workers, seen)


def open_in_memory(
    cache: PageCache,
    path: PurePosixPath,
    offset: int,
    workers: DiskWorkers,
    *,
    is_watched: bool,
) -> LocalReadFile | None:
    """As `open_for_reading`, but without ever waiting for a disk; None if that cannot be done."""
    found = cache.open(path, -1 if offset else SMALL)
    if found is None:
        return None
    fd, status, content = found
    if content is not None:
        os.close(fd)
        return LocalReadFile(path, None, status, content, workers)
    if is_watched or not 0 <= offset <= status.st_size:
        os.close(fd)
        return None
    os.lseek(fd, offset, os.SEEK_SET)
    return LocalReadFile(path, fd, status, b"", workers, read_flags=cache.read_flags)


def _read_at_one_moment(fd: int, status: os.stat_result) -> tuple[os.stat_result, bytes | None]:
    """Read a small file as it was at one moment, with what the system knew of it then.

    None of one that has grown large, and of one that is written to all the time.
    """
    for _ in range(_ATTEMPTS):
        before, content = status, _read_all(fd, status.st_size)
        status = os.fstat(fd)
        if content is None:
            break
        if stamp(before) == stamp(status):
            return status, content
        os.lseek(fd, 0, os.SEEK_SET)
    return status, None


def read_ahead(
    jail: Jail, paths: Sequence[PurePosixPath], workers: DiskWorkers
) -> list[LocalReadFile | None]:
    """Open the first file, and read others as far as they are small; blocking."""
    first, *others = paths
    files: list[LocalReadFile | None] = [open_for_reading(jail, first, 0, workers)]
    left = _AHEAD_BYTES
    for path in others:
        file = _read_if_small(jail, path, workers) if left > 0 else None
        left -= 0 if file is None else file.size
        files.append(file)
    return files


def _read_if_small(jail: Jail, path: PurePosixPath, workers: DiskWorkers) -> LocalReadFile | None:
    try:
        file = open_for_reading(jail, path, 0, workers)
    except (OSError, ValueError):  # to be said when it is this file's turn
        return None
    fd = file.fileno()
    if fd is not None:
        os.close(fd)
        return None
    return file


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
        workers: DiskWorkers = SHARED,
        seen: Snapshot | None = None,
        read_flags: int | None = None,
    ) -> None:
        self._path = path
        self._read_flags = read_flags
        self._seen = seen
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
        return FileSystemError(error.errno or errno.EIO, self._workers.shown(self._path))

    async def readinto(self, buffer: memoryview, /) -> int:
        if self._fd is None:
            return self._read_memory(buffer)
        return await self._workers.run(self._path, read_into, self._fd, buffer)

    def take_rest(self) -> memoryview | None:
        """What is left to be read, if it is in memory already; it counts as read then."""
        if self._fd is not None:
            return None
        rest, self._content = self._content, memoryview(b"")
        return rest

    def give_now(self, take: Callable[[memoryview], int]) -> tuple[int, bool]:
        """Give what the system has in memory to a function that says how much it has taken.

        Only of a file that is not large. Nothing is held for one who takes no more: what is left is
        read once more by whoever goes on.

        Returns:
            How many bytes were taken, and whether that was the rest of the file.
        """
        fd, taken = self._fd, 0
        if fd is None:
            taken = take(self._content) if self._content else 0
            self._content = self._content[taken:]
            return taken, not self._content
        if self._read_flags is None or self.size > _MODERATE:
            return 0, False
        block = memoryview(bytearray(_GIVEN_BYTES))
        try:
            while nbytes := os.preadv(fd, [block], _AT_POSITION, self._read_flags):
                count = take(block[:nbytes])
                taken += count
                if count < nbytes:
                    os.lseek(fd, count - nbytes, os.SEEK_CUR)
                    return taken, False
                if taken > _MODERATE:  # it grows, and nothing else runs meanwhile
                    return taken, False
        except BlockingIOError:
            return taken, False
        except OSError as error:
            raise self.as_file_error(error) from error
        return taken, True

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
            end = self.size or None
            await feed_from(self._workers, self._path, self._fd, update, end)

    async def check_unchanged(self) -> bool:
        """See that what could be read is what the file had when it was opened.

        Returns:
            False if so; True if it has only been added to since then, so that what was read up to
            `size` is.

        Raises:
            SourceChangedError: it was written to in any other way.

        Cancellation: safe.
        """
        if self._fd is None:  # it was read at once
            return False
        assert self._seen is not None, "the file was not opened to be watched"
        return await self._workers.run(self._path, self._check, self._fd, self._seen)

    def _check(self, fd: int, seen: Snapshot) -> bool:
        now = os.fstat(fd)
        if not seen.is_unlike(now):
            return False
        if seen.is_beginning_of(fd, now):
            return True
        raise SourceChangedError(
            self._workers.shown(self._path),
            (seen.size, seen.modified_nanoseconds),
            stamp(now),
        )

    async def aclose(self) -> None:
        # Closing a descriptor that was only read from flushes nothing: not worth a hop.
        fd, self._fd = self._fd, None
        self._content = memoryview(b"")
        if fd is not None:
            os.close(fd)


async def feed_from(
    workers: DiskWorkers,
    path: PurePosixPath | str,
    fd: int,
    update: Callable[[bytes], object],
    end: int | None = None,
) -> None:
    """Give a file to a function, whole or up to an end, in a worker thread, slice by slice."""
    start = 0
    while nbytes := await workers.run(path, _feed_slice, fd, start, end, update):
        start += nbytes


def _feed_slice(fd: int, start: int, end: int | None, update: Callable[[bytes], object]) -> int:
    stop = start + _SLICE_BYTES if end is None else min(start + _SLICE_BYTES, end)
    position = start
    while block := read_at(fd, min(_BLOCK_BYTES, stop - position), position):
        update(block)
        position += len(block)
    return position - start
