"""What becomes of a file that was written: the ways to let it count, and the ways to undo it.

Blocking; called in worker threads.
"""

from __future__ import annotations

import errno
import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import PurePosixPath

from anyftp._fs._descriptors import OPEN_FILES_MOVE
from anyftp._fs._folder import Folder
from anyftp._fs._interface import FileInfo
from anyftp._fs._jail import Jail
from anyftp._fs._local_scan import file_info

#: Whether what has a name, None for nothing, is what somebody decided about.
Expectation = Callable[[FileInfo | None], bool]


class Ending(ABC):
    """The end of one file that is being written.

    Attributes:
        is_spliceable: the kernel may copy to the descriptor by itself.
        is_closed_first: the file gets another name, or loses its own, and here that cannot be while
            it is open: then the descriptor that is given is of no use.
    """

    is_spliceable = True
    is_closed_first = False

    def write(self, fd: int, data: memoryview) -> None:
        """Write all of data."""
        while data:
            data = data[os.write(fd, data) :]

    @abstractmethod
    def commit(self, fd: int, fsync: bool) -> None:
        """Let the file appear under its name."""

    @abstractmethod
    def undo(self, fd: int) -> None:
        """Leave things as they were before."""

    def reopen(self, flags: int) -> int:
        """Open the file once more, with a position of its own."""
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))


class Replacement(Ending):
    """The end of an upload that replaces: rename, or unlink.

    Args:
        folder: where it lies, opened; closed at the end.
        name: the name that it is for.
        part: the name that it has until then.
        exclusive: refuse if the name is taken by then.
        is_expected: refuse (ESTALE) unless it says yes to what has the name by then.
    """

    is_closed_first = not OPEN_FILES_MOVE

    def __init__(
        self,
        folder: Folder,
        name: str,
        part: str,
        *,
        exclusive: bool,
        is_expected: Expectation | None = None,
    ) -> None:
        self._folder = folder
        self._part = part
        self._name = name
        self._exclusive = exclusive
        self._is_expected = is_expected

    def commit(self, fd: int, fsync: bool) -> None:
        if self._exclusive:
            self._folder.rename_exclusive(self._part, self._folder, self._name)
        elif self._is_expected is not None:
            self._rename_if_expected(self._is_expected)
        else:
            self._folder.rename(self._part, self._folder, self._name)
        if fsync:
            self._folder.fsync()
        self._folder.close()

    def _rename_if_expected(self, is_expected: Expectation) -> None:
        """Look and rename, with nothing between them; where nothing was, nothing is replaced."""
        check_expected(self._folder, self._name, is_expected)
        if is_expected(None):
            try:
                return self._folder.rename_exclusive(self._part, self._folder, self._name)
            except OSError as error:
                if error.errno != errno.EOPNOTSUPP:
                    raise
        return self._folder.rename(self._part, self._folder, self._name)

    def reopen(self, flags: int) -> int:
        return self._folder.open(self._part, flags)

    def undo(self, fd: int) -> None:
        try:
            self._folder.unlink(self._part)
        finally:
            self._folder.close()


def check_expected(folder: Folder, name: str, is_expected: Expectation) -> None:
    """See that a name has what is expected there.

    Raises:
        OSError: ESTALE, it has not.
    """
    try:
        info = file_info(name, folder.lstat(name))
    except FileNotFoundError:
        info = None
    if not is_expected(info):
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))


class Beginning(Replacement):
    """The end of an append to a file that was not there: it appears whole, or not at all."""

    def __init__(self, folder: Folder, name: str, part: str) -> None:
        super().__init__(folder, name, part, exclusive=True)

    def commit(self, fd: int, fsync: bool) -> None:
        try:
            super().commit(fd, fsync)
        except FileExistsError as error:
            # Somebody was quicker. That is for the moment only: the next attempt lengthens theirs.
            raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN)) from error


class InPlace(Ending):
    """The end of an upload into an existing file: nothing, or the old size again.

    The file is locked meanwhile, so that others who write it by us are refused. Those who do not
    ask for locks, and all where there are none, keep what they have added: then nothing is undone.
    """

    def __init__(self, jail: Jail, path: PurePosixPath, old_size: int) -> None:
        self._jail = jail
        self._path = path
        self.old_size = old_size

    def reopen(self, flags: int) -> int:
        return self._jail.open(self._path, flags)

    def commit(self, fd: int, fsync: bool) -> None:
        if not os.fstat(fd).st_nlink:
            # Removed or replaced meanwhile: what was written would be nowhere.
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    def undo(self, fd: int) -> None:
        if self.old_size < os.fstat(fd).st_size <= self.own_end(fd):
            os.ftruncate(fd, self.old_size)

    def own_end(self, fd: int) -> int:
        """Where what we have written ends."""
        return os.lseek(fd, 0, os.SEEK_CUR)


class Appending(InPlace):
    """The end of an append to an existing file; each write goes to the end that there is then."""

    is_spliceable = False  # Linux refuses to splice to a file that was opened with O_APPEND

    def __init__(self, jail: Jail, path: PurePosixPath, old_size: int) -> None:
        super().__init__(jail, path, old_size)
        self._end = old_size

    def write(self, fd: int, data: memoryview) -> None:
        while data:
            nbytes = os.write(fd, data)
            self._end += nbytes
            data = data[nbytes:]

    def own_end(self, fd: int) -> int:
        """Where they would end if nobody else had written: others' bytes may lie between them."""
        return self._end
