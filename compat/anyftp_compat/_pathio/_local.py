"""The disk of this machine: on the event loop's thread, or in worker threads."""

from __future__ import annotations

import asyncio
import functools
import io
import os
from abc import abstractmethod
from collections.abc import AsyncIterable, Awaitable, Callable, Iterator
from concurrent.futures import Executor
from itertools import islice
from pathlib import Path
from typing import IO, Any, Concatenate, ParamSpec, Protocol, TypeVar

from .._ground._connection import Connection
from .._ground._listers import AbstractAsyncLister
from .._ground._timeouts import with_timeout
from ._interface import AbstractPathIO, defend_file_methods, universal_exception

_Params = ParamSpec("_Params")
_Result = TypeVar("_Result")


class HasExecutor(Protocol):
    """Has an executor, as `AsyncPathIO`."""

    executor: Executor | None


_Owner = TypeVar("_Owner", bound=HasExecutor)


class Disk(AbstractPathIO[Path]):
    """What both do; each says where."""

    _batch = 1

    @abstractmethod
    async def _run(
        self, call: Callable[_Params, _Result], *args: _Params.args, **kwargs: _Params.kwargs
    ) -> _Result:
        """Call something that blocks."""

    @universal_exception
    async def exists(self, path: Path) -> bool:
        return await self._run(path.exists)

    @universal_exception
    async def is_dir(self, path: Path) -> bool:
        return await self._run(path.is_dir)

    @universal_exception
    async def is_file(self, path: Path) -> bool:
        return await self._run(path.is_file)

    @universal_exception
    async def mkdir(self, path: Path, *, parents: bool = False, exist_ok: bool = False) -> None:
        await self._run(path.mkdir, parents=parents, exist_ok=exist_ok)

    @universal_exception
    async def rmdir(self, path: Path) -> None:
        await self._run(path.rmdir)

    @universal_exception
    async def unlink(self, path: Path) -> None:
        await self._run(path.unlink)

    def list(self, path: Path) -> AsyncIterable[Path]:
        return _Lister(self, path)

    @universal_exception
    async def stat(self, path: Path) -> os.stat_result:
        return await self._run(path.stat)

    @universal_exception
    async def _open(self, path: Path, *args: Any, **kwargs: Any) -> IO[bytes]:
        file: IO[bytes] = await self._run(lambda: path.open(*args, **kwargs))
        return file

    @universal_exception
    @defend_file_methods
    async def seek(self, file: IO[bytes], offset: int, whence: int = io.SEEK_SET) -> int:
        return await self._run(file.seek, offset, whence)

    @universal_exception
    @defend_file_methods
    async def write(self, file: IO[bytes], s: bytes | bytearray | memoryview) -> int:
        return await self._run(file.write, s)

    @universal_exception
    @defend_file_methods
    async def read(self, file: IO[bytes], n: int = -1) -> bytes:
        return await self._run(file.read, n)

    @universal_exception
    @defend_file_methods
    async def close(self, file: IO[bytes]) -> None:
        await self._run(file.close)

    @universal_exception
    async def rename(self, source: Path, destination: Path) -> Path:
        return await self._run(source.rename, destination)


class PathIO(Disk):
    """The disk, used on the event loop's thread: quick while the disk is."""

    async def _run(
        self, call: Callable[_Params, _Result], *args: _Params.args, **kwargs: _Params.kwargs
    ) -> _Result:
        return call(*args, **kwargs)


class AsyncPathIO(Disk):
    """The disk, used in worker threads.

    Args:
        executor: where to run; the event loop's own if None.
    """

    _batch = 256  # a hop a path would cost more than the path

    def __init__(
        self,
        timeout: float | int | None = None,
        connection: Connection | None = None,
        state: object = None,
        executor: Executor | None = None,
    ) -> None:
        super().__init__(timeout, connection, state)
        self.executor = executor

    async def _run(
        self, call: Callable[_Params, _Result], *args: _Params.args, **kwargs: _Params.kwargs
    ) -> _Result:
        hop = functools.partial(call, *args, **kwargs)
        async with asyncio.timeout(self.timeout):
            return await asyncio.get_running_loop().run_in_executor(self.executor, hop)


class _Lister(AbstractAsyncLister[Path]):
    """The paths in a folder, in batches; nothing for what is no folder, as in aioftp."""

    def __init__(self, disk: Disk, path: Path) -> None:
        super().__init__(timeout=disk.timeout)
        self._disk = disk
        self._path = path
        self._source: Iterator[Path] | None = None
        self._batch: list[Path] = []

    @universal_exception
    async def __anext__(self) -> Path:
        if not self._batch:
            self._batch = await self._disk._run(self._fetch)
        if not self._batch:
            raise StopAsyncIteration
        return self._batch.pop()

    def _fetch(self) -> list[Path]:
        if self._source is None:
            self._source = iter(self._path.iterdir() if self._path.is_dir() else ())
        return list(islice(self._source, self._disk._batch))[::-1]


def _blocking_io(
    f: Callable[Concatenate[_Owner, _Params], _Result],
) -> Callable[Concatenate[_Owner, _Params], Awaitable[_Result]]:
    """Run a method in the executor of its object; what goes wrong is a `PathIOError`."""

    @functools.wraps(f)
    async def wrapper(self: _Owner, /, *args: _Params.args, **kwargs: _Params.kwargs) -> _Result:
        call = functools.partial(f, self, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self.executor, call)

    return universal_exception(with_timeout(wrapper))
