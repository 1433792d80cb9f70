"""A file that is written in several attempts, perhaps by several processes one after the other.

Until it is whole it lies beside its name in two hidden files: the part, and a mark that says of
what it is a part. Their names follow from the file's, so that any later process finds them. The
part is emptied before another mark is written; so whenever a process dies, the mark is true of the
part. The part is locked while it is in use.

Blocking; called in worker threads.
"""

from __future__ import annotations

import errno
import hashlib
import os
from contextlib import suppress

from anyftp._fs._endings import Ending
from anyftp._fs._folder import O_NONBLOCK, Folder
from anyftp._fs._temporary import lasting_name

try:
    import fcntl
except ImportError:  # Windows; nothing is locked there
    fcntl = None  # type: ignore[assignment]

_MAX_MARK_BYTES = 4096
_ATTEMPTS = 10


class Partial(Ending):
    """The end of a file written in several attempts: a rename, or being left for the next."""

    def __init__(self, folder: Folder, name: str) -> None:
        self._folder = folder
        self._name = name
        stem = hashlib.sha256(os.fsencode(name)).hexdigest()[:24]
        self._part = lasting_name(stem)
        self._mark = lasting_name(f"{stem}-mark")

    def open(self, mark: bytes) -> int:
        """Open the part; it is empty unless an earlier attempt left one with the same mark.

        Raises:
            OSError: EBUSY if another process is writing it.
        """
        fd = self._open_locked()
        try:
            if self._read_mark() != mark:
                os.ftruncate(fd, 0)
                self._write_mark(mark)
            os.lseek(fd, 0, os.SEEK_END)
        except BaseException:
            os.close(fd)
            raise
        return fd

    def commit(self, fsync: bool) -> None:
        self._folder.rename(self._part, self._folder, self._name)
        with suppress(OSError):
            self._folder.unlink(self._mark)
        if fsync:
            self._folder.fsync()
        self._folder.close()

    def undo(self, fd: int) -> None:
        try:
            if not os.fstat(fd).st_size:
                with suppress(FileNotFoundError):
                    self._folder.unlink(self._mark)
                self._folder.unlink(self._part)
        finally:
            self._folder.close()

    def _open_locked(self) -> int:
        flags = os.O_RDWR | os.O_CREAT | O_NONBLOCK
        for _ in range(_ATTEMPTS):
            fd = self._folder.open(self._part, flags)
            try:
                _lock(fd)
                # Whoever had it may have renamed or removed it between our opening and locking.
                with suppress(FileNotFoundError):
                    if os.path.samestat(os.fstat(fd), self._folder.lstat(self._part)):
                        return fd
            except BaseException:
                os.close(fd)
                raise
            os.close(fd)
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))

    def _read_mark(self) -> bytes | None:
        try:
            fd = self._folder.open(self._mark, os.O_RDONLY | O_NONBLOCK)
        except FileNotFoundError:
            return None
        try:
            return os.read(fd, _MAX_MARK_BYTES)
        finally:
            os.close(fd)

    def _write_mark(self, mark: bytes) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        fd = self._folder.open(self._mark, flags)
        try:
            os.write(fd, mark)
        finally:
            os.close(fd)


def _lock(fd: int) -> None:
    if fcntl is None:
        return
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY)) from error
    except OSError as error:  # network file systems without locks
        if error.errno not in (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL):
            raise
