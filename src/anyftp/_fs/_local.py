"""A folder of this machine as a file system.

Every method is one hop to a worker thread, in which the path is resolved inside the jail and the
work is done on the descriptors that the walk opened (see `_jail`). A hop costs as much as all else
that a small file takes, so nothing here makes two; and what is in memory is read without any
(`_page_cache`).
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import PurePosixPath
from typing import TypeVar, TypeVarTuple

from anyio.lowlevel import checkpoint_if_cancelled

from anyftp._errors import FileSystemError
from anyftp._fs._descriptors import MODE_BITS
from anyftp._fs._endings import Expectation, check_expected
from anyftp._fs._folding import folds_names
from anyftp._fs._interface import Ability, FileInfo, FileSystem
from anyftp._fs._jail import Jail
from anyftp._fs._local_files import (
    LocalWriteFile,
    Opening,
    open_at,
    open_at_end,
    open_new,
    open_partial,
)
from anyftp._fs._local_read import (
    LocalReadFile,
    open_for_reading,
    open_in_memory,
    read_ahead,
)
from anyftp._fs._local_scan import Scan, file_info
from anyftp._fs._page_cache import PageCache
from anyftp._fs._parts import FirstVisit, sweep
from anyftp._fs._worker import DiskWorkers

_ROOT = PurePosixPath("/")
#: What is said of a folder that is not empty, as it may seem by parts that nobody is writing.
_NOT_EMPTY = frozenset({errno.ENOTEMPTY, errno.EEXIST})

_Args = TypeVarTuple("_Args")
_T = TypeVar("_T")


class LocalFileSystem(FileSystem):
    """The folder root and all that is below it, and nothing else.

    Symbolic links that stay inside are followed, those that lead out are refused (EACCES).
    Uploads are written under a temporary name in the folder where they belong and renamed.

    Args:
        root: an existing folder.
        read_only: refuse every change with EROFS.
        follow_links: follow symbolic links that stay inside; without, every link is refused.
        fsync: let an upload reach the disk before it is committed.
        outer_paths: have errors name files by their paths on this machine. A server's clients
            should not learn those.
        watches_reads: have files that are read tell whether they were written to meanwhile, see
            `LocalReadFile.check_unchanged`.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        *,
        read_only: bool = False,
        follow_links: bool = True,
        fsync: bool = False,
        outer_paths: bool = False,
        watches_reads: bool = False,
    ) -> None:
        self._watches_reads = watches_reads
        self._jail = Jail(root, follow_links=follow_links, outer_paths=outer_paths)
        self._read_only = read_only
        self._fsync = fsync
        self._folds_names: bool | None = None
        self._workers = DiskWorkers(shown=self._jail.shown)
        self._page_cache = PageCache(self._jail.root)
        self._visit = FirstVisit()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._jail.root!r})"

    @property
    def abilities(self) -> Ability:
        return Ability.READ_AT if self._read_only else Ability.ALL

    async def folds_names(self) -> bool:
        """Tell whether names that differ in case alone are one file here; looked at once.

        Cancellation: safe.
        """
        if self._folds_names is None:
            self._folds_names = await self._workers.run(_ROOT, folds_names, self._jail.root)
        return self._folds_names

    def describe(self, name: str, status: os.stat_result) -> FileInfo:
        """Say what is shown of a file: override it to show owners by their names, say.

        Called in worker threads.

        Args:
            name: of the file; "/" for the root.
            status: what the system knows of it, or of the link itself in a scan.
        """
        return file_info(name, status)

    async def stat(self, path: PurePosixPath) -> FileInfo:
        return await self._work(path, self._stat, path)

    def _stat(self, path: PurePosixPath) -> FileInfo:
        with self._jail.parent(path, follow=True) as (folder, name):
            return self.describe(path.name or "/", folder.lstat(name))

    async def real_path(self, path: PurePosixPath, *, follow: bool = True) -> PurePosixPath:
        return await self._work(path, partial(self._jail.real_path, follow=follow), path)

    async def scan(self, path: PurePosixPath) -> AsyncGenerator[list[FileInfo], None]:
        scan = Scan(self._jail, path, self.describe)
        try:
            while not scan.is_exhausted:
                if batch := await self._work(path, scan.next_batch):
                    yield batch
        finally:
            scan.close()

    async def open_read(self, path: PurePosixPath, offset: int = 0) -> LocalReadFile:
        await checkpoint_if_cancelled()
        is_watched = self._watches_reads
        file = open_in_memory(self._page_cache, path, offset, self._workers, is_watched=is_watched)
        if file is not None:
            return file
        return await self._work(path, self._open_read, path, offset)

    def _open_read(self, path: PurePosixPath, offset: int) -> LocalReadFile:
        self._page_cache.learn()
        return open_for_reading(
            self._jail, path, offset, self._workers, is_watched=self._watches_reads
        )

    async def open_read_several(self, paths: Sequence[PurePosixPath]) -> list[LocalReadFile | None]:
        """Open the first file as `open_read`, and read some of the others in the same hop.

        Returns:
            The files; None for those that are not small, or not to be had, or too many.

        Cancellation: safe; no file stays open.
        """
        return await self._work(paths[0], read_ahead, self._jail, paths, self._workers)

    def open_read_now(self, path: PurePosixPath) -> LocalReadFile:
        """As `open_read`, from the beginning; blocking, and with the system's own errors."""
        return open_for_reading(self._jail, path, 0, self._workers)

    async def open_write(
        self,
        path: PurePosixPath,
        *,
        offset: int | None = None,
        append: bool = False,
        exclusive: bool = False,
    ) -> LocalWriteFile:
        self._refuse_if_read_only(path)
        opening: Opening
        if exclusive or (offset is None and not append):
            opening = self.opening(path, exclusive=exclusive)
        elif offset is None:
            opening = partial(open_at_end, self._jail, path, self._visit)
        else:
            opening = partial(open_at, self._jail, path, offset)
        file = LocalWriteFile(self._jail.shown(path), opening, self._fsync, self._workers)
        return await self._work(path, file.open)

    def open_write_later(
        self, path: PurePosixPath, *, is_expected: Expectation | None = None
    ) -> LocalWriteFile:
        """Begin to write a file that is opened when it must be: what is wrong is said then.

        A small file costs one hop to a worker thread in all, its `commit`.

        Args:
            is_expected: asked by the commit, in its thread, about what has the name at that moment;
                unless it says yes that stays, and the commit fails (ESTALE).
        """
        opening = self.opening(path, is_expected=is_expected)
        return LocalWriteFile(self._jail.shown(path), opening, self._fsync, self._workers)

    def opening(
        self,
        path: PurePosixPath,
        *,
        exclusive: bool = False,
        is_expected: Expectation | None = None,
    ) -> Opening:
        """What opens a file for its content to be replaced."""
        self._refuse_if_read_only(path)
        return partial(open_new, self._jail, path, exclusive, self._visit, is_expected)

    async def open_partial(self, path: PurePosixPath, mark: str) -> LocalWriteFile:
        """Go on writing a file that an earlier call, of whatever process, did not finish.

        What was written stays if there is no commit, hidden beside the name, and the next call
        with the same mark gets it back; `offset` of the file says how much it was. Under another
        mark the file is begun anew.

        Args:
            mark: says which version of the content it is.

        Raises:
            FileSystemError: EBUSY if somebody else is at it, else as `open_write`.

        Cancellation: safe; no file stays open.
        """
        self._refuse_if_read_only(path)
        return await self._work(
            path, open_partial, self._jail, path, mark, self._fsync, self._visit, self._workers
        )

    async def make_directory(self, path: PurePosixPath) -> None:
        self._refuse_if_read_only(path)
        await self._work(path, self._make_directory, path)

    def _make_directory(self, path: PurePosixPath) -> None:
        with self._jail.parent(path) as (folder, name):
            if name == ".":
                raise OSError(errno.EEXIST, "the root")
            folder.mkdir(name)

    async def remove_directory(self, path: PurePosixPath) -> None:
        self._refuse_if_read_only(path)
        await self._work(path, self._remove_directory, path)

    def _remove_directory(self, path: PurePosixPath) -> None:
        with self._jail.parent(path) as (folder, name):
            _refuse_root(name)
            try:
                folder.rmdir(name)
            except OSError as error:
                if error.errno not in _NOT_EMPTY:
                    raise
                self._sweep(path)
                folder.rmdir(name)

    async def remove_file(self, path: PurePosixPath) -> None:
        self._refuse_if_read_only(path)
        await self._work(path, self._remove_file, path)

    async def remove_expected(self, path: PurePosixPath, is_expected: Expectation) -> None:
        """Remove a file, unless what has the name is another by then (ESTALE).

        Cancellation: safe; it may be gone.
        """
        self._refuse_if_read_only(path)
        await self._work(path, self._remove_file, path, is_expected)

    def _remove_file(self, path: PurePosixPath, is_expected: Expectation | None = None) -> None:
        with self._jail.parent(path) as (folder, name):
            _refuse_root(name)
            if is_expected is not None:
                check_expected(folder, name, is_expected)
            # POSIX lets unlink of a folder fail with EPERM or, as root on some systems, succeed.
            if stat.S_ISDIR(folder.lstat(name).st_mode):
                raise OSError(errno.EISDIR, "a folder")
            folder.unlink(name)

    async def rename(self, source: PurePosixPath, destination: PurePosixPath) -> None:
        self._refuse_if_read_only(source)
        await self._work(source, self._rename, source, destination)

    def _rename(
        self, source: PurePosixPath, destination: PurePosixPath, exclusive: bool = False
    ) -> None:
        with (
            self._jail.parent(source) as (from_folder, old_name),
            self._jail.parent(destination) as (to_folder, new_name),
        ):
            _refuse_root(old_name)
            _refuse_root(new_name)
            if exclusive:
                from_folder.rename_exclusive(old_name, to_folder, new_name)
                return
            try:
                from_folder.rename(old_name, to_folder, new_name)
            except OSError as error:
                if error.errno not in _NOT_EMPTY:
                    raise
                self._sweep(destination)
                from_folder.rename(old_name, to_folder, new_name)

    async def rename_exclusive(self, source: PurePosixPath, destination: PurePosixPath) -> None:
        self._refuse_if_read_only(source)
        await self._work(source, self._rename, source, destination, True)

    async def set_modified(self, path: PurePosixPath, seconds: float) -> None:
        self._refuse_if_read_only(path)
        await self._work(path, self._set_modified, path, seconds)

    def _set_modified(self, path: PurePosixPath, seconds: float) -> None:
        with self._jail.parent(path, follow=True) as (folder, name):
            folder.set_modified(name, seconds)

    async def chmod(self, path: PurePosixPath, mode: int) -> None:
        self._refuse_if_read_only(path)
        await self._work(path, self._chmod, path, mode)

    def _chmod(self, path: PurePosixPath, mode: int) -> None:
        with self._jail.parent(path, follow=True) as (folder, name):
            folder.chmod(name, mode & MODE_BITS)

    async def space_left(self, path: PurePosixPath) -> int:
        return await self._work(path, self._space_left, path)

    def _space_left(self, path: PurePosixPath) -> int:
        folder = self._jail.open_directory(path)
        try:
            return 0 if self._read_only else folder.space_left()
        finally:
            folder.close()

    async def sweep(self, path: PurePosixPath = _ROOT) -> None:
        """Remove the parts that killed processes have left in a folder and all below it.

        Parts that somebody is writing are locked and stay; those that a later attempt could take
        up stay for a week. `remove_directory` does the same in the one folder.

        Cancellation: safe; what has not been looked at stays.
        """
        if self._read_only:
            return
        folders = [path]
        while folders:
            folder = folders.pop()
            with suppress(FileSystemError):  # gone, or not ours
                below = await self._work(folder, self._sweep, folder)
                folders += [folder / name for name in below]

    def _sweep(self, path: PurePosixPath) -> list[str]:
        folder = self._jail.open_directory(path)
        try:
            return sweep(folder, time.time())
        finally:
            folder.close()

    def _work(
        self, path: PurePosixPath, function: Callable[[*_Args], _T], *args: *_Args
    ) -> Awaitable[_T]:
        """Do something with a path in a worker thread; errors call it as they are to."""
        return self._workers.run(path, function, *args)

    def _refuse_if_read_only(self, path: PurePosixPath) -> None:
        if self._read_only:
            raise FileSystemError(errno.EROFS, self._jail.shown(path))


def _refuse_root(name: str) -> None:
    if name == ".":
        raise OSError(errno.EBUSY, "the root")
