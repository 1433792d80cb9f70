"""Whole files: by the core's copy loop, as long as nobody has put a class in their way."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TypeVar

import anyftp

from .._ground._errors import PathIOError
from .._ground._translation import translated_errors
from .._pathio._interface import AnyPathIO, AsyncPathIOContext
from .._pathio._local import AsyncPathIO, Disk, PathIO
from .._streams._throttle import for_core
from ._data_connections import DataConnections
from ._data_streams import CoreDataStream, DataConnectionThrottleStreamIO

_Result = TypeVar("_Result")

#: What a file begins with goes by the stream: a small one needs nothing more.
_SMALL_BYTES = 65536


async def upload_file(
    client: DataConnections, source: Path, destination: PurePosixPath, block_size: int
) -> None:
    """Upload one file. Cancellation: leaves the control connection in step."""
    async with (
        client.path_io.open(source, mode="rb") as file,
        client.upload_stream(destination) as stream,
    ):
        if not _is_plain(client, stream):
            async for block in file.iter_by_block(block_size):
                await stream.write(block)
            return
        await stream.write(start := await file.read(_SMALL_BYTES))
        if len(start) == _SMALL_BYTES:
            with _path_errors():
                await anyftp.copy_from_file(_Source(client.path_io, file), _paying_core(stream))


async def download_file(
    client: DataConnections, source: PurePosixPath, destination: Path, block_size: int
) -> None:
    """Download one file. Cancellation: leaves the control connection in step."""
    async with (
        client.download_stream(source) as stream,
        client.path_io.open(destination, mode="wb") as file,
    ):
        is_plain, nbytes = _is_plain(client, stream), 0
        async for block in stream.iter_by_block(_SMALL_BYTES if is_plain else block_size):
            await file.write(block)
            nbytes += len(block)
            if is_plain and nbytes >= _SMALL_BYTES:
                break
        else:
            return
        with _path_errors():
            await anyftp.copy_to_file(_paying_core(stream), _Target(client.path_io, file))


def _is_plain(client: DataConnections, stream: DataConnectionThrottleStreamIO) -> bool:
    """Whether the bytes may go by the core's copy loop: nobody has put a class in their way."""
    return type(stream) is CoreDataStream and type(client.path_io) in (PathIO, AsyncPathIO)


def _paying_core(stream: DataConnectionThrottleStreamIO) -> anyftp.StreamIO:
    """The core's stream, with this one's throttles and time-outs."""
    assert isinstance(stream, CoreDataStream)
    core = stream.core
    core.throttles = {name: for_core(pair) for name, pair in stream.throttles.items()}
    core.read_timeout, core.write_timeout = stream.read_timeout, stream.write_timeout
    return core


class _LocalError(OSError):
    """A file of this machine failed; the cause says how."""


class _LocalFile:
    """A file of `PathIO` for the core: its errors are told from those of the connection.

    `AsyncPathIO` bounds each operation by `path_timeout`; then the core may not go past these
    methods to the descriptor, for the kernel's copies know no such bound.
    """

    def __init__(self, disk: AnyPathIO, file: AsyncPathIOContext) -> None:
        assert isinstance(disk, Disk)
        self._disk = disk
        self._file: io.BufferedRandom = file.file  # or one that reads, or writes
        self._is_bounded = isinstance(disk, AsyncPathIO) and disk.timeout is not None

    def as_file_error(self, error: OSError) -> OSError:
        """Mark a failure of the file's."""
        failure = _LocalError(*error.args)
        failure.__cause__ = error
        return failure

    async def _call(self, method: Callable[[memoryview], _Result], data: memoryview) -> _Result:
        try:
            return await self._disk._run(method, data)
        except OSError as error:  # TimeoutError among them
            raise self.as_file_error(error) from error


class _Source(_LocalFile):
    async def readinto(self, buffer: memoryview) -> int:
        return await self._call(self._file.readinto, buffer)

    def fileno(self) -> int | None:
        if self._is_bounded:
            return None
        self._file.seek(self._file.tell())  # the descriptor is ahead by what is buffered
        return self._file.fileno()


class _Target(_LocalFile):
    async def write(self, data: memoryview) -> None:
        await self._call(self._file.write, data)

    def fileno(self) -> int | None:
        if self._is_bounded:
            return None
        self._file.flush()
        return self._file.fileno()


@contextmanager
def _path_errors() -> Iterator[None]:
    """Raise `PathIOError` where a file of this machine failed, as aioftp does."""
    try:
        with translated_errors():
            yield
    except _LocalError as error:
        cause = error.__cause__
        assert cause is not None
        raise PathIOError(reason=(type(cause), cause, cause.__traceback__)) from cause  # type: ignore[arg-type]
