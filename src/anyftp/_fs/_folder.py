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
import stat
import sys
from abc import ABC, abstractmethod
from contextlib import suppress

from anyftp._fs._renameat2 import rename_no_replace

# Looked up by name: this module can be imported where the platform lacks them.
O_DIRECTORY: int = getattr(os, "O_DIRECTORY", 0)
_NONBLOCK: int = getattr(os, "O_NONBLOCK", 0)
NO_FOLLOW: int = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_BINARY: int = getattr(os, "O_BINARY", 0)
# O_PATH asks for search permission only, as an ordinary path walk does; where the platform
# lacks it, read permission on the folders above is needed too.
_PATH_ONLY: int = getattr(os, "O_PATH", os.O_RDONLY)
_SEARCH: int = _PATH_ONLY | O_DIRECTORY | getattr(os, "O_CLOEXEC", 0)


class Folder(ABC):
    """A folder; every name is one plain component, and no link is followed."""

    @abstractmethod
    def enter(self, name: str) -> Folder:
        """The folder of a name; ELOOP or ENOTDIR if it is a link or no folder."""

    @abstractmethod
    def readable(self) -> Folder:
        """The same folder, once more, so that it can be listed."""

    @abstractmethod
    def close(self) -> None:
        """Let go of it."""

    @abstractmethod
    def open(self, name: str, flags: int, mode: int = 0o666) -> int:
        """Open a file; gives its descriptor."""

    def open_regular(self, name: str, flags: int, status: os.stat_result | None = None) -> int:
        """Open a regular file; EISDIR for a folder, EACCES for pipes, devices and the like.

        What is not regular is never opened: to open a device may have it do something, a pipe's
        other end notices. O_NONBLOCK, and the second look, are for what is put there in between.

        Args:
            status: what the name is, where that has been looked for.
        """
        if flags & os.O_EXCL:  # what is made is regular
            return self.open(name, flags)
        try:
            refuse_irregular(status or self.lstat(name))
        except FileNotFoundError:
            if not flags & os.O_CREAT:
                raise
        fd = self.open(name, flags | _NONBLOCK)
        try:
            refuse_irregular(os.fstat(fd))
        except BaseException:
            os.close(fd)
            raise
        return fd

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
    def chmod(self, name: str, mode: int) -> None:
        """Set the permission bits of a file or folder, whatever they are now."""

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

    def rename_exclusive(self, old: str, to: Folder, new: str) -> None:
        """Move a name to another folder, unless something has it there (EEXIST).

        Here in two steps, for want of one: there is never a moment in which something else loses
        its name, but one in which a file has two.
        """
        status = self.lstat(old)
        if stat.S_ISDIR(status.st_mode):
            to.mkdir(new)
            try:
                self.rename(old, to, new)  # in place of an empty folder, ours, and of no other
            except BaseException:
                with suppress(OSError):
                    to.rmdir(new)
                raise
            return
        try:
            self.link(old, to, new)
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.EMLINK):
                raise
            raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP)) from error
        if os.path.samestat(status, self.lstat(old)):
            self.unlink(old)

    @abstractmethod
    def link(self, old: str, to: Folder, new: str) -> None:
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

    def chmod(self, name: str, mode: int) -> None:
        if os.chmod in os.supports_follow_symlinks:
            refuse_special(self.lstat(name))
            os.chmod(name, mode, dir_fd=self._fd, follow_symlinks=False)
            return
        # Linux has no chmod that refuses to follow a link. O_PATH needs no right to the file, so
        # that a mode that forbids everything can be taken back.
        fd = os.open(name, _PATH_ONLY | NO_FOLLOW, dir_fd=self._fd)
        try:
            refuse_special(os.fstat(fd))  # who may use a device is not for clients to say
            os.chmod(f"/proc/self/fd/{fd}", mode)
        except FileNotFoundError:  # no /proc, in a chroot for instance: only what may be opened
            self._chmod_by_opening(name, mode)
        finally:
            os.close(fd)

    def _chmod_by_opening(self, name: str, mode: int) -> None:
        fd = self.open(name, os.O_RDONLY | _NONBLOCK)
        try:
            os.fchmod(fd, mode)
        finally:
            os.close(fd)

    def mkdir(self, name: str) -> None:
        os.mkdir(name, dir_fd=self._fd)

    def rmdir(self, name: str) -> None:
        os.rmdir(name, dir_fd=self._fd)

    def unlink(self, name: str) -> None:
        os.unlink(name, dir_fd=self._fd)

    def rename(self, old: str, to: Folder, new: str) -> None:
        assert isinstance(to, DescriptorFolder)
        os.rename(old, new, src_dir_fd=self._fd, dst_dir_fd=to._fd)

    def rename_exclusive(self, old: str, to: Folder, new: str) -> None:
        assert isinstance(to, DescriptorFolder)
        if not rename_no_replace(self._fd, old, to._fd, new):
            super().rename_exclusive(old, to, new)

    def link(self, old: str, to: Folder, new: str) -> None:
        assert isinstance(to, DescriptorFolder)
        os.link(old, new, src_dir_fd=self._fd, dst_dir_fd=to._fd, follow_symlinks=False)

    def set_modified(self, name: str, seconds: float) -> None:
        os.utime(name, (seconds, seconds), dir_fd=self._fd, follow_symlinks=False)

    def scan(self) -> os._ScandirIterator[str]:
        return os.scandir(self._fd)

    def fsync(self) -> None:
        fd = os.open(".", os.O_RDONLY | O_DIRECTORY | NO_FOLLOW, dir_fd=self._fd)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def space_left(self) -> int:
        disk = os.fstatvfs(self._fd)
        return disk.f_bavail * disk.f_frsize


class PathFolder(Folder):
    """A folder by its path, in which there were no links when it was made."""

    def __init__(self, path: str) -> None:
        self._path = path

    def enter(self, name: str) -> PathFolder:
        status = self.lstat(name)
        _refuse_link(status)
        if not stat.S_ISDIR(status.st_mode):
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

    def chmod(self, name: str, mode: int) -> None:
        path = self._at(name)
        refuse_special(os.lstat(path))
        os.chmod(path, mode)

    def mkdir(self, name: str) -> None:
        os.mkdir(self._at(name))

    def rmdir(self, name: str) -> None:
        os.rmdir(self._at(name))

    def unlink(self, name: str) -> None:
        os.unlink(self._at(name))

    def rename(self, old: str, to: Folder, new: str) -> None:
        assert isinstance(to, PathFolder)
        os.replace(self._at(old), to._at(new))

    def rename_exclusive(self, old: str, to: Folder, new: str) -> None:
        assert isinstance(to, PathFolder)
        if sys.platform == "win32":  # its rename never replaces
            os.rename(self._at(old), to._at(new))
        else:
            super().rename_exclusive(old, to, new)

    def link(self, old: str, to: Folder, new: str) -> None:
        assert isinstance(to, PathFolder)
        os.link(self._at(old), to._at(new), follow_symlinks=False)

    def set_modified(self, name: str, seconds: float) -> None:
        path = self._at(name)
        _refuse_link(os.lstat(path))
        os.utime(path, (seconds, seconds))

    def scan(self) -> os._ScandirIterator[str]:
        self._check()
        return os.scandir(self._path)

    def fsync(self) -> None:
        """No such platform needs it, or could."""

    def space_left(self) -> int:
        import shutil  # with three compressors; few ask

        return shutil.disk_usage(self._path).free

    def _at(self, name: str) -> str:
        if sys.platform == "win32" and ":" in name:  # `secret.txt::$DATA` is `secret.txt` there
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
        self._check()
        return os.path.join(self._path, name)

    def _check(self) -> None:
        """Make sure that nobody has put a link in our way."""
        if os.path.realpath(self._path) != self._path:
            raise OSError(errno.EACCES, "the folder was moved, or there is a link in its way")


def refuse_irregular(status: os.stat_result) -> None:
    """Refuse what is no plain file."""
    if stat.S_ISDIR(status.st_mode):
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
    _refuse_link(status)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EACCES, "not a regular file")


def refuse_special(status: os.stat_result) -> None:
    """Refuse pipes, devices and the like, and links."""
    if not stat.S_ISDIR(status.st_mode):
        refuse_irregular(status)


def _refuse_link(status: os.stat_result) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
