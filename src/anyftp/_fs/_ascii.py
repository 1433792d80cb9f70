"""Text files: lines end with LF in the file and with CRLF where its bytes go to or come from."""

from __future__ import annotations

from anyftp._streams import FromCRLF, ReadableFile, ToCRLF, WritableFile

_BLOCK_BYTES = 65536


class AsciiReader:
    """A file as it goes out over the wire.

    Args:
        limit: bytes of the file to read at most.

    Attributes:
        nbytes: read from the file so far.
    """

    def __init__(self, file: ReadableFile, limit: int | None = None) -> None:
        self.nbytes = 0
        self._file = file
        self._limit = limit
        self._converter = ToCRLF()
        self._block = memoryview(bytearray(_BLOCK_BYTES))
        self._ready = b""

    def fileno(self) -> None:
        """No descriptor: the kernel does not convert."""

    async def readinto(self, buffer: memoryview) -> int:
        """Fill the front of buffer; 0 at the end. Cancellation: breaks the conversion."""
        while not self._ready:
            left = None if self._limit is None else self._limit - self.nbytes
            nbytes = await self._file.readinto(self._block[:left])
            if not nbytes:
                return 0
            self.nbytes += nbytes
            self._ready = self._converter.convert(bytes(self._block[:nbytes]))
        nbytes = min(len(buffer), len(self._ready))
        buffer[:nbytes] = self._ready[:nbytes]
        self._ready = self._ready[nbytes:]
        return nbytes


class AsciiWriter:
    """A file as it comes in over the wire; `end` must be called before the commit."""

    def __init__(self, file: WritableFile) -> None:
        self._file = file
        self._converter = FromCRLF()

    def fileno(self) -> None:
        """No descriptor: the kernel does not convert."""

    async def write(self, data: memoryview) -> None:
        """Write all of data, converted. Cancellation: breaks the conversion."""
        await self._file.write(memoryview(self._converter.convert(bytes(data))))

    async def end(self) -> None:
        """Write what is held back. Cancellation: breaks the conversion."""
        await self._file.write(memoryview(self._converter.end()))
