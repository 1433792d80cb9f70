"""The interface of aioftp's file systems, and the file that `open` gives."""

from __future__ import annotations

import functools
import io
import sys
from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, Awaitable, Callable, Generator
from pathlib import PurePath
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeAlias, TypeVar

from .._ground._codes import DEFAULT_BLOCK_SIZE
from .._ground._connection import Connection
from .._ground._errors import PathIOError
from .._ground._patchable import patched
from .._streams._stream import AsyncStreamIterator

_Params = ParamSpec("_Params")
_Result = TypeVar("_Result")
_FileParams = ParamSpec("_FileParams")
_Owner = TypeVar("_Owner")
PathType = TypeVar("PathType", bound=PurePath)
#: An open file, of a kind of the file system's own.
File: TypeAlias = Any
#: A file system of any kind, each with paths of its own.
AnyPathIO: TypeAlias = "AbstractPathIO[Any]"
PathIOType = TypeVar("PathIOType", bound=AnyPathIO)


def universal_exception(
    coro: Callable[_Params, Awaitable[_Result]],
) -> Callable[_Params, Awaitable[_Result]]:
    """Have a coroutine function raise `PathIOError` for whatever goes wrong.

    Cancellation, NotImplementedError and the end of an iteration pass through; the reason is in
    the error's `reason`.
    """

    @functools.wraps(coro)
    async def wrapper(*args: _Params.args, **kwargs: _Params.kwargs) -> _Result:
        try:
            return await coro(*args, **kwargs)
        except (NotImplementedError, StopAsyncIteration):
            raise
        except Exception as error:
            raise PathIOError(reason=sys.exc_info()) from error

    return wrapper


class AbstractPathIO(Generic[PathType], ABC):
    """A tree of files as aioftp's clients and servers see it.

    Args:
        timeout: seconds for one operation, for methods with `with_timeout`.
        connection: the server's connection that this object serves, if any.
        state: what all objects of one server share.
    """

    def __init__(
        self,
        timeout: float | int | None = None,
        connection: Connection | None = None,
        state: object = None,
    ) -> None:
        self.timeout = timeout
        self.connection = connection

    @property
    def state(self) -> object:
        """What all objects of one server share; here nothing."""
        return None

    @universal_exception
    @abstractmethod
    async def exists(self, path: PathType) -> bool:
        """Whether there is a file or folder."""

    @universal_exception
    @abstractmethod
    async def is_dir(self, path: PathType) -> bool:
        """Whether it is a folder."""

    @universal_exception
    @abstractmethod
    async def is_file(self, path: PathType) -> bool:
        """Whether it is a file."""

    @universal_exception
    @abstractmethod
    async def mkdir(self, path: PathType, *, parents: bool = False, exist_ok: bool = False) -> None:
        """Make a folder."""

    @universal_exception
    @abstractmethod
    async def rmdir(self, path: PathType) -> None:
        """Remove an empty folder."""

    @universal_exception
    @abstractmethod
    async def unlink(self, path: PathType) -> None:
        """Remove a file."""

    @abstractmethod
    def list(self, path: PathType) -> AsyncIterable[PathType]:
        """Iterate over the paths in a folder."""

    @universal_exception
    @abstractmethod
    async def stat(self, path: PathType) -> Any:
        """Size, times and mode, under the names of `os.stat_result`."""

    @universal_exception
    @abstractmethod
    async def _open(self, path: PathType, *args: Any, **kwargs: Any) -> File:
        """Open a file; what this gives is passed to the methods below."""

    def open(self, *args: object, **kwargs: object) -> AsyncPathIOContext:
        """Open a file as `pathlib.Path.open` does: to be awaited, or entered.

        Args:
            args: the path, and perhaps the mode; modes are "rb", "wb", "ab" and "r+b".
        """
        context: AsyncPathIOContext = patched.pathio.AsyncPathIOContext(self, args, kwargs)
        return context

    @universal_exception
    @abstractmethod
    async def seek(self, file: File, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move the position of an open file."""

    @universal_exception
    @abstractmethod
    async def write(self, file: File, data: bytes) -> int:
        """Write at the position of an open file."""

    @universal_exception
    @abstractmethod
    async def read(self, file: File, block_size: int) -> bytes:
        """Read at the position of an open file."""

    @universal_exception
    @abstractmethod
    async def close(self, file: File) -> None:
        """Close an open file."""

    @universal_exception
    @abstractmethod
    async def rename(self, source: PathType, destination: PathType) -> PathType:
        """Rename or move."""


def defend_file_methods(
    coro: Callable[Concatenate[_Owner, _FileParams], Awaitable[_Result]],
) -> Callable[Concatenate[_Owner, _FileParams], Awaitable[_Result]]:
    """Let a method of a file system take what its `_open` gave, not what its `open` gives."""

    @functools.wraps(coro)
    async def wrapper(
        self: _Owner, /, *args: _FileParams.args, **kwargs: _FileParams.kwargs
    ) -> _Result:
        if isinstance(args[0] if args else kwargs.get("file"), AsyncPathIOContext):
            raise ValueError("Native path io file methods can not be used with wrapped file object")
        return await coro(self, *args, **kwargs)

    return wrapper


class AsyncPathIOContext:
    """A file that is about to be opened, or open.

    Args:
        pathio: opens it.
        args, kwargs: of `open`.
    """

    file: File
    seek: Callable[..., Awaitable[int]]
    write: Callable[..., Awaitable[int]]
    read: Callable[..., Awaitable[bytes]]
    close: Callable[[], Awaitable[None]] | None

    def __init__(
        self, pathio: AnyPathIO, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> None:
        self.close = None
        self.pathio = pathio
        self.args = args
        self.kwargs = kwargs

    async def __aenter__(self) -> Self:
        self.file = await self.pathio._open(*self.args, **self.kwargs)
        self.seek = functools.partial(self.pathio.seek, self.file)
        self.write = functools.partial(self.pathio.write, self.file)
        self.read = functools.partial(self.pathio.read, self.file)
        self.close = functools.partial(self.pathio.close, self.file)
        return self

    async def __aexit__(self, *args: object) -> None:
        if self.close is not None:
            await self.close()

    def __await__(self) -> Generator[object, None, Self]:
        return self.__aenter__().__await__()

    def iter_by_block(self, count: int = DEFAULT_BLOCK_SIZE) -> AsyncStreamIterator:
        """Iterate over blocks of at most count bytes."""
        iterator: AsyncStreamIterator = patched.pathio.AsyncStreamIterator(lambda: self.read(count))
        return iterator


class PathIONursery(Generic[PathIOType]):
    """Makes file systems that share one state.

    Args:
        factory: the class to make.
    """

    def __init__(self, factory: type[PathIOType]) -> None:
        self.factory = factory
        self.state: object = None

    def __call__(self, *args: Any, **kwargs: Any) -> PathIOType:
        kwargs["state"] = self.state
        instance = self.factory(*args, **kwargs)
        if self.state is None:
            self.state = instance.state
        return instance
