"""TYPE A: lines end with CRLF on the wire and with LF in files (RFC 959, 3.1.1.1).

Both ways are pure functions with one byte of memory, so that it does not matter where the blocks
are cut. A CR that stands alone is kept as it is.
"""

from __future__ import annotations

from anyftp._streams import ReadableFile, WritableFile

_BLOCK_BYTES = 65536


class ToWire:
    """Turns LF into CRLF; an LF that has its CR already is left alone."""

    def __init__(self) -> None:
        self._ends_with_cr = False

    def convert(self, data: bytes) -> bytes:
        """Convert the next block."""
        if not data:
            return b""
        is_second_half = self._ends_with_cr and data.startswith(b"\n")
        self._ends_with_cr = data.endswith(b"\r")
        wire = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        return wire[1:] if is_second_half else wire


class FromWire:
    """Turns CRLF into LF."""

    def __init__(self) -> None:
        self._held = b""

    def convert(self, data: bytes) -> bytes:
        """Convert the next block; a CR at its end is held back until it is known what follows."""
        data = self._held + data
        self._held = b"\r" if data.endswith(b"\r") else b""
        return data[: len(data) - len(self._held)].replace(b"\r\n", b"\n")

    def end(self) -> bytes:
        """Give what is held back when nothing follows."""
        held, self._held = self._held, b""
        return held


class AsciiReader:
    """A file as it goes out over the wire."""

    def __init__(self, file: ReadableFile) -> None:
        self._file = file
        self._converter = ToWire()
        self._block = memoryview(bytearray(_BLOCK_BYTES))
        self._ready = b""

    def fileno(self) -> None:
        """No descriptor: the kernel does not convert."""

    async def readinto(self, buffer: memoryview) -> int:
        """Fill the front of buffer; 0 at the end. Cancellation: breaks the conversion."""
        while not self._ready:
            nbytes = await self._file.readinto(self._block)
            if not nbytes:
                return 0
            self._ready = self._converter.convert(bytes(self._block[:nbytes]))
        nbytes = min(len(buffer), len(self._ready))
        buffer[:nbytes] = self._ready[:nbytes]
        self._ready = self._ready[nbytes:]
        return nbytes


class AsciiWriter:
    """A file as it comes in over the wire; `end` must be called before the commit."""

    def __init__(self, file: WritableFile) -> None:
        self._file = file
        self._converter = FromWire()

    def fileno(self) -> None:
        """No descriptor: the kernel does not convert."""

    async def write(self, data: memoryview) -> None:
        """Write all of data, converted. Cancellation: breaks the conversion."""
        await self._file.write(memoryview(self._converter.convert(bytes(data))))

    async def end(self) -> None:
        """Write what is held back. Cancellation: breaks the conversion."""
        await self._file.write(memoryview(self._converter.end()))
