"""What `open` gives: reading goes on over one transfer, writing appears whole or not at all."""

from __future__ import annotations

import atexit
import io
import os
import sys
import warnings
from contextlib import suppress
from typing import Any, Protocol
from weakref import WeakValueDictionary

from fsspec.asyn import sync
from fsspec.caching import ReadAheadCache, register_cache
from fsspec.spec import AbstractBufferedFile

from anyftp.fsspec._calls import call
from anyftp.fsspec._reader import Reader
from anyftp.fsspec._remote import Remote, hidden_name

#: How much is read ahead of a reader who goes on where it was: at first, and at most.
_FIRST_AHEAD, _MOST_AHEAD = 64 * 1024, 4 * 1024 * 1024


class FileSystem(Protocol):
    """What an open file needs of its file system."""

    remote: Remote
    loop: Any


class GrowingReadAhead(ReadAheadCache):  # type: ignore[misc]  # fsspec has no types
    """Reads ahead of those who read on, the more the longer they do, and of nobody else."""

    name = "anyftp-growing"

    def __init__(self, blocksize: int, fetcher: Any, size: int) -> None:
        super().__init__(0, fetcher, size)
        self._most = max(blocksize, _MOST_AHEAD)
        self._ahead = _FIRST_AHEAD

    def _fetch(self, start: int | None, end: int | None) -> bytes:
        start = start or 0
        if self.start <= start <= self.end:
            self.blocksize = self._ahead
        else:
            self.blocksize, self._ahead = 0, _FIRST_AHEAD
        misses = self.miss_count
        data: bytes = super()._fetch(start, end)
        if self.blocksize and self.miss_count > misses:
            self._ahead = min(2 * self._ahead, self._most)
        return data


register_cache(GrowingReadAhead, clobber=True)

#: Loops keep no hold of their tasks.
_CLOSING: set[Any] = set()

#: Seconds for telling a server, at the interpreter's end, that a file is given up.
_LAST_SECONDS = 5.0


class Remoted(Protocol):
    """What a file asks of its `FTPFileSystem`."""

    loop: Any
    remote: Remote

    def invalidate_cache(self, path: str | None = None) -> None:
        """Forget listings in which the path may be."""


class FTPFile(AbstractBufferedFile):  # type: ignore[misc]  # fsspec has no types
    """A file of an `FTPFileSystem`.

    What is written goes to a hidden name beside the file's own, a block at a time, and no
    connection is held in between. Closing gives it its name; leaving a `with` by an exception
    removes it.

    Attributes:
        is_placed: says of a file that is written, too, that one can go back in it.
    """

    closed: bool
    is_placed = False
    DEFAULT_BLOCK_SIZE = 8 * 1024 * 1024
    fs: Remoted

    def __init__(
        self,
        fs: Remoted,
        path: str,
        mode: str = "rb",
        *,
        info: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        options.setdefault("cache_type", GrowingReadAhead.name)
        self._reader: Reader | None = None
        self._hidden: str | None = None
        size = None if info is None else info["size"]
        if mode == "rb" and size is not None:
            options["size"] = size
        super().__init__(fs, path, mode, **options)
        if info is not None and "name" in info:
            self.details = info  # else it is asked for when it is wanted
        if mode == "ab":
            self.loc = size or 0  # as with a local file
        if mode != "rb":
            _WRITTEN[id(self)] = self

    def seekable(self) -> bool:
        """Whether one can jump."""
        return self.is_placed or bool(super().seekable())

    def _fetch_range(self, start: int, end: int) -> bytes:
        return call(self.fs.loop, self._read, start, end)

    async def _read(self, start: int, end: int) -> bytes:
        remote = self.fs.remote
        if self._reader is None:
            self._reader = Reader(remote.connections(), self.path, self.size)
        return await remote.read(self._reader, self.path, start, end)

    def _initiate_upload(self) -> None:
        if self.mode != "ab":
            self._hidden = hidden_name(self.path)

    def _upload_chunk(self, final: bool = False) -> bool:
        block = self.buffer.getvalue()
        target = self._hidden or self.path
        is_first = self.mode != "ab" and not self.offset
        try:
            if block or is_first:
                call(self.fs.loop, self.fs.remote.store, target, block, append=not is_first)
            if final and self.autocommit:
                self.commit()
        except BaseException:
            self._give_up()
            raise
        return True

    def commit(self) -> None:
        """Give what was written its name."""
        hidden, self._hidden = self._hidden, None
        if hidden is not None:
            try:
                call(self.fs.loop, self.fs.remote.replace, hidden, self.path)
            except BaseException:
                self._hidden = hidden
                raise
            # Somebody may have listed the folder since the file was closed: in a transaction.
            self.fs.invalidate_cache(self.path)

    def discard(self, *, seconds: float | None = None) -> None:
        """Have nothing of what was written appear.

        Args:
            seconds: how long that may take; any time if None.
        """
        hidden, self._hidden = self._hidden, None
        if hidden is not None and self.offset is not None:
            sync(self.fs.loop, self.fs.remote.discard, hidden, timeout=seconds)

    def close(self) -> None:
        """Finish writing, or let go of the connection."""
        if sys.is_finalizing():
            # Fsspec's loop has no thread any more, and to wait for it has no end.
            self.closed = True
            return
        reader, self._reader = self._reader, None
        if reader is not None and not self.closed:
            try:
                call(self.fs.loop, reader.aclose)
            except NotImplementedError:
                # This is fsspec's own loop: the garbage collector runs wherever it likes.
                closing = self.fs.loop.create_task(reader.aclose())
                _CLOSING.add(closing)
                closing.add_done_callback(_CLOSING.discard)
        super().close()

    def __exit__(self, kind: object, *rest: object) -> None:
        if kind is not None and self.mode in ("wb", "xb") and not self.closed:
            self._give_up()
        self.close()

    def _give_up(self, seconds: float | None = None) -> None:
        """Discard what was written; what is still in the buffer is never sent."""
        self.closed = True
        self.discard(seconds=seconds)


#: Files that are or were open for writing.
_WRITTEN: WeakValueDictionary[int, FTPFile] = WeakValueDictionary()


@atexit.register
def _give_up_unclosed() -> None:
    """Leave no part of what nobody has closed: what a wrapper still holds of it is not known here.

    Exit handlers run while fsspec's loop still does.
    """
    for file in list(_WRITTEN.values()):
        if not file.closed:
            with suppress(OSError):
                file._give_up(_LAST_SECONDS)
            lost = "its end" if file.mode == "ab" else "all of it"
            warnings.warn(f"{file.path} was never closed: {lost} is lost", stacklevel=1)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_WRITTEN.clear)  # they are the parent's


class FTPTextFile(io.TextIOWrapper):
    """Text over a file; a `with` that fails discards it as well."""

    def __init__(self, buffer: FTPFile, **options: Any) -> None:
        # Only where one can go back Python looks whether a text begins here, which some encodings
        # mark: UTF-16 would have no mark at all, UTF-8 with one a second in what is appended.
        buffer.is_placed = True
        try:
            super().__init__(buffer, **options)
        finally:
            buffer.is_placed = False

    def __exit__(self, kind: Any, *rest: Any) -> None:
        buffer = self.buffer
        if kind is not None and isinstance(buffer, FTPFile):
            buffer.__exit__(kind, *rest)
            return
        super().__exit__(kind, *rest)
