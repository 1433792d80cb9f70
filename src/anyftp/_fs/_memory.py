"""A file system in memory: no threads, no clock but the one it is given.

It serves tests on virtual clocks, where a worker thread would let the time jump, and small
embedded servers.
"""

from __future__ import annotations

import errno
import itertools
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from anyio.lowlevel import checkpoint

from anyftp._errors import FileSystemError
from anyftp._fs._interface import FileInfo, FileSystem, ReadFile, WriteFile

_BATCH = 1000
_numbers = itertools.count(1)


@dataclass(slots=True, eq=False)
class _File:
    modified: float
    content: bytearray = field(default_factory=bytearray)
    mode: int = 0o644
    number: int = field(default_factory=lambda: next(_numbers))
    #: Somebody writes it in place.
    is_locked: bool = False
    #: It was removed or replaced, and its bytes count no more.
    is_gone: bool = False


@dataclass(slots=True, eq=False)
class _Folder:
    modified: float
    entries: dict[str, _Folder | _File] = field(default_factory=dict)
    mode: int = 0o755
    number: int = field(default_factory=lambda: next(_numbers))


_Node = _Folder | _File


class MemoryFileSystem(FileSystem):
    """A tree that lives as long as this object.

    Args:
        capacity: bytes that all files together may hold; beyond it ENOSPC. None for no limit.
        clock: where the time of changes comes from, seconds since the epoch.
    """

    def __init__(
        self, *, capacity: int | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._capacity = capacity
        self._clock = clock
        self._used = 0
        self._root = _Folder(clock())

    @property
    def used(self) -> int:
        """Bytes that all files hold, uncommitted ones included."""
        return self._used

    def put(
        self, path: str | PurePosixPath, content: bytes, *, modified: float | None = None
    ) -> None:
        """Write a whole file at once, with the folders above it; for setting the scene."""
        path = PurePosixPath("/", path)
        folder = self._root
        for name in path.parts[1:-1]:
            node = folder.entries.setdefault(name, _Folder(self._clock()))
            if isinstance(node, _File):
                raise FileSystemError(errno.ENOTDIR, path)
            folder = node
        file = _File(self._clock() if modified is None else modified, bytearray(content))
        self._used += len(content)
        self._place(path, folder, file, taken=None)

    def get(self, path: str | PurePosixPath) -> bytes:
        """Give the content of a file at once; for looking at the result."""
        return bytes(self._file(PurePosixPath("/", path)).content)

    def names(self, path: str | PurePosixPath = "/") -> list[str]:
        """Give the sorted names in a folder at once."""
        return sorted(self._folder(PurePosixPath("/", path)).entries)

    async def stat(self, path: PurePosixPath) -> FileInfo:
        await checkpoint()
        return _describe(path.name or "/", self._node(path))

    async def scan(self, path: PurePosixPath) -> AsyncGenerator[list[FileInfo], None]:
        await checkpoint()
        entries = list(self._folder(path).entries.items())
        for start in range(0, len(entries), _BATCH):
            yield [_describe(name, node) for name, node in entries[start : start + _BATCH]]

    async def open_read(self, path: PurePosixPath, offset: int = 0) -> MemoryReadFile:
        await checkpoint()
        file = self._file(path)
        if not 0 <= offset <= len(file.content):
            raise FileSystemError(errno.EINVAL, path)
        return MemoryReadFile(file, offset)

    async def open_write(
        self,
        path: PurePosixPath,
        *,
        offset: int | None = None,
        append: bool = False,
        exclusive: bool = False,
    ) -> MemoryWriteFile:
        await checkpoint()
        folder, name = self._parent(path)
        old = folder.entries.get(name)
        if isinstance(old, _Folder) or not name:
            raise FileSystemError(errno.EISDIR, path)
        if old is not None and exclusive:
            raise FileSystemError(errno.EEXIST, path)
        if offset is None and not append:
            file = _File(self._clock(), mode=old.mode if old else 0o644)
            return MemoryWriteFile(self, path, file, 0, taken=errno.EEXIST if exclusive else None)
        if old is None and offset is not None:
            raise FileSystemError(errno.ENOENT, path)
        if old is None:
            taken = errno.EEXIST if exclusive else errno.EAGAIN
            return MemoryWriteFile(self, path, _File(self._clock()), 0, taken=taken)
        if old.is_locked:
            raise FileSystemError(errno.EAGAIN, path)
        start = len(old.content) if offset is None else offset
        if not 0 <= start <= len(old.content):
            raise FileSystemError(errno.EINVAL, path)
        old.is_locked = True
        return MemoryWriteFile(self, path, old, start, in_place=True)

    async def make_directory(self, path: PurePosixPath) -> None:
        await checkpoint()
        folder, name = self._parent(path)
        if not name or name in folder.entries:
            raise FileSystemError(errno.EEXIST, path)
        folder.entries[name] = _Folder(self._clock())
        folder.modified = self._clock()

    async def remove_directory(self, path: PurePosixPath) -> None:
        await checkpoint()
        if self._folder(path).entries:
            raise FileSystemError(errno.ENOTEMPTY, path)
        self._take(path)

    async def remove_file(self, path: PurePosixPath) -> None:
        await checkpoint()
        file = self._file(path)
        self._take(path)
        self._drop(file)

    async def rename(self, source: PurePosixPath, destination: PurePosixPath) -> None:
        await checkpoint()
        self._rename(source, destination)

    async def rename_exclusive(self, source: PurePosixPath, destination: PurePosixPath) -> None:
        await checkpoint()
        folder, name = self._parent(destination)
        self._node(source)
        if name in folder.entries:
            raise FileSystemError(errno.EEXIST, destination)
        self._rename(source, destination)

    def _rename(self, source: PurePosixPath, destination: PurePosixPath) -> None:
        node = self._node(source)
        if not source.name:
            raise FileSystemError(errno.EBUSY, source)
        if source == destination:
            return
        if destination.is_relative_to(source):
            raise FileSystemError(errno.EINVAL, source)
        folder, name = self._parent(destination)
        old = folder.entries.get(name)
        if not name:
            raise FileSystemError(errno.EBUSY, destination)
        if isinstance(old, _Folder):
            if isinstance(node, _File):
                raise FileSystemError(errno.EISDIR, destination)
            if old.entries:
                raise FileSystemError(errno.ENOTEMPTY, destination)
        elif isinstance(node, _Folder) and old is not None:
            raise FileSystemError(errno.ENOTDIR, destination)
        self._take(source)
        if isinstance(old, _File):
            self._drop(old)
        folder.entries[name] = node
        folder.modified = self._clock()

    async def set_modified(self, path: PurePosixPath, seconds: float) -> None:
        await checkpoint()
        self._node(path).modified = seconds

    async def chmod(self, path: PurePosixPath, mode: int) -> None:
        await checkpoint()
        self._node(path).mode = mode & 0o777

    async def space_left(self, path: PurePosixPath) -> int:
        await checkpoint()
        self._folder(path)
        if self._capacity is None:
            raise FileSystemError(errno.EOPNOTSUPP, path)
        return max(0, self._capacity - self._used)

    def _node(self, path: PurePosixPath) -> _Node:
        node: _Node = self._root
        for name in path.parts[1:]:
            if isinstance(node, _File):
                raise FileSystemError(errno.ENOTDIR, path)
            if name not in node.entries:
                raise FileSystemError(errno.ENOENT, path)
            node = node.entries[name]
        return node

    def _folder(self, path: PurePosixPath) -> _Folder:
        node = self._node(path)
        if isinstance(node, _File):
            raise FileSystemError(errno.ENOTDIR, path)
        return node

    def _file(self, path: PurePosixPath) -> _File:
        node = self._node(path)
        if isinstance(node, _Folder):
            raise FileSystemError(errno.EISDIR, path)
        return node

    def _parent(self, path: PurePosixPath) -> tuple[_Folder, str]:
        """Give the folder that holds path and the name therein, "" for the root."""
        try:
            return self._folder(path.parent), path.name
        except FileSystemError as error:
            raise FileSystemError(error.errno or errno.EIO, path) from None

    def _take(self, path: PurePosixPath) -> None:
        folder, name = self._parent(path)
        if not name:
            raise FileSystemError(errno.EBUSY, path)
        del folder.entries[name]
        folder.modified = self._clock()

    def _drop(self, file: _File) -> None:
        file.is_gone = True
        self._used -= len(file.content)

    def _place(
        self, path: PurePosixPath, folder: _Folder, file: _File, *, taken: int | None
    ) -> None:
        old = folder.entries.get(path.name)
        if isinstance(old, _Folder):
            raise FileSystemError(errno.EISDIR, path)
        if old is not None:
            if taken is not None:
                raise FileSystemError(taken, path)
            self._drop(old)
        folder.entries[path.name] = file
        folder.modified = self._clock()

    # What MemoryWriteFile needs of the tree.

    def write_into(self, path: PurePosixPath, file: _File, start: int, data: memoryview) -> None:
        """Write data into a file at start, within the capacity."""
        growth = max(0, start + len(data) - len(file.content))
        if self._capacity is not None and self._used + growth > self._capacity:
            raise FileSystemError(errno.ENOSPC, path)
        file.content[start : start + len(data)] = data
        file.modified = self._clock()
        if not file.is_gone:
            self._used += growth

    def cut(self, file: _File, size: int) -> None:
        """Cut a file to size."""
        if not file.is_gone:
            self._used -= max(0, len(file.content) - size)
        del file.content[size:]

    def place(self, path: PurePosixPath, file: _File, *, taken: int | None) -> None:
        """Give a new file its name; taken: the errno if something has it, None to replace it."""
        folder, _ = self._parent(path)
        self._place(path, folder, file, taken=taken)


def _describe(name: str, node: _Node) -> FileInfo:
    return FileInfo(
        name=name,
        type="dir" if isinstance(node, _Folder) else "file",
        size=0 if isinstance(node, _Folder) else len(node.content),
        modified=node.modified,
        mode=node.mode,
        unique=f"{node.number:x}",
    )


class MemoryReadFile(ReadFile):
    """A file of a MemoryFileSystem, open for reading."""

    def __init__(self, file: _File, offset: int) -> None:
        self._file = file
        self._position = offset
        self.size = len(file.content)
        self.modified = file.modified

    async def readinto(self, buffer: memoryview, /) -> int:
        await checkpoint()
        block = self._file.content[self._position : self._position + len(buffer)]
        buffer[: len(block)] = block
        self._position += len(block)
        return len(block)

    async def aclose(self) -> None:
        await checkpoint()


class MemoryWriteFile(WriteFile):
    """A file of a MemoryFileSystem, open for writing."""

    def __init__(
        self,
        tree: MemoryFileSystem,
        path: PurePosixPath,
        file: _File,
        start: int,
        *,
        taken: int | None = None,
        in_place: bool = False,
    ) -> None:
        self._tree = tree
        self._path = path
        self._file = file
        self._position = start
        self._taken = taken
        self._in_place = in_place
        self._old_size = len(file.content)
        self._is_open = True

    async def write(self, data: memoryview, /) -> None:
        await checkpoint()
        if not self._is_open:
            raise FileSystemError(errno.EBADF, self._path)
        self._tree.write_into(self._path, self._file, self._position, data)
        self._position += len(data)

    async def commit(self) -> None:
        await checkpoint()
        if not self._is_open:
            raise FileSystemError(errno.EBADF, self._path)
        if not self._in_place:
            self._tree.place(self._path, self._file, taken=self._taken)
        elif self._file.is_gone:
            raise FileSystemError(errno.ESTALE, self._path)
        self._is_open = self._file.is_locked = False

    async def read_back(self) -> MemoryReadFile:
        await checkpoint()
        if not self._is_open:
            raise FileSystemError(errno.EBADF, self._path)
        return MemoryReadFile(self._file, 0)

    async def aclose(self) -> None:
        if self._is_open:
            self._is_open = self._file.is_locked = False
            self._tree.cut(self._file, self._old_size)
        await checkpoint()
