"""What is done with open files by their descriptors, on every system.

Windows reads at no place but the present one, has no mode to give, and neither renames nor removes
what is open. Blocking; called in worker threads.
"""

from __future__ import annotations

import os
import sys

#: The permission bits that files are given: no set-user-ID, no set-group-ID, no sticky bit.
MODE_BITS = 0o777
#: Whether a file can get another name, or lose its own, while it is open.
OPEN_FILES_MOVE = sys.platform != "win32"


def read_into(fd: int, buffer: memoryview) -> int:
    """Read from the present position on; returns how many bytes, 0 at the end."""
    if hasattr(os, "readv"):
        return os.readv(fd, [buffer])
    block = os.read(fd, len(buffer))
    buffer[: len(block)] = block
    return len(block)


def read_at(fd: int, nbytes: int, offset: int) -> bytes:
    """Read at a place; the descriptor's position stays where it is.

    Nobody else may use the descriptor meanwhile.
    """
    if hasattr(os, "pread"):
        return os.pread(fd, nbytes, offset)
    position = os.lseek(fd, 0, os.SEEK_CUR)
    try:
        os.lseek(fd, offset, os.SEEK_SET)
        return os.read(fd, nbytes)
    finally:
        os.lseek(fd, position, os.SEEK_SET)


def give_mode(fd: int, mode: int | None) -> None:
    """Give a file the mode of another one: but what is written here runs as nobody else.

    Neither set-user-ID nor set-group-ID outlives a change of content; root's writing, unlike
    that of others, would leave them.
    """
    if mode is not None and hasattr(os, "fchmod"):
        try:  # noqa: SIM105  # for each file, and `suppress` costs more than the call
            os.fchmod(fd, mode & MODE_BITS)
        except OSError:
            pass  # some file systems have no modes; the content is what counts
