"""RANG (draft-bryan-ftp-range-08): the next RETR, STOR or HASH is about a part of the file only.

REST and RANG undo each other: whichever comes last counts.
"""

from __future__ import annotations

from anyftp._errors import RemoteProtocolError
from anyftp._protocol import Reply, TransferType, parse_range
from anyftp._server._refusals import Refused
from anyftp._server._session._session import Session
from anyftp._streams import ReadableFile, WritableFile


async def rang(session: Session, argument: str) -> Reply:
    """RANG; a refused one takes an earlier one back as well."""
    session.state.range = None
    try:
        part = parse_range(argument)
    except RemoteProtocolError:
        return Reply("501", ("RANG takes the numbers of the first and the last byte.",))
    if part is None:
        return Reply("350", ("The next transfer is of the whole file.",))
    if session.state.type_ is TransferType.ASCII:
        return Reply("501", ("RANG needs TYPE I.",))
    session.state.range = part
    return Reply("350", (f"The next transfer is of the bytes {part.start} to {part.end}.",))


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
