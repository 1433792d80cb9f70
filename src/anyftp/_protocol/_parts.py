"""What of a file is moved, and how: RANG (draft-bryan-ftp-range-08), MODE and its options.

RANG start end     both included; `RANG 1 0` takes a range back
MODE S or MODE Z   Z: compressed by zlib (draft-preston-ftpext-deflate-04)
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from anyftp._errors import LocalProtocolError, RemoteProtocolError

_RANGE = re.compile(r"([0-9]{1,19}) +([0-9]{1,19})")
_LEVEL = re.compile(r"Z(?: [!-~]{1,20} [!-~]{1,20}){0,5}? LEVEL ([0-9])(?: .{0,100})?", re.I)
_MAX_OFFSET = 2**63 - 1


@dataclass(frozen=True, slots=True)
class ByteRange:
    """A part of a file.

    Attributes:
        start: the first byte.
        end: the last byte, included.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end <= _MAX_OFFSET:
            raise LocalProtocolError(
                f"start and end must be a range of bytes, not {self.start} to {self.end}"
            )

    @property
    def nbytes(self) -> int:
        """How many bytes there are in it."""
        return self.end - self.start + 1


class TransferMode(enum.Enum):
    """MODE: how the bytes travel."""

    STREAM = "S"
    DEFLATE = "Z"


def parse_range(argument: str) -> ByteRange | None:
    """Read the argument of RANG.

    Returns:
        None for `1 0`: the whole file again.

    Raises:
        RemoteProtocolError: it is no range; to be answered with 501, and the range is taken back.
    """
    match = _RANGE.fullmatch(argument.strip(" "))
    if match is None:
        raise RemoteProtocolError(f"not a range: {argument[:60]!r}")
    start, end = int(match[1]), int(match[2])
    if (start, end) == (1, 0):
        return None
    try:
        return ByteRange(start, end)
    except LocalProtocolError as error:
        raise RemoteProtocolError(f"not a range: {argument[:60]!r}") from error


def format_range(part: ByteRange | None) -> str:
    """Write the argument of RANG; of None, the one that takes a range back."""
    return "1 0" if part is None else f"{part.start} {part.end}"


def parse_mode(argument: str) -> TransferMode:
    """Read the argument of MODE.

    Raises:
        RemoteProtocolError: another mode, such as block or compressed; to be answered with 504.
    """
    try:
        return TransferMode(argument.strip(" ").upper())
    except ValueError:
        raise RemoteProtocolError(f"no such mode: {argument[:40]!r}") from None


def parse_deflate_level(argument: str) -> int:
    """Read what follows MODE in `OPTS MODE Z LEVEL 6`; other options of the engine are passed over.

    Raises:
        RemoteProtocolError: there is no level from 0 to 9; to be answered with 501.
    """
    match = _LEVEL.fullmatch(argument.strip(" "))
    if match is None:
        raise RemoteProtocolError(f"no level of compression: {argument[:60]!r}")
    return int(match[1])
