"""Files in memory, as a tree of nodes that may be handed from one object to the next."""

from __future__ import annotations

import errno
import io
import stat
import time
from collections.abc import AsyncIterable, Iterator
from pathlib import PurePosixPath
from typing import Literal, NamedTuple, TypeAlias

from .._ground._connection import Connection
from .._ground._listers import AbstractAsyncLister
from .._ground._patchable import patched
from ._interface import AbstractPathIO, defend_file_methods, universal_exception


class Node:
    """A file or folder.

    Attributes:
        type: "file" or "dir".
        name: the last part of its path.
        ctime, mtime: seconds since the epoch.
        content: nodes of a folder, bytes of a file.
    """

    def __init__(
        self,
        type: Literal["dir", "file"],
        name: str,
        ctime: int | None = None,
        mtime: int | None = None,
        *,
        content: list[Node] | io.BytesIO,
    ) -> None:
        self.type = type
        self.name = name
        self.ctime: int = int(time.time()) if ctime is None else ctime
        self.mtime: int = int(time.time()) if mtime is None else mtime
        self.content = content

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(type={self.type!r}, name={self.name!r}, "
            f"ctime={self.ctime!r}, mtime={self.mtime!r}, content={self.content!r})"
        )

    @property
    def nodes(self) -> list[Node]:
        """What is in a folder. Raises NotADirectoryError for a file."""
        if isinstance(self.content, list):
            return self.content
        raise NotADirectoryError(errno.ENOTDIR, self.name)


Nodes: TypeAlias = list[Node]


def _new_node(
    type_: Literal["dir", "file"], name: str, *, content: list[Node] | io.BytesIO
) -> Node:
    node: Node = patched.pathio.Node(type_, name, content=content)
    return node


class _Lister(AbstractAsyncLister[PurePosixPath]):
    def __init__(self, paths: Iterator[PurePosixPath], timeout: float | int | None) -> None:
        super().__init__(timeout=timeout)
        self._paths = paths

    @universal_exception
    async def __anext__(self) -> PurePosixPath:
        try:
            return next(self._paths)
        except StopIteration:
            raise StopAsyncIteration from None


class MemoryPathIO(AbstractPathIO[PurePosixPath]):
    """Files in memory.

    Args:
        timeout, connection: as for `AbstractPathIO`.
        state: nodes of another object, to be shared with it.
        cwd: what relative paths are relative to.
    """

    class Stats(NamedTuple):
        """What `stat` tells."""

        st_size: int
        st_ctime: int
        st_mtime: int
        st_nlink: int
        st_mode: int

    def __init__(
        self,
        timeout: float | int | None = None,
        connection: Connection | None = None,
        state: Nodes | None = None,
        cwd: str | PurePosixPath | None = None,
    ) -> None:
        super().__init__(timeout, connection, state)
        self.cwd: PurePosixPath = PurePosixPath(cwd or "/")
        self.fs: Nodes = state if state is not None else [_new_node("dir", "/", content=[])]

    @property
    def state(self) -> Nodes:
        """The nodes, to be handed to another object."""
        return self.fs

    def __repr__(self) -> str:
        return repr(self.fs)

    def get_node(self, path: PurePosixPath) -> Node | None:
        """The node of a path, None if there is none."""
        nodes: Nodes | io.BytesIO = self.fs
        node = None
        for part in (self.cwd / path).parts:
            if not isinstance(nodes, list):
                return None
            node = next((node for node in nodes if node.name == part), None)
            if node is None:
                return None
            nodes = node.content
        return node

    @universal_exception
    async def exists(self, path: PurePosixPath) -> bool:
        return self.get_node(path) is not None

    @universal_exception
    async def is_dir(self, path: PurePosixPath) -> bool:
        node = self.get_node(path)
        return node is not None and node.type == "dir"

    @universal_exception
    async def is_file(self, path: PurePosixPath) -> bool:
        node = self.get_node(path)
        return node is not None and node.type == "file"

    @universal_exception
    async def mkdir(
        self, path: PurePosixPath, *, parents: bool = False, exist_ok: bool = False
    ) -> None:
        node = self.get_node(path)
        if node is not None:
            if node.type != "dir" or not exist_ok:
                raise FileExistsError
            return
        absolute = self.cwd / path
        if parents and self.get_node(absolute.parent) is None:
            await self.mkdir(absolute.parent, parents=True)
        self._folder_of(absolute).append(_new_node("dir", absolute.name, content=[]))

    @universal_exception
    async def rmdir(self, path: PurePosixPath) -> None:
        node = self._existing(path)
        if node.type != "dir":
            raise NotADirectoryError
        if node.nodes:
            raise OSError(errno.ENOTEMPTY, "Directory not empty")
        self._folder_of(self.cwd / path).remove(node)

    @universal_exception
    async def unlink(self, path: PurePosixPath) -> None:
        node = self._existing(path)
        if node.type != "file":
            raise IsADirectoryError
        self._folder_of(self.cwd / path).remove(node)

    def list(self, path: PurePosixPath) -> AsyncIterable[PurePosixPath]:
        node = self.get_node(path)
        names = [child.name for child in node.nodes] if node and node.type == "dir" else []
        return _Lister((path / name for name in names), self.timeout)

    @universal_exception
    async def stat(self, path: PurePosixPath) -> MemoryPathIO.Stats:
        node = self._existing(path)
        if isinstance(node.content, io.BytesIO):
            size, mode = node.content.getbuffer().nbytes, stat.S_IFREG | 0o666
        else:
            size, mode = 0, stat.S_IFDIR | 0o777
        return MemoryPathIO.Stats(size, node.ctime, node.mtime, 1, mode)

    @universal_exception
    async def _open(
        self, path: PurePosixPath, mode: str = "rb", *args: object, **kwargs: object
    ) -> io.BytesIO:
        if mode not in ("rb", "wb", "ab", "r+b"):
            raise ValueError(f"invalid mode: {mode}")
        node = self.get_node(path)
        if node is None:
            if mode == "rb":
                raise FileNotFoundError
            node = _new_node("file", (self.cwd / path).name, content=io.BytesIO())
            self._folder_of(self.cwd / path).append(node)
        if not isinstance(node.content, io.BytesIO):
            raise IsADirectoryError
        if mode == "wb":
            node.content = io.BytesIO()
        node.content.seek(0, io.SEEK_END if mode == "ab" else io.SEEK_SET)
        if mode != "rb":
            node.mtime = int(time.time())
        return node.content

    @universal_exception
    @defend_file_methods
    async def seek(self, file: io.BytesIO, offset: int, whence: int = io.SEEK_SET) -> int:
        return file.seek(offset, whence)

    @universal_exception
    @defend_file_methods
    async def write(self, file: io.BytesIO, buffer: bytes) -> int:
        return file.write(buffer)

    @universal_exception
    @defend_file_methods
    async def read(self, file: io.BytesIO, size: int | None = -1) -> bytes:
        return file.read(size)

    @universal_exception
    @defend_file_methods
    async def close(self, file: io.BytesIO) -> None:
        """Nothing to do."""

    @universal_exception
    async def rename(self, source: PurePosixPath, destination: PurePosixPath) -> PurePosixPath:
        if source == destination:
            return destination
        node = self._existing(source)
        old_folder = self._folder_of(self.cwd / source)
        new_folder = self._folder_of(self.cwd / destination)
        old_folder[:] = [child for child in old_folder if child is not node]
        node.name = (self.cwd / destination).name
        new_folder[:] = [child for child in new_folder if child.name != node.name] + [node]
        return destination

    def _existing(self, path: PurePosixPath) -> Node:
        node = self.get_node(path)
        if node is None:
            raise FileNotFoundError
        return node

    def _folder_of(self, absolute: PurePosixPath) -> Nodes:
        parent = self.get_node(absolute.parent)
        if parent is None:
            raise FileNotFoundError
        return parent.nodes
