"""The threads that wait for disks, and what goes wrong with a disk in words of ours."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import PurePosixPath

from anyftp._errors import FileSystemError, FTPError
from anyftp._streams import Workers
from anyftp._streams import acting_for as acting_for

#: How errors call what has a path; text is such a name already.
Shown = Callable[[PurePosixPath | str], PurePosixPath | str]

#: What blocking calls raise: the last two mean a NUL in the name, characters that the disk's
#: encoding lacks, a time that it lacks.
DISK_FAILURES = (OSError, ValueError, OverflowError)


def translated(error: Exception, path: PurePosixPath | str) -> FileSystemError:
    """One of these in our words."""
    code = (error.errno or errno.EIO) if isinstance(error, OSError) else errno.EINVAL
    return FileSystemError(code, path)


class DiskWorkers(Workers):
    """The threads of one file system; the errors of `run` speak of a path.

    Args:
        max_threads, for_all: as for `Workers`.
        shown: what errors are to call a path, if something else.
    """

    def __init__(
        self, max_threads: int = 20, *, for_all: bool = False, shown: Shown | None = None
    ) -> None:
        super().__init__(max_threads, for_all=for_all)
        self._shown = shown

    def failure(self, error: Exception, subject: object) -> Exception:
        """`FileSystemError`, for what a disk says; our own errors are as they are."""
        if isinstance(error, FTPError) or not isinstance(error, DISK_FAILURES):
            return error
        assert isinstance(subject, PurePosixPath | str)
        return translated(error, self.shown(subject))

    def shown(self, path: PurePosixPath | str) -> PurePosixPath | str:
        """What errors are to call a path."""
        return path if self._shown is None else self._shown(path)


#: For files that belong to no file system of ours.
SHARED = DiskWorkers()
