"""A file that is written in several attempts, perhaps by several processes one after the other.

Until it is whole it lies beside its name in two hidden files: the part, and a mark that says of
what it is a part. Their names follow from the file's, so that any later process finds them. The
part is emptied before another mark is written; so whenever a process dies, the mark is true of the
part. The part is locked while it is in use.

Blocking; called in worker threads.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress

from anyftp._fs._descriptors import OPEN_FILES_MOVE
from anyftp._fs._endings import Ending
from anyftp._fs._folder import Folder
from anyftp._fs._locks import open_locked
from anyftp._fs._temporary import lasting_name, mark_of

_MAX_MARK_BYTES = 4096


class Partial(Ending):
    """The end of a file written in several attempts: a rename, or being left for the next."""

    is_closed_first = not OPEN_FILES_MOVE

    def __init__(self, folder: Folder, name: str) -> None:
        self._folder = folder
        self._name = name
        self._part = lasting_name(name)
        self._mark = mark_of(self._part)

    def open(self, mark: bytes) -> int:
        """Open the part; it is empty unless an earlier attempt left one with the same mark.

        Raises:
            OSError: EBUSY if another process is writing it.
        """
        try:
            fd = open_locked(self._folder, self._part, os.O_RDWR | os.O_CREAT)
        except BlockingIOError as error:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY)) from error
        try:
            if self._read_mark() != mark:
                os.ftruncate(fd, 0)
                self._write_mark(mark)
            os.lseek(fd, 0, os.SEEK_END)
        except BaseException:
            os.close(fd)
            raise
        return fd

    def commit(self, fd: int, fsync: bool) -> None:
        self._folder.rename(self._part, self._folder, self._name)
        with suppress(OSError):
            self._folder.unlink(self._mark)
        if fsync:
            self._folder.fsync()
        self._folder.close()

    def undo(self, fd: int) -> None:
        try:
            if not self._folder.lstat(self._part).st_size:
                with suppress(FileNotFoundError):
                    self._folder.unlink(self._mark)
                self._folder.unlink(self._part)
        finally:
            self._folder.close()

    def _read_mark(self) -> bytes | None:
        try:
            fd = self._folder.open_regular(self._mark, os.O_RDONLY)
        except FileNotFoundError:
            return None
        try:
            return os.read(fd, _MAX_MARK_BYTES)
        finally:
            os.close(fd)

    def _write_mark(self, mark: bytes) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        fd = self._folder.open_regular(self._mark, flags)
        try:
            os.write(fd, mark)
        finally:
            os.close(fd)
