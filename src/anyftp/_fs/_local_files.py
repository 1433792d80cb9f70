"""Files of this machine that are being written.

Each hop to a worker thread counts for small files: one of less than 64 KiB is written in the hop
that commits it, and may be opened in it too.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import PurePosixPath
from threading import Lock

import anyio
from anyio.lowlevel import checkpoint

from anyftp._errors import FileSystemError
from anyftp._fs._endings import Ending, InPlace, Made, Replacement
from anyftp._fs._folder import O_NONBLOCK, Folder
from anyftp._fs._interface import WriteFile
from anyftp._fs._jail import Jail
from anyftp._fs._local_read import (
    SMALL,
    LocalReadFile,
    feed_from,
    refuse_irregular,
    refuse_temporary,
)
from anyftp._fs._partial import Partial
from anyftp._fs._temporary import temporary_name
from anyftp._fs._worker import in_worker

#: Seconds to wait for a worker thread when a file must be cleaned up.
_CLEANUP_SECONDS = 10

#: Opens a file, blocking: gives its descriptor and what becomes of it.
Opening = Callable[[], tuple[int, Ending]]

_IN_PLACE = os.O_WRONLY | O_NONBLOCK
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL


class PartFile:
    """A place in a file that is being written, beside others."""

    def __init__(self, path: PurePosixPath, fd: int) -> None:
        self._path = path
        self._fd = fd

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
        await in_worker(self._path, _write_all, self._fd, data)

    def close(self) -> None:
        """Let go of the place; the file stays open elsewhere, so that nothing is flushed here."""
        os.close(self._fd)


def open_temporary(jail: Jail, path: PurePosixPath, exclusive: bool) -> tuple[int, Ending]:
    """Open a temporary file next to path; blocking."""
    folder, name, mode = _place_of(jail, path, exclusive)
    try:
        temporary = temporary_name()
        fd = folder.open(temporary, _NEW)
    except BaseException:
        folder.close()
        raise
    _give_mode(fd, mode)
    return fd, Replacement(folder, temporary, name, exclusive)


def _place_of(jail: Jail, path: PurePosixPath, exclusive: bool) -> tuple[Folder, str, int | None]:
    """The folder, opened, in which path will appear, its name there, and its predecessor's mode."""
    refuse_temporary(path.name)
    with jail.parent(path, follow=True) as (parent, name):
        mode = _mode_of_predecessor(parent, name, exclusive)
        return parent.readable(), name, mode


def _give_mode(fd: int, mode: int | None) -> None:
    if mode is not None:
        with suppress(OSError):  # some file systems have no modes; the content is what counts
            os.fchmod(fd, mode)


def _mode_of_predecessor(folder: Folder, name: str, exclusive: bool) -> int | None:
    """Check the file that will be replaced and give its permission bits, None if there is none."""
    try:
        status = folder.lstat(name)
    except FileNotFoundError:
        return None
    if exclusive:
        raise OSError(errno.EEXIST, os.strerror(errno.EEXIST))
    refuse_irregular(status)
    # A rename asks for rights in the folder only; a file that may not be written stays.
    if not folder.is_writable(name):
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))
    return stat.S_IMODE(status.st_mode)


def open_resumed(
    jail: Jail, path: PurePosixPath, offset: int | None, fsync: bool
) -> LocalWriteFile:
    """Open an existing file at offset, or (offset None) any file at its end; blocking."""
    refuse_temporary(path.name)
    fd, is_made = _open_in_place(jail, path, make=offset is None)
    try:
        status = os.fstat(fd)
        refuse_irregular(status)
        if offset is None:
            offset = status.st_size
        if not 0 <= offset <= status.st_size:
            raise OSError(errno.EINVAL, "the offset is beyond the end")
        os.lseek(fd, offset, os.SEEK_SET)
    except BaseException:
        os.close(fd)
        raise
    end = Made(jail, path) if is_made else InPlace(jail, path, status.st_size)
    return LocalWriteFile(jail.shown(path), lambda: (fd, end), fsync).open()


def _open_in_place(jail: Jail, path: PurePosixPath, *, make: bool) -> tuple[int, bool]:
    try:
        return jail.open(path, _IN_PLACE), False
    except FileNotFoundError:
        if not make:
            raise
    return jail.open(path, _IN_PLACE | os.O_CREAT | os.O_EXCL), True


def open_partial(jail: Jail, path: PurePosixPath, mark: str, fsync: bool) -> LocalWriteFile:
    """Open what an earlier attempt with the same mark left of a file, or begin it; blocking."""
    folder, name, mode = _place_of(jail, path, False)
    try:
        partial = Partial(folder, name)
        fd = partial.open(mark.encode("utf-8", "surrogateescape"))
    except BaseException:
        folder.close()
        raise
    _give_mode(fd, mode)
    shown, nbytes = jail.shown(path), os.fstat(fd).st_size
    file = LocalWriteFile(shown, lambda: (fd, partial), fsync, offset=nbytes)
    file.hold_nothing()
    return file.open()


class LocalWriteFile(WriteFile):
    """A file being written, under a temporary name or in place; the first need of it opens it.

    The first few bytes are held back, to be written by the hop that commits if no more come.
    Who has been given the descriptor may write by it, so nothing is held back from then on.

    Attributes:
        offset: how many bytes of it there were when it was opened.
    """

    def __init__(
        self, path: PurePosixPath, opening: Opening, fsync: bool, *, offset: int = 0
    ) -> None:
        self._path = path
        self._opening: Opening | None = opening
        self._opens = Lock()
        self._fd: int | None = None
        self._end: Ending
        self._fsync = fsync
        self._held = bytearray()
        self._may_hold = True
        self.offset: int = offset

    def fileno(self) -> int | None:
        if self._held or self._fd is None:
            return None
        self._may_hold = False
        return self._fd

    def open(self) -> LocalWriteFile:
        """Open it now; blocking."""
        self._open_fd()
        return self

    def show_as(self, path: PurePosixPath) -> None:
        """Have errors call it by another path, now that it is known where it goes."""
        self._path = path

    def as_file_error(self, error: OSError) -> FileSystemError:
        """What to say when who was given the descriptor has failed with it."""
        return FileSystemError(error.errno or errno.EIO, self._path)

    def hold_nothing(self) -> None:
        """Write at once from now on: what is held back is lost if there is no commit."""
        self._may_hold = False

    async def write(self, data: memoryview, /) -> None:
        if self._may_hold and not self._is_closed and len(self._held) + len(data) < SMALL:
            self._held += data
            await checkpoint()
        else:
            await in_worker(self._path, self._write, data)

    def _write(self, data: memoryview) -> None:
        fd = self._open_fd()
        self._may_hold = False
        if self._held:
            held, self._held = self._held, bytearray()
            _write_all(fd, memoryview(held))
        _write_all(fd, data)

    async def feed(self, update: Callable[[bytes], object]) -> None:
        """Give all that is in the file so far to a function, piece by piece, in a worker thread.

        Cancellation: safe, within the time that a piece takes.
        """
        await in_worker(self._path, self._write, memoryview(b""))
        await feed_from(self._path, self._open_fd(), update)

    async def read_at(self, offset: int, nbytes: int) -> bytes:
        """Read some of what is in the file already. Cancellation: safe."""
        return await in_worker(self._path, self._read_at, offset, nbytes)

    def _read_at(self, offset: int, nbytes: int) -> bytes:
        return os.pread(self._open_fd(), nbytes, offset)

    async def restart(self) -> None:
        """Throw away what there is and begin anew. Cancellation: safe."""
        await in_worker(self._path, self._restart)

    def _restart(self) -> None:
        fd = self._open_fd()
        self._held.clear()
        os.ftruncate(fd, 0)
        os.lseek(fd, 0, os.SEEK_SET)
        self.offset = 0

    async def read_back(self) -> LocalReadFile:
        return await in_worker(self._path, self._read_back)

    def _read_back(self) -> LocalReadFile:
        self._write(memoryview(b""))
        fd = self._end.reopen(os.O_RDONLY | O_NONBLOCK)
        status = os.fstat(fd)
        if not os.path.samestat(status, os.fstat(self._open_fd())):
            os.close(fd)
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        return LocalReadFile(self._path, fd, status, b"")

    async def part(self, offset: int) -> PartFile:
        """Open the same file for writing at another place as well.

        Cancellation: safe; no file stays open.
        """
        self.hold_nothing()
        return await in_worker(self._path, self._part, offset)

    def _part(self, offset: int) -> PartFile:
        self._open_fd()
        fd = self._end.reopen(os.O_WRONLY)
        os.lseek(fd, offset, os.SEEK_SET)
        return PartFile(self._path, fd)

    async def commit(self) -> None:
        await in_worker(self._path, self._commit)

    def _commit(self) -> None:
        fd = self._open_fd()
        self._write(memoryview(b""))
        if self._fsync:
            os.fsync(fd)
        self._end.commit(self._fsync)
        self._fd = None
        os.close(fd)

    async def aclose(self) -> None:
        self._opening = None
        if self._fd is None:
            return
        with anyio.move_on_after(_CLEANUP_SECONDS, shield=True):
            await in_worker(self._path, self._undo)
        if self._fd is not None:
            # No worker thread was to be had: rather hold the loop for a moment than leave it.
            self._undo()

    def _undo(self) -> None:
        fd, self._fd = self._fd, None
        if fd is None:
            return
        try:
            with suppress(OSError):  # the folder may be gone by now, and with it the file
                self._end.undo(fd)
        finally:
            os.close(fd)

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


def _write_all(fd: int, data: memoryview) -> None:
    while data:
        data = data[os.write(fd, data) :]
