"""Any fsspec file system, blocking or not, as one of ours: object stores, archives, other servers.

Every call is made in a worker thread. A file that is being written lies in a temporary file of this
machine and goes to the store when it is committed: no store has a part of it under its name,
whatever breaks, and it can be looked at before. A store that takes parts gets a larger file while
it comes, and shows it when it is committed.
"""

from __future__ import annotations

import errno
import os
import tempfile
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import PurePosixPath
from typing import IO, Any, Self, TypeVar, TypeVarTuple

from anyio import to_thread

from anyftp._errors import FileSystemError
from anyftp._extras import importing
from anyftp._fs._fsspec_files import FsspecReadFile, FsspecWriteFile
from anyftp._fs._fsspec_store import TREES, Fsspec, Store, translated
from anyftp._fs._interface import Ability, FileInfo, FileSystem
from anyftp._fs._temporary import is_temporary
from anyftp._fs._worker import DiskWorkers

_Args = TypeVarTuple("_Args")
_T = TypeVar("_T")

_BATCH = 1000
#: Bytes of an upload that are kept in memory.
_IN_MEMORY = 1 << 20
_THREADS = 8
_BLOCK_BYTES = 1 << 20

_ARCHIVES = frozenset({"zip", "tar", "libarchive", "http", "https", "github", "git", "reference"})
_OF_TREES = Ability.ALL & ~(Ability.CHMOD | Ability.SET_MODIFIED)
_OF_OBJECT_STORES = (
    Ability.WRITE | Ability.READ_AT | Ability.RENAME | Ability.REMOVE | Ability.DIRECTORIES
)


class FsspecFileSystem(FileSystem):
    """A file system of fsspec (https://filesystem-spec.readthedocs.io).

    What it can do is guessed from its protocol, and told to clients: trees (local, memory, SFTP,
    SMB) everything but times and modes, where lengthening a file means storing it anew; archives
    and web sites reading; object stores such as S3 whole files, but no REST or APPE. There a hidden
    object stands for an empty folder, and renaming is copying. What is uploaded to S3 goes there
    while it comes, in parts that count at the end.

    Links are followed wherever they lead: for a folder of this machine use `LocalFileSystem`.

    Args:
        files: as `fsspec.filesystem(...)` gives it.
        root: what clients see as "/", for instance "bucket/prefix".
        abilities: what it can do, where the guess is wrong.
        flat: folders are nothing but beginnings of names, and hidden objects stand for them; None
            for as guessed, or for what has no `Ability.DIRECTORIES`.
        threads: calls at the same time that ask and change, and as many that move data; None for
            8 of each user, or 1 for archives, which bear no more.

    Attributes:
        files: what was given.
        root: what was given.
    """

    def __init__(
        self,
        files: Fsspec,
        root: str = "",
        *,
        abilities: Ability | None = None,
        flat: bool | None = None,
        threads: int | None = None,
    ) -> None:
        kinds = {files.protocol} if isinstance(files.protocol, str) else set(files.protocol)
        self._abilities = _guess(kinds) if abilities is None else abilities
        if flat is None:
            has_folders = Ability.DIRECTORIES in self._abilities
            flat = not kinds & TREES if abilities is None else not has_folders
        self.files = files
        self.root = root
        has_markers = flat and Ability.DIRECTORIES in self._abilities
        self._store = Store(files, root, is_flat=flat, has_markers=has_markers)
        most = threads or (1 if kinds & _ARCHIVES else _THREADS)
        # Those who use a store that hangs, or is slow, hold up themselves and nobody else.
        bears_no_more = threads is not None or bool(kinds & _ARCHIVES)
        self._calls = DiskWorkers(most, for_all=bears_no_more)
        self._moves = DiskWorkers(most, for_all=bears_no_more)
        self._lock = threading.Lock()
        self._in_place: set[PurePosixPath] = set()

    @classmethod
    def from_url(cls, url: str, **storage_options: Any) -> Self:
        """Make one from a URL such as "s3://bucket/prefix" or "zip://::archive.zip"; blocking.

        Args:
            url: as `fsspec.core.url_to_fs` takes it.
            storage_options: for the store: credentials, endpoint and so on.

        Raises:
            ImportError: fsspec is not installed, or what it needs for this kind of store.
        """
        with importing("fsspec", "FsspecFileSystem.from_url"):
            from fsspec.core import url_to_fs
        files, root = url_to_fs(url, **storage_options)
        return cls(files, root)

    @property
    def abilities(self) -> Ability:
        return self._abilities

    async def call(
        self, path: PurePosixPath, function: Callable[[*_Args], _T], *args: *_Args
    ) -> _T:
        """Call a blocking function in a worker thread; its errors speak of the inner path.

        Cancellation: safe before the call has begun; one that has begun is waited for.
        """
        limiter = self._calls.limiter()
        with translated(path):
            return await to_thread.run_sync(partial(function, *args), limiter=limiter)

    async def move(
        self, path: PurePosixPath, function: Callable[[*_Args], _T], *args: *_Args
    ) -> _T:
        """As `call`, for what moves data: however long it takes, nobody's listing waits for it.

        Cancellation: as `call`.
        """
        limiter = self._moves.limiter()
        with translated(path):
            return await to_thread.run_sync(partial(function, *args), limiter=limiter)

    async def stat(self, path: PurePosixPath) -> FileInfo:
        return await self.call(path, self._store.info, path)

    async def scan(self, path: PurePosixPath) -> AsyncGenerator[list[FileInfo], None]:
        # fsspec gives folders whole; only our own copy of the entries goes by batches.
        entries = await self.call(path, self._store.list, path)
        entries = [entry for entry in entries if not (entry.is_file and is_temporary(entry.name))]
        for start in range(0, len(entries), _BATCH):
            yield entries[start : start + _BATCH]

    async def open_read(self, path: PurePosixPath, offset: int = 0) -> FsspecReadFile:
        if offset:
            self._demand(Ability.READ_AT, path)
        return await self.call(path, self._open_read, path, offset)

    def _open_read(self, path: PurePosixPath, offset: int) -> FsspecReadFile:
        info = self._store.info(path)
        if info.is_dir:
            raise IsADirectoryError
        if not 0 <= offset <= info.size:
            raise FileSystemError(errno.EINVAL, path)
        file = self._store.open(path)
        try:
            if offset:
                file.seek(offset)
        except BaseException:
            file.close()
            raise
        return FsspecReadFile(self, path, file, info)

    async def open_write(
        self,
        path: PurePosixPath,
        *,
        offset: int | None = None,
        append: bool = False,
        exclusive: bool = False,
    ) -> FsspecWriteFile:
        self._demand(Ability.WRITE, path)
        if append or offset is not None:
            self._demand(Ability.APPEND if append else Ability.WRITE_AT, path)
        return await self.call(path, self._open_write, path, offset, append, exclusive)

    def _open_write(
        self, path: PurePosixPath, offset: int | None, append: bool, exclusive: bool
    ) -> FsspecWriteFile:
        old = self._store.find(path)
        if (old is not None and old.is_dir) or not path.name:
            raise IsADirectoryError
        if old is not None and exclusive:
            raise FileExistsError
        self._store.demand_folder(path.parent)
        if offset is not None and old is None:
            raise FileNotFoundError
        if exclusive or not (append or offset is not None):
            return FsspecWriteFile(
                self, self._store, path, _new_spool(), partial(_check_new, exclusive)
            )
        with self._held_in_place(path):
            return self._open_in_place(path, old, offset)

    @contextmanager
    def _held_in_place(self, path: PurePosixPath) -> Iterator[None]:
        """Have a file for oneself, for as long as it is open; EAGAIN if somebody else has it."""
        with self._lock:
            if path in self._in_place:
                raise FileSystemError(errno.EAGAIN, path)
            self._in_place.add(path)
        try:
            yield
        except BaseException:
            self.let_go(path)
            raise

    def let_go(self, path: PurePosixPath) -> None:
        """A file that was written in place is closed."""
        with self._lock:
            self._in_place.discard(path)

    def _open_in_place(
        self, path: PurePosixPath, old: FileInfo | None, offset: int | None
    ) -> FsspecWriteFile:
        spool = _new_spool()
        try:
            if old is not None:
                self._copy(path, spool)
                size = spool.tell()
                place = size if offset is None else offset
                if not 0 <= place <= size:
                    raise FileSystemError(errno.EINVAL, path)
                spool.seek(place)
        except BaseException:
            spool.close()
            raise
        check = partial(_check_unchanged, old)
        return FsspecWriteFile(self, self._store, path, spool, check, is_in_place=True)

    def _copy(self, path: PurePosixPath, spool: IO[bytes]) -> None:
        with self._store.open(path) as source:
            while block := source.read(_BLOCK_BYTES):
                spool.write(block)

    async def make_directory(self, path: PurePosixPath) -> None:
        self._demand(Ability.DIRECTORIES, path)
        await self.call(path, self._store.make_directory, path)

    async def remove_directory(self, path: PurePosixPath) -> None:
        self._demand(Ability.DIRECTORIES, path)
        await self.call(path, self._store.remove_directory, path)

    async def remove_file(self, path: PurePosixPath) -> None:
        self._demand(Ability.REMOVE, path)
        await self.call(path, self._store.remove_file, path)

    async def rename(self, source: PurePosixPath, destination: PurePosixPath) -> None:
        self._demand(Ability.RENAME, source)
        await self.call(source, self._store.rename, source, destination)

    async def rename_exclusive(self, source: PurePosixPath, destination: PurePosixPath) -> None:
        self._demand(Ability.RENAME, source)
        await self.call(source, self._store.rename_exclusive, source, destination)

    def _demand(self, ability: Ability, path: PurePosixPath) -> None:
        if ability not in self._abilities:
            raise FileSystemError(errno.EOPNOTSUPP, path)


def _guess(kinds: set[str]) -> Ability:
    if kinds & _ARCHIVES:
        return Ability.READ_AT
    return _OF_TREES if kinds & TREES else _OF_OBJECT_STORES


def _new_spool() -> IO[bytes]:
    return tempfile.SpooledTemporaryFile(_IN_MEMORY)  # the file's own, closed with it


def _check_new(exclusive: bool, found: FileInfo | None) -> None:
    if exclusive and found is not None:
        raise FileExistsError


def _check_unchanged(before: FileInfo | None, found: FileInfo | None) -> None:
    """Refuse to put a file of which there was an older one in the place of what came since."""
    if found != before:
        number = errno.EAGAIN if before is None else errno.ESTALE
        raise OSError(number, os.strerror(number))
