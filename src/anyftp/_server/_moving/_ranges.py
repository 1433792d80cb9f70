"""A part of a file, as RANG names it (draft-bryan-ftp-range-08)."""

from __future__ import annotations

from anyftp._server._refusals import Refused
from anyftp._streams import ReadableFile, WritableFile


class RangeReader:
    """A file that ends after some bytes."""

    def __init__(self, file: ReadableFile, nbytes: int) -> None:
        self._file = file
        self._left = nbytes

    def fileno(self) -> None:
        """No descriptor: the kernel would copy on to the file's end."""

    async def readinto(self, buffer: memoryview) -> int:
        """Fill the front of buffer; 0 at the end of the range. Cancellation: as the file's."""
        wanted = buffer[: self._left]
        if not wanted:
            return 0
        nbytes = await self._file.readinto(wanted)
        self._left -= nbytes
        return nbytes


class RangeWriter:
    """A file that takes no more than some bytes."""

    def __init__(self, file: WritableFile, nbytes: int) -> None:
        self._file = file
        self._left = nbytes

    def fileno(self) -> None:
        """No descriptor: the kernel would copy on to the stream's end."""

    async def write(self, data: memoryview) -> None:
        """Write all of data.

        Raises:
            Refused: it is more than what the range has room for.

        Cancellation: as the file's.
        """
        if data.nbytes > self._left:
            raise Refused("552", "This is more than the range that RANG has named.")
        await self._file.write(data)
        self._left -= data.nbytes
