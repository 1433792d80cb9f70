"""Who has a file for itself: one writer at a time, and parts that are still being written.

A lock belongs to the open file and ends with it, however the process ends. Blocking; called in
worker threads.
"""

from __future__ import annotations

import errno
import os

from anyftp._fs._folder import Folder

try:
    import fcntl
except ImportError:  # Windows; nothing is locked there
    fcntl = None  # type: ignore[assignment]

_ATTEMPTS = 10
#: What disks without locks say, network disks among them.
_NO_LOCKS = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.EBADF})


def lock(fd: int) -> bool:
    """Lock an open file at once; False where the disk has no locks.

    Raises:
        BlockingIOError: somebody else has locked it.
    """
    if fcntl is None:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        return False
    return True


def open_locked(folder: Folder, name: str, flags: int) -> int:
    """Open a regular file and lock it, sure that it has the name still.

    Whoever had it before may have renamed or removed it between our opening and locking.

    Raises:
        BlockingIOError: somebody else has locked it.
    """
    for _ in range(_ATTEMPTS):
        fd = folder.open_regular(name, flags)
        try:
            lock(fd)
            if is_at(folder, name, fd):
                return fd
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)
    raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))


def is_at(folder: Folder, name: str, fd: int) -> bool:
    """Whether a name leads to the open file."""
    try:
        return os.path.samestat(os.fstat(fd), folder.lstat(name))
    except FileNotFoundError:
        return False
