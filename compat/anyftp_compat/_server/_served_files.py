"""A file system of aioftp's for the core's server."""

from __future__ import annotations

import errno
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import PurePosixPath
from stat import S_ISDIR, S_ISREG
from typing import Generic, Literal, TypeAlias

import anyftp

from .._ground._errors import PathIOError
from .._pathio._interface import AbstractPathIO, AsyncPathIOContext, PathType
from ._lines import Status
from ._served_disk import refuse_unless_file

FileType: TypeAlias = Literal["file", "dir", "other"]

_BATCH = 256

#: Permission bits of files and of folders whose file system has none.
_MODES = 0o644, 0o755


class ServedFiles(anyftp.FileSystem, Generic[PathType]):
    """What lies below a folder of an `AbstractPathIO`.

    Args:
        path_io: the file system.
        real: where a path that the client sees leads in it.
        user: whose they are.
        block_size: bytes for one read or write.
    """

    def __init__(
        self,
        path_io: AbstractPathIO[PathType],
        real: Callable[[PurePosixPath], PathType],
        user: anyftp.User,
        block_size: int,
    ) -> None:
        self.user = user
        self._block_size = block_size
        self._path_io = path_io
        self._real = real

    async def stat(self, path: PurePosixPath) -> anyftp.FileInfo:
        return await self._info(path.name or "/", path)

    async def scan(self, path: PurePosixPath) -> AsyncGenerator[list[anyftp.FileInfo], None]:
        with translated_path_errors(path):
            if not await self._path_io.is_dir(self._real(path)):
                is_there = await self._path_io.exists(self._real(path))
                raise anyftp.FileSystemError(errno.ENOTDIR if is_there else errno.ENOENT, path)
            batch = []
            async for real in self._path_io.list(self._real(path)):
                with suppress(anyftp.FileSystemError):  # gone, as where a link leads
                    batch.append(await self._info(real.name, path / real.name, real))
                if len(batch) >= _BATCH:
                    yield batch
                    batch = []
            yield batch

    async def open_read(self, path: PurePosixPath, offset: int = 0) -> anyftp.ReadFile:
        info = await self.stat(path)
        if info.is_dir:
            raise anyftp.FileSystemError(errno.EISDIR, path)
        file = await self._open(path, "rb", offset)
        return _Reading(file, info, path, self._block_size)

    async def open_write(
        self,
        path: PurePosixPath,
        *,
        offset: int | None = None,
        append: bool = False,
        exclusive: bool = False,
    ) -> anyftp.WriteFile:
        """See the core; but the file is written in place, as aioftp's server does it.

        Cancellation: as the file system's.
        """
        with translated_path_errors(path):
            if exclusive and await self._path_io.exists(self._real(path)):
                raise anyftp.FileSystemError(errno.EEXIST, path)
        mode = "ab" if append else "wb" if offset is None else "r+b"
        return _Writing(await self._open(path, mode, offset or 0), path, self._block_size)

    async def make_directory(self, path: PurePosixPath) -> None:
        with translated_path_errors(path):
            await self._path_io.mkdir(self._real(path), parents=True)

    async def remove_directory(self, path: PurePosixPath) -> None:
        await self.stat(path)
        with translated_path_errors(path):
            await self._path_io.rmdir(self._real(path))

    async def remove_file(self, path: PurePosixPath) -> None:
        refuse_unless_file(await self.stat(path), path)
        with translated_path_errors(path):
            await self._path_io.unlink(self._real(path))

    async def rename(self, source: PurePosixPath, destination: PurePosixPath) -> None:
        await self.stat(source)
        with translated_path_errors(source):
            await self._path_io.rename(self._real(source), self._real(destination))

    async def _info(
        self, name: str, path: PurePosixPath, real: PathType | None = None
    ) -> anyftp.FileInfo:
        real = self._real(path) if real is None else real
        with translated_path_errors(path):
            found = await self._stat(real)
            mode = getattr(found, "st_mode", None)  # MLSD of aioftp's server needs none
            kind = await self._kind(real) if mode is None else _kind_of(mode)
        return anyftp.FileInfo(
            name,
            kind,
            size=found.st_size,
            modified=found.st_mtime,
            mode=_MODES[kind == "dir"] if mode is None else mode & 0o7777,
            links=getattr(found, "st_nlink", 1),
            owner="none",
            group="none",
        )

    async def _stat(self, real: PathType) -> Status:
        try:
            found: Status = await self._path_io.stat(real)
            return found
        except Exception as error:
            # File systems of users need not say why; aioftp's server asks `exists` before `stat`.
            if not await self._path_io.exists(real):
                raise PathIOError(reason=(FileNotFoundError, FileNotFoundError(), None)) from error  # type: ignore[arg-type]
            raise

    async def _kind(self, real: PathType) -> FileType:
        if await self._path_io.is_dir(real):
            return "dir"
        return "file" if await self._path_io.is_file(real) else "other"

    async def _open(self, path: PurePosixPath, mode: str, offset: int) -> AsyncPathIOContext:
        with translated_path_errors(path):
            file = await self._path_io.open(self._real(path), mode=mode)
            if offset:
                await file.seek(offset)
            return file


def _kind_of(mode: int) -> FileType:
    if S_ISDIR(mode):
        return "dir"
    return "file" if S_ISREG(mode) else "other"


class _Reading(anyftp.ReadFile):
    def __init__(
        self,
        file: AsyncPathIOContext,
        info: anyftp.FileInfo,
        path: PurePosixPath,
        block_size: int,
    ) -> None:
        self.size = info.size
        self.modified = info.modified
        self._file = file
        self._path = path
        self._block_size = block_size

    async def readinto(self, buffer: memoryview) -> int:
        with translated_path_errors(self._path):
            data: bytes = await self._file.read(min(buffer.nbytes, self._block_size))
        buffer[: len(data)] = data
        return len(data)

    async def aclose(self) -> None:
        close, self._file.close = self._file.close, None
        if close is not None:
            await close()


class _Writing(anyftp.WriteFile):
    def __init__(self, file: AsyncPathIOContext, path: PurePosixPath, block_size: int) -> None:
        self._file = file
        self._path = path
        self._block_size = block_size

    async def write(self, data: memoryview) -> None:
        with translated_path_errors(self._path):
            for start in range(0, data.nbytes, self._block_size):
                await self._file.write(bytes(data[start : start + self._block_size]))

    async def commit(self) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        close, self._file.close = self._file.close, None
        if close is not None:
            with translated_path_errors(self._path):
                await close()


@contextmanager
def translated_path_errors(path: PurePosixPath) -> Iterator[None]:
    """Turns what file systems of aioftp's raise into the core's error, with the reason's number."""
    try:
        yield
    except anyftp.FileSystemError:
        raise
    except PathIOError as error:
        raise anyftp.FileSystemError(_number(error.reason and error.reason[1]), path) from error
    except OSError as error:
        raise anyftp.FileSystemError(_number(error), path) from error


def _number(reason: BaseException | None) -> int:
    known = [number for kind, number in _ERRNO.items() if isinstance(reason, kind)]
    return getattr(reason, "errno", None) or next(iter(known), errno.EIO)


#: MemoryPathIO and its kin raise these without a number.
_ERRNO: dict[type[OSError], int] = {
    FileNotFoundError: errno.ENOENT,
    FileExistsError: errno.EEXIST,
    NotADirectoryError: errno.ENOTDIR,
    IsADirectoryError: errno.EISDIR,
    PermissionError: errno.EACCES,
}
