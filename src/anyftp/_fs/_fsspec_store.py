"""What is asked of an fsspec file system, with its many dialects made one. Blocking.

Only methods that take a path literally are called: `rm`, `mv`, `copy` and `put` of fsspec expand
`*`, `?` and `[` in it.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import PurePosixPath
from typing import IO, Any, Protocol, TypeAlias

from anyftp._errors import FileSystemError
from anyftp._fs._interface import FileInfo, FileType
from anyftp._fs._path_locks import PathLocks
from anyftp._fs._temporary import is_temporary, lasting_name, temporary_name

#: Bytes up to which a file is stored by one request.
AT_ONCE = 5 * 1024 * 1024
#: Bytes of one part of what is stored while it comes. A store takes 10,000 of them.
_PART_BYTES = 16 * 1024 * 1024
#: An object that stands for a folder in which there is nothing else.
_MARKER = lasting_name("folder")
#: Stores whose files take parts while they come, and count when they are committed.
_STREAMING = frozenset({"s3", "s3a"})
#: Protocols whose paths are those of a tree of folders.
TREES = frozenset({"file", "local", "memory", "sftp", "ssh", "smb"})
#: Archives may hold what leads out of them.
_NO_NAMES = frozenset({"", ".", ".."})
_TYPES: dict[str, FileType] = {"file": "file", "directory": "dir", "link": "link"}
#: Where the dialects keep the time of the last change.
_TIMES = ("mtime", "LastModified", "last_modified", "modified", "updated", "created")
#: fsspec raises these without errno; the first that fits counts.
_NUMBERS = (
    (FileNotFoundError, errno.ENOENT),
    (FileExistsError, errno.EEXIST),
    (IsADirectoryError, errno.EISDIR),
    (NotADirectoryError, errno.ENOTDIR),
    (PermissionError, errno.EACCES),
    (NotImplementedError, errno.EOPNOTSUPP),
)


#: What has a name, if anything.
_Found: TypeAlias = FileInfo | None


class Fsspec(Protocol):
    """The part of `fsspec.AbstractFileSystem` that is used."""

    protocol: Any

    def info(self, path: str) -> dict[str, Any]: ...
    def ls(self, path: str, detail: bool = True) -> list[dict[str, Any]]: ...
    def find(self, path: str, *, withdirs: bool = False) -> list[str]: ...
    def open(self, path: str, mode: str, **options: Any) -> Any: ...
    def pipe_file(self, path: str, value: bytes) -> object: ...
    def cp_file(self, path1: str, path2: str) -> object: ...
    def rm_file(self, path: str) -> object: ...
    def mkdir(self, path: str, create_parents: bool = True) -> object: ...
    def rmdir(self, path: str) -> object: ...
    def invalidate_cache(self, path: str | None = None) -> object: ...


@contextmanager
def translated(path: PurePosixPath) -> Iterator[None]:
    """Turn whatever a store raises into FileSystemError with the inner path."""
    try:
        yield
    except FileSystemError:
        raise
    except Exception as error:  # stores raise what their libraries do: botocore's, aiohttp's
        number = getattr(error, "errno", None)
        if not isinstance(number, int):
            found = (number for kind, number in _NUMBERS if isinstance(error, kind))
            number = next(found, errno.EIO)
        raise FileSystemError(number, path) from error


class Store:
    """Files and folders below a root of an fsspec file system.

    Args:
        is_flat: folders are nothing but beginnings of names, as in an object store.
        has_markers: hidden objects stand for folders in which there is nothing else.

    Attributes:
        is_streaming: it can store what is still coming.
    """

    def __init__(
        self, files: Fsspec, root: str, *, is_flat: bool, has_markers: bool = False
    ) -> None:
        self._files = files
        self._root = root.rstrip("/")
        self._is_flat = is_flat
        self._has_markers = has_markers
        self._names = PathLocks()
        kinds = files.protocol
        self._kinds = {kinds} if isinstance(kinds, str) else set(kinds)
        self.is_streaming = is_flat and bool(self._kinds & _STREAMING)

    def full(self, path: PurePosixPath) -> str:
        """The store's own path; the one place that every operation goes by.

        Raises:
            FileSystemError: ENOENT for names that uploads bear until they are whole; not as for
                what is not there, for this cannot be made either.
        """
        if any(map(is_temporary, path.parts)):
            raise FileSystemError(errno.ENOENT, path)
        full = self._root if not path.name and self._root else f"{self._root}{path}"
        # Archives know no leading slash; without one, a tree would take "~" for somebody's home.
        return full if self._kinds & TREES else full.lstrip("/")

    def info(self, path: PurePosixPath) -> FileInfo:
        """Describe one file or folder."""
        full = self.full(path)
        self._files.invalidate_cache(full)
        if self._is_flat and not path.name:  # no object bears the name of the root
            return FileInfo("/", "dir", mode=0o755)
        return _file_info(path.name or "/", self._files.info(full))

    def find(self, path: PurePosixPath) -> FileInfo | None:
        """As `info`; None where nothing is."""
        try:
            return self.info(path)
        except FileNotFoundError:
            return None

    def list(self, path: PurePosixPath) -> list[FileInfo]:
        """Describe all entries of a folder."""
        full = self.full(path)
        self._files.invalidate_cache(full)
        try:
            entries = self._files.ls(full, detail=True)
        except FileNotFoundError:
            if not self._is_flat or path.name:
                raise
            entries = []
        if not entries and not self.info(path).is_dir:
            raise NotADirectoryError
        if len(entries) == 1 and _same(entries[0]["name"], full) and _is_file(entries[0]):
            raise NotADirectoryError
        # Object stores may list the folder itself.
        named = [(_name(entry["name"]), entry) for entry in entries]
        return [
            _file_info(name, entry)
            for name, entry in named
            if name not in _NO_NAMES and not _same(entry["name"], full)
        ]

    def open(self, path: PurePosixPath) -> Any:
        """Open for reading."""
        return self._files.open(self.full(path), "rb")

    def demand_folder(self, path: PurePosixPath) -> None:
        """Make sure that files can be put into a folder."""
        if (self._has_markers or not self._is_flat) and not self.info(path).is_dir:
            raise NotADirectoryError

    def place(
        self, path: PurePosixPath, content: IO[bytes], size: int, check: Callable[[_Found], None]
    ) -> None:
        """Store a whole file under its name.

        Args:
            check: is given what has the name by then, and may raise.
        """
        with self._names.held(path):
            self._check_place(path, check)
            content.seek(0)
            full = self.full(path)
            if self._kinds & {"file", "local"}:
                self._place_by_rename(full, content)
            elif size <= AT_ONCE or "memory" in self._kinds:
                self._files.pipe_file(full, content.read())
            else:
                self._stream(full, content)

    def _check_place(self, path: PurePosixPath, check: Callable[[_Found], None]) -> None:
        old = self.find(path)
        if old is not None and old.is_dir:
            raise IsADirectoryError
        check(old)
        self.demand_folder(path.parent)

    def begin_upload(self, path: PurePosixPath) -> Any:
        """Open a file that takes parts and counts when `finish_upload` is called."""
        how = {"autocommit": False, "block_size": _PART_BYTES}
        return self._files.open(self.full(path), "wb", **how)

    def finish_upload(
        self, path: PurePosixPath, upload: Any, check: Callable[[_Found], None]
    ) -> None:
        """Have an upload count; see `place`."""
        with self._names.held(path):
            self._check_place(path, check)
            upload.close()
            upload.commit()

    def _place_by_rename(self, full: str, content: IO[bytes]) -> None:
        temporary = f"{full.rpartition('/')[0]}/{temporary_name()}"
        try:
            self._stream(temporary, content)
            os.replace(temporary, full)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise

    def _stream(self, full: str, content: IO[bytes]) -> None:
        target = self._files.open(full, "wb")
        try:
            shutil.copyfileobj(content, target, 1 << 20)
        except BaseException:
            # Closing would store what has come so far.
            getattr(target, "discard", target.close)()
            raise
        target.close()

    def make_directory(self, path: PurePosixPath) -> None:
        """Make one folder."""
        if self.find(path) is not None:
            raise FileExistsError
        self.demand_folder(path.parent)
        self._make_folder(self.full(path))

    def _make_folder(self, full: str) -> None:
        if self._has_markers:
            self._files.pipe_file(f"{full}/{_MARKER}", b"")
        else:
            self._files.mkdir(full, create_parents=False)

    def remove_directory(self, path: PurePosixPath) -> None:
        """Remove an empty folder."""
        if path == PurePosixPath("/"):
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        full = self.full(path)
        names = {entry.name for entry in self.list(path)}
        if names - ({_MARKER} if self._has_markers else set()):
            raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY))
        if not self._has_markers:
            self._files.rmdir(full)
            return
        if names:
            self._files.rm_file(f"{full}/{_MARKER}")
        self._keep_folder(path.parent)

    def _keep_folder(self, path: PurePosixPath) -> None:
        """After something was taken out of a folder: it stays, even if that was the last thing."""
        if self._has_markers and path.name and self.find(path) is None:
            self._make_folder(self.full(path))

    def remove_file(self, path: PurePosixPath) -> None:
        """Remove a file."""
        if self.info(path).is_dir:
            raise IsADirectoryError
        self._files.rm_file(self.full(path))
        self._keep_folder(path.parent)

    def rename(self, source: PurePosixPath, destination: PurePosixPath) -> None:
        """Move a file or folder, by copying: not at one stroke."""
        root = PurePosixPath("/")
        if root in (source, destination):
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        moved = self.info(source)
        if source == destination:
            return
        if destination.is_relative_to(source):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        self.demand_folder(destination.parent)
        old = self.find(destination)
        if old is not None:
            self._make_way(moved, old, destination)
        if moved.is_dir:
            self._move_folder(self.full(source), self.full(destination))
        else:
            self._files.cp_file(self.full(source), self.full(destination))
            self._files.rm_file(self.full(source))
        self._keep_folder(source.parent)

    def rename_exclusive(self, source: PurePosixPath, destination: PurePosixPath) -> None:
        """Move a file or folder to a name that nothing has, as far as this process goes."""
        with self._names.held(source, destination):
            self.info(source)
            self.demand_folder(destination.parent)
            if self.find(destination) is not None:
                raise FileExistsError
            self.rename(source, destination)

    def _make_way(self, moved: FileInfo, old: FileInfo, destination: PurePosixPath) -> None:
        if old.is_dir and not moved.is_dir:
            raise IsADirectoryError
        if moved.is_dir and not old.is_dir:
            raise NotADirectoryError
        if old.is_dir:
            self.remove_directory(destination)

    def _move_folder(self, source: str, destination: str) -> None:
        # What find gives may lack the leading slash that we put there.
        inside = sorted(_below(name, source) for name in self._files.find(source, withdirs=True))
        folders = [""] if not self._is_flat else []
        files: list[str] = []
        for name in filter(None, inside):
            is_file = self._files.info(f"{source}/{name}")["type"] == "file"
            (files if is_file else folders).append(f"/{name}")
        for name in folders:
            self._files.mkdir(f"{destination}{name}", create_parents=False)
        for name in files:
            self._files.cp_file(f"{source}{name}", f"{destination}{name}")
        for name in files:
            self._files.rm_file(f"{source}{name}")
        for name in reversed(folders):
            self._files.rmdir(f"{source}{name}")


def _below(name: str, folder: str) -> str:
    return name.strip("/").removeprefix(folder.strip("/")).strip("/")


def _name(full: str) -> str:
    return full.rstrip("/").rpartition("/")[2]


def _same(one: str, other: str) -> bool:
    return one.strip("/") == other.strip("/")


def _is_file(entry: dict[str, Any]) -> bool:
    return bool(entry["type"] == "file")


def _file_info(name: str, entry: dict[str, Any]) -> FileInfo:
    kind = _TYPES.get(entry["type"], "other")
    return FileInfo(
        name,
        kind,
        size=0 if kind == "dir" else int(entry.get("size") or 0),
        modified=_modified(entry),
        mode=int(entry.get("mode") or (0o755 if kind == "dir" else 0o644)) & 0o7777,
    )


def _modified(entry: dict[str, Any]) -> float:
    """Seconds since the epoch; 0 where the store does not say, or says it in a way of its own."""
    for key in _TIMES:
        match entry.get(key):
            case datetime() as time:
                return time.timestamp()
            case int() | float() as seconds:
                return float(seconds)
    if len(parts := entry.get("date_time") or ()) == 6:  # zip
        with suppress(ValueError):
            return datetime(*parts).astimezone().timestamp()
    return 0.0
