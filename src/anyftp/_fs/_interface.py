"""The interface that a storage implements, and nothing else.

Paths are absolute `PurePosixPath`s inside the file system: "/" is its root, whatever that is
outside. They come normalised: no "..", no "." and no empty component. What goes wrong is raised
as `FileSystemError` with an errno and that inner path, so that no message tells where the root is.

Four methods must be written to serve files read-only (`stat`, `scan`, `open_read`, `open_write`
which may refuse); the others refuse with EOPNOTSUPP unless overridden. `abilities` says what can be
done, so that nothing is offered to users that will be refused. `anyftp.testing.check_file_system`
tries whether an implementation keeps its word.
"""

from __future__ import annotations

import enum
import errno
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator
from pathlib import PurePosixPath
from typing import Literal, NamedTuple

from anyio.abc import AsyncResource

from anyftp._errors import FileSystemError

FileType = Literal["file", "dir", "link", "other"]


class Ability(enum.Flag):
    """What a file system can do, besides listing and reading whole files."""

    WRITE = enum.auto()
    """Write new files, in place of older ones."""
    READ_AT = enum.auto()
    """Begin to read in the middle of a file."""
    WRITE_AT = enum.auto()
    """Begin to write in the middle of an existing file."""
    APPEND = enum.auto()
    """Lengthen files."""
    RENAME = enum.auto()
    """Move files and folders."""
    REMOVE = enum.auto()
    """Remove files."""
    DIRECTORIES = enum.auto()
    """Make and remove folders."""
    SET_MODIFIED = enum.auto()
    """Set the time of the last change."""
    CHMOD = enum.auto()
    """Set permission bits."""

    NONE = 0
    ALL = WRITE | READ_AT | WRITE_AT | APPEND | RENAME | REMOVE | DIRECTORIES | SET_MODIFIED | CHMOD


class FileInfo(NamedTuple):
    """What is known of one file or folder.

    A named tuple because a folder may have 100,000 of them: a frozen dataclass takes six times
    as long to make.

    Attributes:
        name: the last component of its path, "/" for the root.
        type: what it is; "link" only where the link itself is meant, as in a scan.
        size: bytes.
        modified: time of the last change of content, seconds since the epoch.
        mode: permission bits, as in `os.stat_result.st_mode & 0o7777`.
        links: number of names it has.
        owner: whose it is, as text.
        group: which group's it is, as text.
        unique: the same text for the same file under any name, "" if not known.
        target: where a link leads, None for everything else and for links that lead out.
    """

    name: str
    type: FileType
    size: int = 0
    modified: float = 0.0
    mode: int = 0o644
    links: int = 1
    owner: str = "0"
    group: str = "0"
    unique: str = ""
    target: str | None = None

    @property
    def is_dir(self) -> bool:
        """Whether it is a folder."""
        return self.type == "dir"

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return self.type == "file"


class ReadFile(AsyncResource):
    """A file opened for reading, from some offset to its end.

    Attributes:
        size: bytes in the whole file when it was opened.
        modified: time of its last change, seconds since the epoch.
    """

    size: int
    modified: float

    @abstractmethod
    async def readinto(self, buffer: memoryview, /) -> int:
        """Fill the front of buffer with the next bytes and return how many, 0 at the end.

        Raises:
            FileSystemError: the storage failed.

        Cancellation: safe; whether the position has moved is not known.
        """

    def fileno(self) -> int | None:
        """A descriptor whose position is where reading goes on, for the kernel to copy from.

        None where there is no such thing: `readinto` is then the only way. Should the kernel fail
        on the file's side, `as_file_error(error)`, where the class has it, gives what to raise.
        """
        return None

    @abstractmethod
    async def aclose(self) -> None:
        """Let go of the file; more than once is fine.

        Cancellation: the file is closed nonetheless.
        """


class WriteFile(AsyncResource):
    """A file opened for writing. Nothing of it counts before `commit`."""

    @abstractmethod
    async def write(self, data: memoryview, /) -> None:
        """Write all of data at the file's position.

        Raises:
            FileSystemError: the storage failed, ENOSPC and EDQUOT among the reasons.

        Cancellation: how much of data was written is not known; only aclose makes sense then.
        """

    def fileno(self) -> int | None:
        """A descriptor whose position is where writing goes on, for the kernel to copy to.

        None where there is none; errors as in `ReadFile.fileno`.
        """
        return None

    @abstractmethod
    async def commit(self) -> None:
        """Make the file appear under its name, whole, and close it.

        Raises:
            FileSystemError: it could not be; nothing has appeared. ESTALE if the file that was
                written in place has been removed or replaced meanwhile, EAGAIN if the one that
                was to be made by appending has been made by somebody else.

        Cancellation: safe before it has begun, not interrupted once it has.
        """

    async def read_back(self) -> ReadFile:
        """Open what has been written so far for reading from its beginning.

        For whoever wants to look before the commit. The file may be written on meanwhile.

        Raises:
            FileSystemError: EOPNOTSUPP where that cannot be done.

        Cancellation: safe; no file stays open.
        """
        raise FileSystemError(errno.EOPNOTSUPP, "")

    @abstractmethod
    async def aclose(self) -> None:
        """Close; without a commit before it, leave things as they were before the opening.

        Cancellation: done nonetheless.
        """


class FileSystem(ABC):
    """A tree of files and folders.

    All methods raise FileSystemError and nothing else, save cancellation. They may be called by
    many tasks at the same time.
    """

    @property
    def abilities(self) -> Ability:
        """What can be done here; what cannot is refused with EOPNOTSUPP (or EROFS).

        Unless overridden: writing and seeking, and whatever the methods are written for.
        """
        found = Ability.WRITE | Ability.READ_AT | Ability.WRITE_AT | Ability.APPEND
        for name, ability in _BY_METHOD.items():
            if getattr(type(self), name) is not getattr(FileSystem, name):
                found |= ability
        return found

    @abstractmethod
    async def stat(self, path: PurePosixPath) -> FileInfo:
        """Tell about one file or folder; links are followed.

        Raises:
            FileSystemError: ENOENT, or EACCES for a link that leads out.

        Cancellation: safe.
        """

    async def real_path(self, path: PurePosixPath, *, follow: bool = True) -> PurePosixPath:
        """Tell where a path leads when the links in it have been followed.

        Unless overridden the path itself: there are no links.

        Args:
            path: need not exist, but for the folders above it.
            follow: whether a link at the end is followed as well.

        Raises:
            FileSystemError: ENOENT, or EACCES for a link that leads out.

        Cancellation: safe.
        """
        return path

    @abstractmethod
    def scan(self, path: PurePosixPath) -> AsyncGenerator[list[FileInfo], None]:
        """Yield the entries of a folder in batches, in no particular order, never all at once.

        An empty folder may yield nothing. Close the generator when leaving it early
        (`contextlib.aclosing`).

        Raises:
            FileSystemError: on the first batch for a folder that cannot be read (ENOTDIR, ...).

        Cancellation: safe.
        """

    @abstractmethod
    async def open_read(self, path: PurePosixPath, offset: int = 0) -> ReadFile:
        """Open a regular file for reading from offset on.

        Raises:
            FileSystemError: EISDIR for a folder, EINVAL for an offset beyond the end.

        Cancellation: safe; no file stays open.
        """

    @abstractmethod
    async def open_write(
        self,
        path: PurePosixPath,
        *,
        offset: int | None = None,
        append: bool = False,
        exclusive: bool = False,
    ) -> WriteFile:
        """Open a file for writing.

        Without offset and append a new file is written; it takes the place of an older one when
        it is committed. With either, an existing file is written in place, by one at a time; on
        aclose without commit it is cut back to its old size. What others have committed is never
        lost by either.

        Args:
            path: the file.
            offset: where in an existing file to begin; nothing is cut off.
            append: begin at the end; a new file appears at the commit if there is none.
            exclusive: refuse (EEXIST) if the name is taken, now or at the commit.

        Raises:
            FileSystemError: EISDIR, EEXIST, EROFS, EINVAL for an offset beyond the end, EAGAIN for
                a file that somebody is writing in place.

        Cancellation: safe; no file stays open or behind.
        """

    async def make_directory(self, path: PurePosixPath) -> None:
        """Make one folder.

        Raises:
            FileSystemError: EEXIST if the name is taken.

        Cancellation: safe.
        """
        raise FileSystemError(errno.EOPNOTSUPP, path)

    async def remove_directory(self, path: PurePosixPath) -> None:
        """Remove an empty folder.

        Raises:
            FileSystemError: ENOTEMPTY, ENOTDIR, EBUSY for the root.

        Cancellation: safe.
        """
        raise FileSystemError(errno.EOPNOTSUPP, path)

    async def remove_file(self, path: PurePosixPath) -> None:
        """Remove a file, or a link without touching its target.

        Raises:
            FileSystemError: EISDIR for a folder.

        Cancellation: safe.
        """
        raise FileSystemError(errno.EOPNOTSUPP, path)

    async def rename(self, source: PurePosixPath, destination: PurePosixPath) -> None:
        """Move a file or folder to another name, in place of an older file there.

        Raises:
            FileSystemError: ENOENT, EINVAL for a move into itself, EBUSY for the root.

        Cancellation: safe.
        """
        raise FileSystemError(errno.EOPNOTSUPP, source)

    async def rename_exclusive(self, source: PurePosixPath, destination: PurePosixPath) -> None:
        """Move a file or folder to a name that nothing has; asked of users who may not replace.

        To look first and to rename then is not enough: somebody may be quicker.

        Raises:
            FileSystemError: EEXIST if something has the name, else as `rename`; EOPNOTSUPP where
                it cannot be done in one step.

        Cancellation: safe.
        """
        raise FileSystemError(errno.EOPNOTSUPP, source)

    async def set_modified(self, path: PurePosixPath, seconds: float) -> None:
        """Set the time of the last change, in seconds since the epoch.

        Cancellation: safe.
        """
        raise FileSystemError(errno.EOPNOTSUPP, path)

    async def chmod(self, path: PurePosixPath, mode: int) -> None:
        """Set the permission bits.

        Cancellation: safe.
        """
        raise FileSystemError(errno.EOPNOTSUPP, path)

    async def sweep(self) -> None:  # noqa: B027  # most leave nothing behind
        """Remove what processes that were killed have left of uploads; a server asks at its start.

        What others are writing stays. Unless overridden there is nothing to be done.

        Cancellation: safe; what has not been looked at stays.
        """

    async def space_left(self, path: PurePosixPath) -> int:
        """Tell how many bytes can still be written in or under a folder.

        Raises:
            FileSystemError: ENOENT; EOPNOTSUPP where that is not known.

        Cancellation: safe.
        """
        raise FileSystemError(errno.EOPNOTSUPP, path)


_BY_METHOD = {
    "rename": Ability.RENAME,
    "remove_file": Ability.REMOVE,
    "make_directory": Ability.DIRECTORIES,
    "set_modified": Ability.SET_MODIFIED,
    "chmod": Ability.CHMOD,
}
