"""The disk of this machine: on the event loop's thread, or in worker threads."""

# ruff: noqa: ASYNC240 -- that PathIO blocks is what AsyncPathIO is for

from __future__ import annotations

import asyncio
import functools
import io
import os
from collections.abc import AsyncIterable, Awaitable, Callable, Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from .._ground._connection import Connection
from .._ground._listers import AbstractAsyncLister
from .._ground._timeouts import with_timeout
from ._interface import AbstractPathIO, defend_file_methods, universal_exception

_Params = ParamSpec("_Params")
_Result = TypeVar("_Result")


def _paths_in(path: Path) -> Iterator[Path]:
    """The paths in a folder; nothing for what is no folder, as aioftp does it."""
    return iter(path.iterdir()) if path.is_dir() else iter(())


class _Lister(AbstractAsyncLister[Path]):
    def __init__(self, path: Path, *, timeout: float | int | None = None) -> None:
        super().__init__(timeout=timeout)
        self._path = path
        self._paths: Iterator[Path] | None = None

    @universal_exception
    async def __anext__(self) -> Path:
        if self._paths is None:
            self._paths = _paths_in(self._path)
        try:
            return next(self._paths)
        except StopIteration:
            raise StopAsyncIteration from None


class PathIO(AbstractPathIO[Path]):
    """The disk, used on the event loop's thread: quick while the disk is."""

    @universal_exception
    async def exists(self, path: Path) -> bool:
        """Whether there is a file or folder."""
        return path.exists()

    @universal_exception
    async def is_dir(self, path: Path) -> bool:
        """Whether it is a folder."""
        return path.is_dir()

    @universal_exception
    async def is_file(self, path: Path) -> bool:
        """Whether it is a file."""
        return path.is_file()

    @universal_exception
    async def mkdir(self, path: Path, *, parents: bool = False, exist_ok: bool = False) -> None:
        """Make a folder."""
        path.mkdir(parents=parents, exist_ok=exist_ok)

    @universal_exception
    async def rmdir(self, path: Path) -> None:
        """Remove an empty folder."""
        path.rmdir()

    @universal_exception
    async def unlink(self, path: Path) -> None:
        """Remove a file."""
        path.unlink()

    def list(self, path: Path) -> AsyncIterable[Path]:
        """Iterate over the paths in a folder, or await a list of them."""
        return _Lister(path, timeout=self.timeout)

    @universal_exception
    async def stat(self, path: Path) -> os.stat_result:
        """What the disk says."""
        return path.stat()

    @universal_exception
    async def _open(self, path: Path, *args: Any, **kwargs: Any) -> Any:
        return path.open(*args, **kwargs)

    @universal_exception
    @defend_file_methods
    async def seek(self, file: Any, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move the position of an open file."""
        position: int = file.seek(offset, whence)
        return position

    @universal_exception
    @defend_file_methods
    async def write(self, file: Any, s: Any) -> int:
        """Write at the position of an open file."""
        count: int = file.write(s)
        return count

    @universal_exception
    @defend_file_methods
    async def read(self, file: Any, n: int = -1) -> bytes:
        """Read at the position of an open file."""
        data: bytes = file.read(n)
        return data

    @universal_exception
    @defend_file_methods
    async def close(self, file: Any) -> None:
        """Close an open file."""
        file.close()

    @universal_exception
    async def rename(self, source: Path, destination: Path) -> Path:
        """Rename or move."""
        return source.rename(destination)


def _in_executor(
    f: Callable[Concatenate[Any, _Params], _Result],
) -> Callable[Concatenate[Any, _Params], Awaitable[_Result]]:
    """Run a method in the executor of its object, within its time-out."""

    @functools.wraps(f)
    async def wrapper(self: Any, /, *args: _Params.args, **kwargs: _Params.kwargs) -> _Result:
        call = functools.partial(f, self, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self.executor, call)

    return with_timeout(wrapper)


def _blocking_io(
    f: Callable[Concatenate[Any, _Params], _Result],
) -> Callable[Concatenate[Any, _Params], Awaitable[_Result]]:
    """Run a method in the executor of its object; what goes wrong is a `PathIOError`."""
    return universal_exception(_in_executor(f))


class _ThreadedLister(AbstractAsyncLister[Path]):
    """Fetches a batch of paths a hop: a hop a path would cost more than the path."""

    _BATCH = 256

    def __init__(
        self, path: Path, executor: Executor | None, *, timeout: float | int | None = None
    ) -> None:
        super().__init__(timeout=timeout)
        self.executor = executor
        self._path = path
        self._source: Iterator[Path] | None = None
        self._batch: list[Path] = []

    async def __anext__(self) -> Path:
        if not self._batch:
            self._batch = await self._fetch()
        if not self._batch:
            raise StopAsyncIteration
        return self._batch.pop()

    @_blocking_io
    def _fetch(self) -> list[Path]:
        if self._source is None:
            self._source = _paths_in(self._path)
        batch = [path for path, _ in zip(self._source, range(self._BATCH), strict=False)]
        return batch[::-1]


class AsyncPathIO(AbstractPathIO[Path]):
    """The disk, used in worker threads.

    Args:
        executor: where to run; the event loop's own if None.
    """

    def __init__(
        self,
        timeout: float | int | None = None,
        connection: Connection | None = None,
        state: Any = None,
        executor: Executor | None = None,
    ) -> None:
        super().__init__(timeout, connection, state)
        self.executor = executor

    @_blocking_io
    def exists(self, path: Path) -> bool:
        """Whether there is a file or folder."""
        return path.exists()

    @_blocking_io
    def is_dir(self, path: Path) -> bool:
        """Whether it is a folder."""
        return path.is_dir()

    @_blocking_io
    def is_file(self, path: Path) -> bool:
        """Whether it is a file."""
        return path.is_file()

    @_blocking_io
    def mkdir(self, path: Path, *, parents: bool = False, exist_ok: bool = False) -> None:
        """Make a folder."""
        path.mkdir(parents=parents, exist_ok=exist_ok)

    @_blocking_io
    def rmdir(self, path: Path) -> None:
        """Remove an empty folder."""
        path.rmdir()

    @_blocking_io
    def unlink(self, path: Path) -> None:
        """Remove a file."""
        path.unlink()

    def list(self, path: Path) -> AsyncIterable[Path]:
        """Iterate over the paths in a folder, or await a list of them."""
        return _ThreadedLister(path, self.executor, timeout=self.timeout)

    @_blocking_io
    def stat(self, path: Path) -> os.stat_result:
        """What the disk says."""
        return path.stat()

    @_blocking_io
    def _open(self, path: Path, *args: Any, **kwargs: Any) -> Any:
        return path.open(*args, **kwargs)

    @universal_exception
    @defend_file_methods
    @_in_executor
    def seek(self, file: Any, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move the position of an open file."""
        position: int = file.seek(offset, whence)
        return position

    @universal_exception
    @defend_file_methods
    @_in_executor
    def write(self, file: Any, s: Any) -> int:
        """Write at the position of an open file."""
        count: int = file.write(s)
        return count

    @universal_exception
    @defend_file_methods
    @_in_executor
    def read(self, file: Any, n: int = -1) -> bytes:
        """Read at the position of an open file."""
        data: bytes = file.read(n)
        return data

    @universal_exception
    @defend_file_methods
    @_in_executor
    def close(self, file: Any) -> None:
        """Close an open file."""
        file.close()

    @_blocking_io
    def rename(self, source: Path, destination: Path) -> Path:
        """Rename or move."""
        return source.rename(destination)
