"""Whether a file is still what it was when it was opened.

Who reads a file while another program writes to it gets a mixture of two contents, which the file
never had. Nothing tells of it but the file's size and the time of its last change. One that has
only been added to, as logs are, still begins with what it had: its size has grown, and what it had
begins and ends as it did.
"""

from __future__ import annotations

import os
from typing import NamedTuple, Self

from anyftp._fs._descriptors import read_at

#: Compared of each end. Databases count in their first bytes, archives end with their table.
_END_BYTES = 4096


class Snapshot(NamedTuple):
    """What is seen of an open file at one moment.

    Attributes:
        size: bytes.
        modified_nanoseconds: time of the last change.
        ends: the first and the last bytes.
    """

    size: int
    modified_nanoseconds: int
    ends: tuple[bytes, bytes]

    @classmethod
    def take(cls, fd: int) -> Self:
        """Look at it; blocking."""
        status = os.fstat(fd)
        return cls(*stamp(status), _ends(fd, status.st_size))

    def is_unlike(self, status: os.stat_result) -> bool:
        """Whether it was written to meanwhile, by all that the system knows."""
        return (self.size, self.modified_nanoseconds) != stamp(status)

    def is_beginning_of(self, fd: int, status: os.stat_result) -> bool:
        """Whether it has been added to, and nothing else, to become what it is now; blocking."""
        return status.st_size > self.size > 0 and _ends(fd, self.size) == self.ends


def stamp(status: os.stat_result) -> tuple[int, int]:
    """What tells that a file was written to: its size, and the time of its last change."""
    return status.st_size, status.st_mtime_ns


def _ends(fd: int, size: int) -> tuple[bytes, bytes]:
    if not size:  # the kernel's own files have none, and not all of them can be read anywhere
        return b"", b""
    return read_at(fd, min(size, _END_BYTES), 0), _last(fd, size)


def _last(fd: int, size: int) -> bytes:
    start = max(0, size - _END_BYTES)
    return read_at(fd, size - start, start)
