"""Files of this machine that are being written.

Each hop to a worker thread counts for small files: one of less than 64 KiB is written in the hop
that commits it, and may be opened in it too.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import PurePosixPath
from threading import Lock

import anyio
from anyio import CapacityLimiter
from anyio.lowlevel import checkpoint_if_cancelled

from anyftp._errors import FileSystemError, FTPError
from anyftp._fs._descriptors import MODE_BITS, give_mode, read_at
from anyftp._fs._endings import Appending, Beginning, Ending, Expectation, InPlace, Replacement
from anyftp._fs._folder import Folder, refuse_irregular
from anyftp._fs._interface import WriteFile
from anyftp._fs._jail import Jail, Walk
from anyftp._fs._local_read import SMALL, LocalReadFile, feed_from
from anyftp._fs._locks import open_locked
from anyftp._fs._part_file import PartFile
from anyftp._fs._partial import Partial
from anyftp._fs._parts import FirstVisit, open_part
from anyftp._fs._worker import DISK_FAILURES, SHARED, DiskWorkers, translated

#: Seconds to wait for a worker thread when a file must be cleaned up.
_CLEANUP_SECONDS = 10

#: Opens a file, blocking: gives its descriptor and what becomes of it.
Opening = Callable[[], tuple[int, Ending]]

_ALL_BITS = 0o7777
_ATTEMPTS = 10


def open_new(
    jail: Jail,
    path: PurePosixPath,
    exclusive: bool,
    visit: FirstVisit,
    is_expected: Expectation | None = None,
) -> tuple[int, Ending]:
    """Open a part next to path that will take its place; blocking."""
    folder, name, mode = _place_of(jail, path, exclusive, visit)
    ending = partial(Replacement, folder, name, exclusive=exclusive, is_expected=is_expected)
    return _open_part(folder, mode, ending)


def _open_part(
    folder: Folder, mode: int | None, ending: Callable[[str], Ending]
) -> tuple[int, Ending]:
    try:
        fd, part = open_part(folder)
    except BaseException:
        folder.close()
        raise
    give_mode(fd, mode)
    return fd, ending(part)


def _place_of(
    jail: Jail, path: PurePosixPath, exclusive: bool, visit: FirstVisit
) -> tuple[Folder, str, int | None]:
    """The folder, opened, in which path will appear, its name there, and its predecessor's mode."""
    walk = jail.walk(path, follow=True)
    try:
        mode = _mode_of_predecessor(walk, exclusive)
        visit(walk.folder, time.time())
    except BaseException:
        walk.folder.close()
        raise
    return walk.folder, walk.name, mode


def _mode_of_predecessor(walk: Walk, exclusive: bool) -> int | None:
    """Check the file that will be replaced and give its permission bits, None if there is none."""
    if walk.name == ".":
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
    status = walk.status
    if status is None:
        return None
    if exclusive:
        raise OSError(errno.EEXIST, os.strerror(errno.EEXIST))
    refuse_irregular(status)
    # A rename asks for rights in the folder only; a file that may not be written stays.
    if not walk.folder.is_writable(walk.name):
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))
    return stat.S_IMODE(status.st_mode)


def open_at(jail: Jail, path: PurePosixPath, offset: int) -> tuple[int, Ending]:
    """Open an existing file to be written from offset on; blocking.

    Raises:
        BlockingIOError: somebody is writing it.
    """
    fd, old_size = _open_in_place(jail, path, os.O_WRONLY)
    try:
        if not 0 <= offset <= old_size:
            raise OSError(errno.EINVAL, "the offset is beyond the end")
        os.lseek(fd, offset, os.SEEK_SET)
    except BaseException:
        os.close(fd)
        raise
    return fd, InPlace(jail, path, old_size)


def open_at_end(jail: Jail, path: PurePosixPath, visit: FirstVisit) -> tuple[int, Ending]:
    """Open a file to be lengthened, a new one if there is none; blocking.

    Raises:
        BlockingIOError: somebody is writing it.
    """
    for _ in range(_ATTEMPTS):
        try:
            fd, old_size = _open_in_place(jail, path, os.O_WRONLY | os.O_APPEND)
        except FileNotFoundError:
            # Made meanwhile, then? It is there to be lengthened.
            with suppress(FileExistsError):
                folder, name, _mode = _place_of(jail, path, True, visit)
                return _open_part(folder, None, partial(Beginning, folder, name))
        else:
            return fd, Appending(jail, path, old_size)
    raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))


def _open_in_place(jail: Jail, path: PurePosixPath, flags: int) -> tuple[int, int]:
    """Open a file and lock it; gives its size too."""
    with jail.parent(path, follow=True) as (folder, name):
        fd = open_locked(folder, name, flags)
    try:
        status = os.fstat(fd)
        if status.st_mode & ~MODE_BITS & _ALL_BITS:
            give_mode(fd, status.st_mode)
    except BaseException:
        os.close(fd)
        raise
    return fd, status.st_size


def open_partial(
    jail: Jail, path: PurePosixPath, mark: str, fsync: bool, visit: FirstVisit, workers: DiskWorkers
) -> LocalWriteFile:
    """Open what an earlier attempt with the same mark left of a file, or begin it; blocking."""
    folder, name, mode = _place_of(jail, path, False, visit)
    try:
        end = Partial(folder, name)
        fd = end.open(mark.encode("utf-8", "surrogateescape"))
    except BaseException:
        folder.close()
        raise
    give_mode(fd, mode)
    shown, nbytes = jail.shown(path), os.fstat(fd).st_size
    file = LocalWriteFile(shown, lambda: (fd, end), fsync, workers, offset=nbytes)
    file.hold_nothing()
    return file.open()


class LocalWriteFile(WriteFile):
    """A file being written, under a temporary name or in place; the first need of it opens it.

    The first few bytes are held back, to be written by the hop that commits if no more come.
    Who has been given the descriptor may write by it, so nothing is held back from then on.

    Attributes:
        offset: how many bytes of it there were when it was opened.
        modified: the time to give it before it appears, seconds since the epoch; None for now.
        is_timed: whether it has got that time.
    """

    def __init__(
        self,
        path: PurePosixPath | str,
        opening: Opening,
        fsync: bool,
        workers: DiskWorkers = SHARED,
        *,
        offset: int = 0,
    ) -> None:
        self._path = path
        self._workers = workers
        self._opening: Opening | None = opening
        self._opens = Lock()
        self._fd: int | None = None
        self._end: Ending
        self._fsync = fsync
        self._held = bytearray()
        self._may_hold = True
        self.offset: int = offset
        self.modified: float | None = None
        self.is_timed: bool = False

    @property
    def limiter(self) -> CapacityLimiter:
        """What the threads count with that copy to the descriptor."""
        return self._workers.limiter()

    def fileno(self) -> int | None:
        if self._held or self._fd is None or not self._end.is_spliceable:
            return None
        self._may_hold = False
        return self._fd

    def open(self) -> LocalWriteFile:
        """Open it now; blocking."""
        self._open_fd()
        return self

    def show_as(self, path: PurePosixPath | str) -> None:
        """Have errors call it by another path, now that it is known where it goes."""
        self._path = path

    def as_file_error(self, error: OSError) -> FileSystemError:
        """What to say when who was given the descriptor has failed with it."""
        return FileSystemError(error.errno or errno.EIO, self._path)

    @property
    def nbytes_held(self) -> int | None:
        """How many bytes there are, where all of them are in memory; else None."""
        is_all = self._may_hold and self._opening is not None
        return len(self._held) if is_all else None

    def hold_nothing(self) -> None:
        """Write at once from now on: what is held back is lost if there is no commit."""
        self._may_hold = False

    async def write(self, data: memoryview, /) -> None:
        if self._may_hold and not self._is_closed and len(self._held) + len(data) < SMALL:
            self._held += data
            await checkpoint_if_cancelled()
        else:
            await self._workers.run(self._path, self._write, data)

    def _write(self, data: memoryview) -> None:
        fd = self._open_fd()
        self._may_hold = False
        if self._held:
            held, self._held = self._held, bytearray()
            self._end.write(fd, memoryview(held))
        self._end.write(fd, data)

    async def feed(self, update: Callable[[bytes], object]) -> None:
        """Give all that is in the file so far to a function, piece by piece, in a worker thread.

        Cancellation: safe, within the time that a piece takes.
        """
        await self._workers.run(self._path, self._write, memoryview(b""))
        await feed_from(self._workers, self._path, self._open_fd(), update)

    async def read_at(self, offset: int, nbytes: int) -> bytes:
        """Read some of what is in the file already. Cancellation: safe."""
        return await self._workers.run(self._path, self._read_at, offset, nbytes)

    def _read_at(self, offset: int, nbytes: int) -> bytes:
        return read_at(self._open_fd(), nbytes, offset)

    async def restart(self) -> None:
        """Throw away what there is and begin anew. Cancellation: safe."""
        await self._workers.run(self._path, self._restart)

    def _restart(self) -> None:
        fd = self._open_fd()
        self._held.clear()
        os.ftruncate(fd, 0)
        os.lseek(fd, 0, os.SEEK_SET)
        self.offset = 0

    async def read_back(self) -> LocalReadFile:
        return await self._workers.run(self._path, self._read_back)

    def _read_back(self) -> LocalReadFile:
        self._write(memoryview(b""))
        fd = self._end.reopen(os.O_RDONLY)
        status = os.fstat(fd)
        if not os.path.samestat(status, os.fstat(self._open_fd())):
            os.close(fd)
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        return LocalReadFile(self._path, fd, status, b"", self._workers)

    async def part(self, offset: int) -> PartFile:
        """Open the same file for writing at another place as well.

        Cancellation: safe; no file stays open.
        """
        self.hold_nothing()
        return await self._workers.run(self._path, self._part, offset)

    def _part(self, offset: int) -> PartFile:
        self._open_fd()
        fd = self._end.reopen(os.O_WRONLY)
        os.lseek(fd, offset, os.SEEK_SET)
        return PartFile(self._path, fd, self._workers)

    async def commit(self) -> None:
        await self._workers.run(self._path, self._commit)

    def _commit(self) -> None:
        fd = self._open_fd()
        self._write(memoryview(b""))
        if self.modified is not None and os.utime in os.supports_fd:
            with suppress(OSError, OverflowError):
                os.utime(fd, (self.modified, self.modified))
                self.is_timed = True
        if self._fsync:
            os.fsync(fd)
        if self._end.is_closed_first:
            return self._commit_closed(fd)
        self._end.commit(fd, self._fsync)
        self._fd = None
        os.close(fd)

    def _commit_closed(self, fd: int) -> None:
        self._fd = None
        os.close(fd)
        try:
            self._end.commit(fd, self._fsync)
        except BaseException:
            with suppress(OSError):
                self._end.undo(fd)
            raise

    def commit_or_undo(self) -> FTPError | None:
        """As `commit` and `aclose`, blocking; gives the error."""
        try:
            self._commit()
        except FTPError as error:
            return error
        except DISK_FAILURES as error:
            failure = translated(error, self._path)
            failure.__cause__ = error
            return failure
        finally:
            self._opening = None
            self._undo()
        return None

    async def aclose(self) -> None:
        self._opening = None
        if self._fd is None:
            return
        with anyio.move_on_after(_CLEANUP_SECONDS, shield=True):
            await self._workers.run(self._path, self._undo)
        if self._fd is not None:
            # No worker thread was to be had: rather hold the loop for a moment than leave it.
            self._undo()

    def _undo(self) -> None:
        fd, self._fd = self._fd, None
        if fd is None:
            return
        with ExitStack() as at_end:
            at_end.callback(os.close, fd)
            if self._end.is_closed_first:
                at_end.close()
            with suppress(OSError):  # the folder may be gone by now, and with it the file
                self._end.undo(fd)

    @property
    def _is_closed(self) -> bool:
        return self._fd is None and self._opening is None

    def _open_fd(self) -> int:
        with self._opens:  # segments begin in several worker threads at once
            opening, self._opening = self._opening, None
            if opening is not None:
                self._fd, self._end = opening()
        if self._fd is None:
            raise OSError(errno.EBADF, "the file is closed")
        return self._fd


async def commit_all(files: Sequence[LocalWriteFile]) -> list[FTPError | None]:
    """Let several files of one file system appear, in one hop; what cannot is undone.

    Returns:
        The error of each.

    Cancellation: safe before the hop has begun; then it is waited for.
    """
    return await files[0]._workers.run(files[0]._path, _commit_each, files)


def _commit_each(files: Sequence[LocalWriteFile]) -> list[FTPError | None]:
    return [file.commit_or_undo() for file in files]
