"""Open files of this machine.

Two habits keep small files cheap, where each hop to a worker thread counts: a file of up to
64 KiB is read whole in the hop that opens it, and one of less than 64 KiB is written in the hop
that commits it.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import PurePosixPath

import anyio
from anyio.lowlevel import checkpoint

from anyftp._errors import FileSystemError
from anyftp._fs._interface import ReadFile, WriteFile
from anyftp._fs._jail import NO_FOLLOW, O_DIRECTORY, O_NONBLOCK, Jail
from anyftp._fs._temporary import is_temporary, temporary_name
from anyftp._fs._worker import in_worker

#: Bytes up to which a file counts as small.
SMALL = 64 * 1024
#: Seconds to wait for a worker thread when a file must be cleaned up.
_CLEANUP_SECONDS = 10

_READ = os.O_RDONLY | O_NONBLOCK
_IN_PLACE = os.O_WRONLY | O_NONBLOCK
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_FOLLOW


def open_for_reading(jail: Jail, path: PurePosixPath, offset: int) -> LocalReadFile:
    """Open a regular file at offset; blocking."""
    _refuse_temporary(path.name)
    # O_NONBLOCK: a named pipe must not hold the worker until a writer comes.
    fd = jail.open(path, _READ)
    try:
        status = os.fstat(fd)
        _refuse_irregular(status)
        if not 0 <= offset <= status.st_size:
            raise OSError(errno.EINVAL, "the offset is beyond the end")
        if offset:
            os.lseek(fd, offset, os.SEEK_SET)
        content = _read_all(fd) if status.st_size - offset <= SMALL else None
    except BaseException:
        os.close(fd)
        raise
    if content is not None:
        os.close(fd)
        return LocalReadFile(path, None, status, content)
    return LocalReadFile(path, fd, status, b"")


def _read_all(fd: int) -> bytes | None:
    """Read what is left; None if it has grown large, with the position back at the start."""
    start = os.lseek(fd, 0, os.SEEK_CUR)
    content = b""
    while block := os.read(fd, SMALL + 1 - len(content)):
        content += block
        if len(content) > SMALL:
            os.lseek(fd, start, os.SEEK_SET)
            return None
    return content


class LocalReadFile(ReadFile):
    """A file that is either in memory already (fd is None) or open."""

    def __init__(
        self, path: PurePosixPath, fd: int | None, status: os.stat_result, content: bytes
    ) -> None:
        self._path = path
        self._fd = fd
        self._content = memoryview(content)
        self.size = status.st_size
        self.modified = status.st_mtime

    def fileno(self) -> int | None:
        return self._fd

    def as_file_error(self, error: OSError) -> FileSystemError:
        """What to say when who was given the descriptor has failed with it."""
        return FileSystemError(error.errno or errno.EIO, self._path)

    async def readinto(self, buffer: memoryview, /) -> int:
        if self._fd is None:
            return self._read_memory(buffer)
        return await in_worker(self._path, os.readv, self._fd, [buffer])

    def _read_memory(self, buffer: memoryview) -> int:
        block = self._content[: len(buffer)]
        self._content = self._content[len(block) :]
        buffer[: len(block)] = block
        return len(block)

    async def aclose(self) -> None:
        # Closing a descriptor that was only read from flushes nothing: not worth a hop.
        fd, self._fd = self._fd, None
        self._content = memoryview(b"")
        if fd is not None:
            os.close(fd)


def open_new(jail: Jail, path: PurePosixPath, exclusive: bool, fsync: bool) -> LocalWriteFile:
    """Open a temporary file next to path; blocking."""
    _refuse_temporary(path.name)
    with jail.parent(path, follow=True) as (parent, name):
        mode = _mode_of_predecessor(parent, name, exclusive)
        folder = os.open(".", os.O_RDONLY | O_DIRECTORY | NO_FOLLOW, dir_fd=parent)
    try:
        temporary = temporary_name()
        fd = os.open(temporary, _NEW, 0o666, dir_fd=folder)
    except BaseException:
        os.close(folder)
        raise
    if mode is not None:
        with suppress(OSError):  # some file systems have no modes; the content is what counts
            os.fchmod(fd, mode)
    return LocalWriteFile(path, fd, _New(folder, temporary, name, exclusive), fsync)


def _mode_of_predecessor(folder: int, name: str, exclusive: bool) -> int | None:
    """Check the file that will be replaced and give its permission bits, None if there is none."""
    try:
        status = os.lstat(name, dir_fd=folder)
    except FileNotFoundError:
        return None
    if exclusive:
        raise OSError(errno.EEXIST, os.strerror(errno.EEXIST))
    _refuse_irregular(status)
    # A rename asks for rights in the folder only; a file that may not be written stays.
    if not os.access(name, os.W_OK, dir_fd=folder):
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))
    return stat.S_IMODE(status.st_mode)


def open_resumed(
    jail: Jail, path: PurePosixPath, offset: int | None, fsync: bool
) -> LocalWriteFile:
    """Open an existing file at offset, or (offset None) any file at its end; blocking."""
    _refuse_temporary(path.name)
    fd, is_made = _open_in_place(jail, path, make=offset is None)
    try:
        status = os.fstat(fd)
        _refuse_irregular(status)
        if offset is None:
            offset = status.st_size
        if not 0 <= offset <= status.st_size:
            raise OSError(errno.EINVAL, "the offset is beyond the end")
        os.lseek(fd, offset, os.SEEK_SET)
    except BaseException:
        os.close(fd)
        raise
    end = _Made(jail, path) if is_made else _InPlace(status.st_size)
    return LocalWriteFile(path, fd, end, fsync)


def _open_in_place(jail: Jail, path: PurePosixPath, *, make: bool) -> tuple[int, bool]:
    try:
        return jail.open(path, _IN_PLACE), False
    except FileNotFoundError:
        if not make:
            raise
    return jail.open(path, _IN_PLACE | os.O_CREAT | os.O_EXCL), True


class _New:
    """The end of an upload that replaces: rename, or unlink."""

    def __init__(self, folder: int, temporary: str, name: str, exclusive: bool) -> None:
        self._folder = folder
        self._temporary = temporary
        self._name = name
        self._exclusive = exclusive

    def commit(self, fsync: bool) -> None:
        if not (self._exclusive and self._link()):
            self._rename()
        if fsync:
            os.fsync(self._folder)
        os.close(self._folder)

    def _link(self) -> bool:
        """Give the name by a hard link, which fails if it is taken; False if there are none."""
        old, new = self._temporary, self._name
        try:
            os.link(old, new, src_dir_fd=self._folder, dst_dir_fd=self._folder)
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.EOPNOTSUPP):
                raise
            return False
        os.unlink(old, dir_fd=self._folder)
        return True

    def _rename(self) -> None:
        old, new = self._temporary, self._name
        os.rename(old, new, src_dir_fd=self._folder, dst_dir_fd=self._folder)

    def undo(self, fd: int) -> None:
        try:
            os.unlink(self._temporary, dir_fd=self._folder)
        finally:
            os.close(self._folder)


class _InPlace:
    """The end of a resumed upload: nothing, or the old size again."""

    def __init__(self, old_size: int) -> None:
        self._old_size = old_size

    def commit(self, fsync: bool) -> None:
        pass

    def undo(self, fd: int) -> None:
        if os.fstat(fd).st_size > self._old_size:
            os.ftruncate(fd, self._old_size)


class _Made:
    """The end of an append to a file that was not there: nothing, or unlink."""

    def __init__(self, jail: Jail, path: PurePosixPath) -> None:
        self._jail = jail
        self._path = path

    def commit(self, fsync: bool) -> None:
        pass

    def undo(self, fd: int) -> None:
        with self._jail.parent(self._path, follow=True) as (folder, name):
            if os.path.samestat(os.lstat(name, dir_fd=folder), os.fstat(fd)):
                os.unlink(name, dir_fd=folder)


class LocalWriteFile(WriteFile):
    """A file being written, under a temporary name or in place.

    The first few bytes are held back, to be written by the hop that commits if no more come.
    Who has been given the descriptor may write by it, so nothing is held back from then on.
    """

    def __init__(
        self, path: PurePosixPath, fd: int, end: _New | _InPlace | _Made, fsync: bool
    ) -> None:
        self._path = path
        self._fd: int | None = fd
        self._end = end
        self._fsync = fsync
        self._held = bytearray()
        self._may_hold = True

    def fileno(self) -> int | None:
        if self._held:
            return None
        self._may_hold = False
        return self._fd

    def as_file_error(self, error: OSError) -> FileSystemError:
        """What to say when who was given the descriptor has failed with it."""
        return FileSystemError(error.errno or errno.EIO, self._path)

    async def write(self, data: memoryview, /) -> None:
        if self._may_hold and self._fd is not None and len(self._held) + len(data) < SMALL:
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

    def _open_fd(self) -> int:
        if self._fd is None:
            raise OSError(errno.EBADF, "the file is closed")
        return self._fd


def _write_all(fd: int, data: memoryview) -> None:
    while data:
        data = data[os.write(fd, data) :]


def _refuse_irregular(status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EACCES, "not a regular file")


def _refuse_temporary(name: str) -> None:
    if is_temporary(name):
        raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
