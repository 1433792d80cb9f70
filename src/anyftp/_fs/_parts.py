"""Parts: what uploads are written to until they are whole, and what killed processes leave of it.

A part is locked for as long as it is being written, and the lock ends with the process. So one that
can be locked has been left behind, and is removed: by `sweep`, in the folder where it lies. Two
kinds have to be old as well: parts that the next attempt takes up where the last one ended, and any
part on a disk that has no locks. Blocking; called in worker threads.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress

from anyftp._fs._descriptors import OPEN_FILES_MOVE
from anyftp._fs._folder import Folder
from anyftp._fs._locks import is_at, lock, open_locked
from anyftp._fs._temporary import is_lasting, is_mark, is_temporary, part_of, temporary_name

#: Seconds after its last change for which a part waits for the next attempt.
RESUMABLE_SECONDS = 7 * 86400
#: Seconds after its last change for which a part counts as in use where nothing can be locked.
UNLOCKABLE_SECONDS = 86400

_ATTEMPTS = 10
#: Folders that are remembered as swept.
_MAX_SEEN = 1000
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL


def open_part(folder: Folder) -> tuple[int, str]:
    """Make a part in a folder; gives its descriptor and its name."""
    for _ in range(_ATTEMPTS):
        name = temporary_name()
        try:
            return open_locked(folder, name, _NEW), name
        except BlockingIOError:  # it was new, and somebody sweeps it away already
            continue
    raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))


class FirstVisit:
    """Sweeps each folder when something is written into it for the first time."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, int], None] = {}

    def __call__(self, folder: Folder, now: float) -> None:
        """Somebody is about to write into a folder."""
        status = folder.lstat(".")
        here = status.st_dev, status.st_ino
        if here in self._seen:
            return
        self._seen[here] = None
        if len(self._seen) > _MAX_SEEN:
            self._seen.pop(next(iter(self._seen)), None)
        with suppress(OSError):  # a courtesy: what is written does not depend on it
            readable = folder.readable()
            try:
                sweep(readable, now)
            finally:
                readable.close()


def sweep(folder: Folder, now: float) -> list[str]:
    """Remove the parts in a folder that nobody is writing; what cannot be removed stays.

    Args:
        folder: opened to be read.
        now: the present time, seconds since the epoch.

    Returns:
        The names of the folders in it.
    """
    names: set[str] = set()
    folders: list[str] = []
    with folder.scan() as entries:
        for entry in entries:
            name = entry.name
            if name[0] == "." and is_temporary(name):
                names.add(name)
            elif entry.is_dir(follow_symlinks=False):
                folders.append(name)
    # Marks last: they are nobody's once their parts are gone.
    for name in sorted(names, key=is_mark):
        if not (is_mark(name) and part_of(name) in names):
            with suppress(OSError):
                if _remove_if_left_behind(folder, name, now):
                    names.discard(name)
    return folders


def _remove_if_left_behind(folder: Folder, name: str, now: float) -> bool:
    fd = folder.open_regular(name, os.O_RDONLY)
    try:
        is_locked = lock(fd)  # for as long as it takes: nobody can take it up meanwhile
        age = now - os.fstat(fd).st_mtime
        waits = age < RESUMABLE_SECONDS and is_lasting(name)
        is_left_behind = not waits and (is_locked or age > UNLOCKABLE_SECONDS)
        if is_left_behind and OPEN_FILES_MOVE and is_at(folder, name, fd):
            folder.unlink(name)
    finally:
        os.close(fd)
    if is_left_behind and not OPEN_FILES_MOVE:  # refused if somebody has it open
        folder.unlink(name)
    return is_left_behind
