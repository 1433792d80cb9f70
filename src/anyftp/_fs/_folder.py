"""One folder and the names in it, by whatever the platform has to hold on to a folder.

`DescriptorFolder` works relative to an open descriptor: whatever is moved or swapped meanwhile, it
stays the folder that was opened. `PathFolder`, for platforms without such calls (Windows), works by
a path without links, and makes sure before each step, and after each opening, that the path still
is one. That leaves moments in which somebody on this machine who swaps a folder for a link, and
back, can have us act outside; whoever has FTP alone makes no links.

Blocking; called in worker threads.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from abc import ABC, abstractmethod

# Looked up by name: this module can be imported where the platform lacks them.
O_DIRECTORY: int = getattr(os, "O_DIRECTORY", 0)
O_NONBLOCK: int = getattr(os, "O_NONBLOCK", 0)
NO_FOLLOW: int = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_BINARY: int = getattr(os, "O_BINARY", 0)
# O_PATH asks for search permission only, as an ordinary path walk does; where the platform
# lacks it, read permission on the folders above is needed too.
_SEARCH: int = getattr(os, "O_PATH", os.O_RDONLY) | O_DIRECTORY | getattr(os, "O_CLOEXEC", 0)


class Folder(ABC):
    """A folder; every name is one plain component, and no link is followed."""

    @abstractmethod
    def enter(self, name: str) -> Folder:
        """The folder of a name; ELOOP or ENOTDIR if it is a link or no folder."""

    @abstractmethod
    def readable(self) -> Folder:
        """The same folder, once more, so that it can be listed, synchronised and kept."""

    @abstractmethod
    def close(self) -> None:
        """Let go of it."""

    @abstractmethod
    def open(self, name: str, flags: int, mode: int = 0o666) -> int:
        """Open a file; gives its descriptor."""

    @abstractmethod
    def lstat(self, name: str) -> os.stat_result:
        """What a name is."""

    @abstractmethod
    def readlink(self, name: str) -> str:
        """Where a link leads; EINVAL if it is none."""

    @abstractmethod
    def is_writable(self, name: str) -> bool:
        """Whether we may write to a file."""

    @abstractmethod
    def mkdir(self, name: str) -> None:
        """Make a folder."""

    @abstractmethod
    def rmdir(self, name: str) -> None:
        """Remove an empty folder."""

    @abstractmethod
    def unlink(self, name: str) -> None:
        """Remove a file."""

    @abstractmethod
    def rename(self, old: str, to: Folder, new: str) -> None:
        """Move a name to another folder, over what is there."""

    @abstractmethod
    def link(self, old: str, new: str) -> None:
        """Give a file a second name, unless that is taken (EEXIST)."""

    @abstractmethod
    def set_modified(self, name: str, seconds: float) -> None:
        """Set when a file was last changed."""

    @abstractmethod
    def scan(self) -> os._ScandirIterator[str]:
        """Begin to look through it."""

    @abstractmethod
    def fsync(self) -> None:
        """Have its names reach the disk."""

    @abstractmethod
    def space_left(self) -> int:
        """Bytes free on its disk."""


def open_root(path: str) -> Folder:
    """The folder of a path, whose own links are followed."""
    if os.open in os.supports_dir_fd:
        return DescriptorFolder(os.open(path, _SEARCH))
    return PathFolder(os.path.realpath(path))


class DescriptorFolder(Folder):
    """A folder by its descriptor, which it owns."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def enter(self, name: str) -> DescriptorFolder:
        return DescriptorFolder(os.open(name, _SEARCH | NO_FOLLOW, dir_fd=self._fd))

    def readable(self) -> DescriptorFolder:
        flags = os.O_RDONLY | O_DIRECTORY | NO_FOLLOW
        return DescriptorFolder(os.open(".", flags, dir_fd=self._fd))

    def close(self) -> None:
        os.close(self._fd)

    def open(self, name: str, flags: int, mode: int = 0o666) -> int:
        return os.open(name, flags | NO_FOLLOW, mode, dir_fd=self._fd)

    def lstat(self, name: str) -> os.stat_result:
        return os.lstat(name, dir_fd=self._fd)

    def readlink(self, name: str) -> str:
        return os.readlink(name, dir_fd=self._fd)

    def is_writable(self, name: str) -> bool:
        return os.access(name, os.W_OK, dir_fd=self._fd)

    def mkdir(self, name: str) -> None:
        os.mkdir(name, dir_fd=self._fd)

    def rmdir(self, name: str) -> None:
        os.rmdir(name, dir_fd=self._fd)

    def unlink(self, name: str) -> None:
        os.unlink(name, dir_fd=self._fd)

    def rename(self, old: str, to: Folder, new: str) -> None:
        assert isinstance(to, DescriptorFolder)
        os.rename(old, new, src_dir_fd=self._fd, dst_dir_fd=to._fd)

    def link(self, old: str, new: str) -> None:
        os.link(old, new, src_dir_fd=self._fd, dst_dir_fd=self._fd)

    def set_modified(self, name: str, seconds: float) -> None:
        os.utime(name, (seconds, seconds), dir_fd=self._fd, follow_symlinks=False)

    def scan(self) -> os._ScandirIterator[str]:
        return os.scandir(self._fd)

    def fsync(self) -> None:
        os.fsync(self._fd)

    def space_left(self) -> int:
        disk = os.fstatvfs(self._fd)
        return disk.f_bavail * disk.f_frsize


class PathFolder(Folder):
    """A folder by its path, in which there were no links when it was made."""

    def __init__(self, path: str) -> None:
        self._path = path

    def enter(self, name: str) -> PathFolder:
        mode = self.lstat(name).st_mode
        if stat.S_ISLNK(mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        if not stat.S_ISDIR(mode):
            raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        return PathFolder(os.path.join(self._path, name))

    def readable(self) -> PathFolder:
        return PathFolder(self._path)

    def close(self) -> None:
        """Nothing is open."""

    def open(self, name: str, flags: int, mode: int = 0o666) -> int:
        path = self._at(name)
        fd = os.open(path, flags | NO_FOLLOW | _BINARY, mode)
        try:
            self._check()
            if not os.path.samestat(os.fstat(fd), os.lstat(path)):
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        except BaseException:
            os.close(fd)
            raise
        return fd

    def lstat(self, name: str) -> os.stat_result:
        return os.lstat(self._at(name))

    def readlink(self, name: str) -> str:
        return os.readlink(self._at(name))

    def is_writable(self, name: str) -> bool:
        return os.access(self._at(name), os.W_OK)

    def mkdir(self, name: str) -> None:
        os.mkdir(self._at(name))

    def rmdir(self, name: str) -> None:
        os.rmdir(self._at(name))

    def unlink(self, name: str) -> None:
        os.unlink(self._at(name))

    def rename(self, old: str, to: Folder, new: str) -> None:
        assert isinstance(to, PathFolder)
        os.replace(self._at(old), to._at(new))

    def link(self, old: str, new: str) -> None:
        os.link(self._at(old), self._at(new))

    def set_modified(self, name: str, seconds: float) -> None:
        path = self._at(name)
        if stat.S_ISLNK(os.lstat(path).st_mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        os.utime(path, (seconds, seconds))

    def scan(self) -> os._ScandirIterator[str]:
        self._check()
        return os.scandir(self._path)

    def fsync(self) -> None:
        """No such platform needs it, or could."""

    def space_left(self) -> int:
        return shutil.disk_usage(self._path).free

    def _at(self, name: str) -> str:
        self._check()
        return os.path.join(self._path, name)

    def _check(self) -> None:
        """Make sure that nobody has put a link in our way."""
        if os.path.realpath(self._path) != self._path:
            raise OSError(errno.EACCES, "the folder was moved, or there is a link in its way")
