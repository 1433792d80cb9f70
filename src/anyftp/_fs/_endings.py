"""What becomes of a file that was written: the ways to let it count, and the ways to undo it.

Blocking; called in worker threads.
"""

from __future__ import annotations

import errno
import os
from abc import ABC, abstractmethod
from pathlib import PurePosixPath

from anyftp._fs._folder import Folder
from anyftp._fs._jail import Jail


class Ending(ABC):
    """The end of one file that is being written."""

    @abstractmethod
    def commit(self, fsync: bool) -> None:
        """Let the file appear under its name."""

    @abstractmethod
    def undo(self, fd: int) -> None:
        """Leave things as they were before."""

    def reopen(self, flags: int) -> int:
        """Open the file once more, with a position of its own."""
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))


class Replacement(Ending):
    """The end of an upload that replaces: rename, or unlink."""

    def __init__(self, folder: Folder, temporary: str, name: str, exclusive: bool) -> None:
        self._folder = folder
        self._temporary = temporary
        self._name = name
        self._exclusive = exclusive

    def commit(self, fsync: bool) -> None:
        if not (self._exclusive and self._link()):
            self._rename()
        if fsync:
            self._folder.fsync()
        self._folder.close()

    def _link(self) -> bool:
        """Give the name by a hard link, which fails if it is taken; False if there are none."""
        old, new = self._temporary, self._name
        try:
            self._folder.link(old, new)
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.EOPNOTSUPP):
                raise
            return False
        self._folder.unlink(old)
        return True

    def _rename(self) -> None:
        self._folder.rename(self._temporary, self._folder, self._name)

    def reopen(self, flags: int) -> int:
        return self._folder.open(self._temporary, flags)

    def undo(self, fd: int) -> None:
        try:
            self._folder.unlink(self._temporary)
        finally:
            self._folder.close()


class InPlace(Ending):
    """The end of a resumed upload: nothing, or the old size again."""

    def __init__(self, jail: Jail, path: PurePosixPath, old_size: int) -> None:
        self._jail = jail
        self._path = path
        self._old_size = old_size

    def reopen(self, flags: int) -> int:
        return self._jail.open(self._path, flags)

    def commit(self, fsync: bool) -> None:
        pass

    def undo(self, fd: int) -> None:
        if os.fstat(fd).st_size > self._old_size:
            os.ftruncate(fd, self._old_size)


class Made(Ending):
    """The end of an append to a file that was not there: nothing, or unlink."""

    def __init__(self, jail: Jail, path: PurePosixPath) -> None:
        self._jail = jail
        self._path = path

    def reopen(self, flags: int) -> int:
        return self._jail.open(self._path, flags)

    def commit(self, fsync: bool) -> None:
        if fsync:  # the name is as new as the content
            with self._jail.parent(self._path, follow=True) as (folder, _):
                folder.fsync()

    def undo(self, fd: int) -> None:
        with self._jail.parent(self._path, follow=True) as (folder, name):
            if os.path.samestat(folder.lstat(name), os.fstat(fd)):
                folder.unlink(name)
