"""Files that the system has in memory: opened and read without waiting for a disk.

A hop to a worker thread costs more than all else that a small file takes, and most files that are
asked for have been before. As a socket is tried before it is waited for, so is a file: Linux can
be asked for what needs no disk alone, be it a path (RESOLVE_CACHED, since 5.12) or bytes
(RWF_NOWAIT). What is not there in this way is left to a worker, whatever the reason, and so are
links, other disks mounted below, names that need a closer look, and everything elsewhere.

Only disks of this machine are asked: a remote one, or a program that plays one (FUSE), takes part
in each opening. So may a program that looks through what is opened, a virus scanner say: whoever
has held us up is left to the workers for a while.
"""

from __future__ import annotations

import functools
import os
import stat
import struct
import sys
import time
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from anyftp._fs._snapshot import stamp
from anyftp._fs._temporary import is_temporary

#: By the names that /usr/include/linux/magic.h has for them.
_EXT4, _XFS, _BTRFS, _F2FS, _TMPFS = 0xEF53, 0x58465342, 0x9123683E, 0xF2F52010, 0x01021994
#: What reads of a disk are to be told so that they do not wait. A tmpfs is memory.
_READ_FLAGS = {
    **dict.fromkeys((_EXT4, _XFS, _BTRFS, _F2FS), getattr(os, "RWF_NOWAIT", 0)),
    _TMPFS: 0,
}
_STATFS_BYTES = 256  # more than it has on any processor; the kind is its first word

_OPENAT2 = 437
_AT_FDCWD = -100
_NO_XDEV, _NO_MAGICLINKS, _NO_SYMLINKS, _BENEATH, _CACHED = 0x01, 0x02, 0x04, 0x08, 0x20

#: An opening that took longer, and has slept, has waited for somebody; and for how long none is
#: tried then. A busy processor may take as long by itself.
_HELD_UP_SECONDS = 0.05
_PAUSE_SECONDS = 60.0


def _how(flags: int, resolve: int) -> bytes:
    """A `struct open_how`."""
    return struct.pack("QQQ", flags, 0, resolve | _NO_MAGICLINKS | _CACHED)


if sys.platform == "linux":
    import resource

    _BELOW = _NO_XDEV | _NO_SYMLINKS | _BENEATH
    _AS_ROOT = _how(os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC, 0)
    _TO_LOOK = _how(os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, _BELOW)
    _TO_READ = _how(os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC, _BELOW)


class PageCache:
    """What is in memory of a folder and all below it.

    Args:
        root: the folder.
    """

    __slots__ = ("_flags", "_is_known", "_rests_until", "_root")

    def __init__(self, root: str) -> None:
        self._root = os.fsencode(root)
        self._is_known = False
        self._flags: int | None = None
        self._rests_until = 0.0

    def learn(self) -> None:
        """Find out what kind of disk this is; blocking, and done once."""
        if not self._is_known:
            self._is_known = True
            self._flags = _READ_FLAGS.get(_kind_of_disk(self._root))

    @property
    def read_flags(self) -> int | None:
        """What `os.preadv` is to be told so that it does not wait; None where nothing is known."""
        return self._flags

    def open(
        self, path: PurePosixPath, most: int
    ) -> tuple[int, os.stat_result, bytes | None] | None:
        """Open a regular file and read it, if it has at most this many bytes.

        Returns:
            Its descriptor, what the system knows of it, and its content, None of a larger one; or
            None where a worker has to be asked.
        """
        if self._flags is None or _needs_a_look(path):
            return None
        began, sleeps = time.monotonic(), _sleeps()
        if began < self._rests_until:
            return None
        try:
            return self._open(os.fsencode(str(path)[1:]), most)
        except (OSError, ValueError):  # to be said by the worker
            return None
        finally:
            now = time.monotonic()
            if now - began > _HELD_UP_SECONDS and _sleeps() > sleeps:
                self._rests_until = now + _PAUSE_SECONDS

    def _open(self, path: bytes, most: int) -> tuple[int, os.stat_result, bytes | None] | None:
        root = _openat2(_AT_FDCWD, self._root, _AS_ROOT)
        try:
            # What is not regular is never opened: a pipe's other end would notice.
            seen = _openat2(root, path, _TO_LOOK)
            try:
                if not stat.S_ISREG(os.fstat(seen).st_mode):
                    return None
            finally:
                os.close(seen)
            fd = _openat2(root, path, _TO_READ)
        finally:
            os.close(root)
        try:
            if (found := self._look(fd, most)) is not None:
                return fd, *found
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)
        return None

    def _look(self, fd: int, most: int) -> tuple[os.stat_result, bytes | None] | None:
        """Read a small file as it was at one moment, as far as its time tells; None if it was not.

        A write tells the time at which it begins: of one that is under way all the while nobody
        hears.
        """
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            return None
        if status.st_size > most:
            return status, None
        block = bytearray(status.st_size + 1)
        assert self._flags is not None
        nbytes = os.preadv(fd, [block], 0, self._flags)
        if nbytes != status.st_size or stamp(os.fstat(fd)) != stamp(status):
            return None
        return status, bytes(memoryview(block)[:nbytes])


def _sleeps() -> int:
    """How often this thread has waited for something so far."""
    return resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw


def _needs_a_look(path: PurePosixPath) -> bool:
    """Whether a name in a path may be one that leads to nothing, see `Jail`.

    What C takes for a name ends at a NUL.
    """
    text = str(path)
    if "~" in text or "\0" in text:
        return True
    if "/." not in text and text.isascii():
        return False
    return any(name == ".." or is_temporary(name) for name in path.parts)


def _openat2(folder: int, path: bytes, how: bytes) -> int:
    function = _syscall()
    fd: int = -1 if function is None else function(_OPENAT2, folder, path, how, len(how))
    if fd < 0:
        raise OSError
    return fd


@functools.cache
def _syscall() -> Callable[..., Any] | None:
    """The C library's function of that name; it keeps Python's lock, for nothing here waits."""
    import ctypes

    try:
        function = ctypes.PyDLL(None).syscall
    except (AttributeError, OSError, TypeError):
        return None
    function.argtypes = (
        ctypes.c_long,
        ctypes.c_long,
        ctypes.c_char_p,
        ctypes.c_char_p,
        ctypes.c_size_t,
    )
    function.restype = ctypes.c_long
    return function


def _kind_of_disk(root: bytes) -> int:
    """The magic number of the file system that a folder is on; 0 where it is not told."""
    if sys.platform != "linux" or _syscall() is None:
        return 0
    import ctypes

    block = ctypes.create_string_buffer(_STATFS_BYTES)
    try:
        is_told = ctypes.CDLL(None).statfs(root, block) == 0
    except (AttributeError, OSError):
        return 0
    return ctypes.c_long.from_buffer(block).value & 0xFFFFFFFF if is_told else 0
