"""What `open_async` gives, for programs that use the file system on an event loop of their own."""

from __future__ import annotations

from typing import Any

from fsspec.asyn import AbstractAsyncStreamedFile

from anyftp.fsspec._file import Remoted
from anyftp.fsspec._reader import Reader
from anyftp.fsspec._remote import hidden_name


class FTPStreamedFile(AbstractAsyncStreamedFile):  # type: ignore[misc]  # fsspec has no types
    """A file of an `FTPFileSystem`, read or written on the event loop that runs.

    What is written goes to a hidden name, as with `FTPFile`.
    """

    DEFAULT_BLOCK_SIZE = 8 * 1024 * 1024
    closed: bool
    fs: Remoted

    def __init__(self, fs: Remoted, path: str, mode: str = "rb", **options: Any) -> None:
        self._reader: Reader | None = None
        self._hidden: str | None = None
        super().__init__(fs, path, mode, cache_type="none", **options)

    def __del__(self) -> None:
        """Nothing can be awaited here; the pool closes what nobody gives back."""

    async def close(self) -> None:
        """Finish writing, or let go of the connection. Cancellation: nothing appears."""
        reader, self._reader = self._reader, None
        if reader is not None:
            await reader.aclose()
        await super().close()

    async def __aexit__(self, kind: object, *rest: object) -> None:
        if kind is not None and self.mode == "wb" and not self.closed:
            self.closed = True
            await self._give_up()
        await self.close()

    async def _fetch_range(self, start: int, end: int) -> bytes:
        end = min(end, self.size)
        if end <= start:
            return b""
        remote = self.fs.remote
        if self._reader is None:
            self._reader = Reader(remote.connections(), self.path, self.size)
        return await remote.read(self._reader, self.path, start, end)

    async def _initiate_upload(self) -> None:
        if self.mode != "ab":
            self._hidden = hidden_name(self.path)

    async def _upload_chunk(self, final: bool = False) -> bool:
        block = self.buffer.getvalue()
        is_first = self.mode != "ab" and not self.offset
        remote = self.fs.remote
        try:
            if block or is_first:
                await remote.store(self._hidden or self.path, block, append=not is_first)
            if final and self._hidden is not None:
                await remote.replace(self._hidden, self.path)
                self._hidden = None
        except BaseException:
            self.closed = True
            await self._give_up()
            raise
        return True

    async def _give_up(self) -> None:
        hidden, self._hidden = self._hidden, None
        if hidden is not None:
            await self.fs.remote.discard(hidden)
