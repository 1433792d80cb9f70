"""Line ends of text: CRLF on the wire, LF in files (RFC 959, 3.1.1.1).

Both ways are pure functions with one byte of memory, so that it does not matter where the blocks
are cut. A CR that stands alone is kept as it is.
"""

from __future__ import annotations


class ToCRLF:
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


class FromCRLF:
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
