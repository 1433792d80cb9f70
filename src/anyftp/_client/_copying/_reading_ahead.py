"""Small files of a tree are read several at a time, ahead of the network.

A hop to a worker thread costs as much as opening and reading a small file there. So one hop reads
some of the next ones too: as many as went out lately in the time for which what was read may lie.
Over a slow network that is none, and what was read and then had to wait is read again: nothing old
is sent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import islice
from pathlib import PurePosixPath

import anyio

from anyftp._client._copying._local import Target
from anyftp._fs import LocalFileSystem, LocalReadFile

#: How long the files of one hop are to last.
_SECONDS = 0.02

#: What was read longer ago is read again.
_OLD_SECONDS = 0.1

#: Files that one hop reads at most.
_MAX_FILES = 32


class _Batch:
    """Files that one hop reads."""

    def __init__(self, read_at: float) -> None:
        self.files: dict[PurePosixPath, LocalReadFile] = {}
        self.read_at = read_at
        self.is_over = anyio.Event()


class ReadingAhead:
    """The files of one tree that will be sent, in about the order in which they were announced."""

    def __init__(self, files: LocalFileSystem) -> None:
        self._files = files
        self._expected: dict[PurePosixPath, None] = {}
        self._batches: dict[PurePosixPath, _Batch] = {}
        self._count = 0
        self._began = -math.inf

    def expect(self, path: PurePosixPath) -> Target:
        """Announce a file that will be opened; gives what opens it."""
        self._expected[path] = None
        return _Expected(self._files, path, self)

    async def open_read(self, path: PurePosixPath) -> LocalReadFile:
        """Open a file, or take the one that was read ahead. Cancellation: as of `FileSystem`."""
        batch = self._batches.pop(path, None)
        if batch is not None:
            if not batch.is_over.is_set():
                await batch.is_over.wait()
            file = batch.files.pop(path, None)
            if file is not None and anyio.current_time() <= batch.read_at + _OLD_SECONDS:
                return file
        self._expected.pop(path, None)
        return await self._read([path, *islice(self._expected, self._pace() - 1)])

    async def _read(self, paths: Sequence[PurePosixPath]) -> LocalReadFile:
        if len(paths) == 1:
            return await self._files.open_read(paths[0])
        others = paths[1:]
        batch = _Batch(anyio.current_time())
        for path in others:
            del self._expected[path]
            self._batches[path] = batch
        try:
            file, *read = await self._files.open_read_several(paths)
        finally:
            batch.is_over.set()
        batch.files.update(
            (path, other) for path, other in zip(others, read, strict=True) if other is not None
        )
        assert file is not None
        return file

    def _pace(self) -> int:
        """How many files to read: twice as many as the last time at most."""
        now = anyio.current_time()
        elapsed, self._began = now - self._began, now
        count = int(self._count * _SECONDS / elapsed) if elapsed > 0 else _MAX_FILES
        self._count = max(1, min(count, 2 * self._count, _MAX_FILES))
        return self._count


class _Expected(Target):
    """A local file that may have been read before it is opened."""

    __slots__ = ("_ahead",)

    def __init__(self, files: LocalFileSystem, path: PurePosixPath, ahead: ReadingAhead) -> None:
        super().__init__(files, path)
        self._ahead = ahead

    async def open_read(self) -> LocalReadFile:
        """See `Target`."""
        return await self._ahead.open_read(self.path)
