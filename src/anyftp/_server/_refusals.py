"""From what went wrong to the reply that says so."""

from __future__ import annotations

import errno
import os

from anyftp._errors import FileSystemError
from anyftp._protocol import Reply


class Refused(Exception):
    """A command is refused with this reply; raised by whatever a handler calls."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.reply: Reply = Reply(code, (text,))


class Dismissed(Refused):
    """A command is refused, and the session ends with that reply."""


#: Codes of RFC 959, 4.2.2: 452 and 552 for space, 553 for names, 550 for what is not to be had,
#: 450 for what somebody else is at just now, 504 for what this file system never does.
_CODES = {
    errno.ENOSPC: "452",
    errno.EDQUOT: "552",
    errno.EAGAIN: "450",
    errno.EFBIG: "552",
    errno.ENAMETOOLONG: "553",
    errno.EILSEQ: "553",
    errno.EINVAL: "553",
    errno.EOPNOTSUPP: "504",
    **dict.fromkeys(
        (
            errno.ENOENT,
            errno.EACCES,
            errno.EPERM,
            errno.EEXIST,
            errno.EISDIR,
            errno.ENOTDIR,
            errno.ENOTEMPTY,
            errno.EROFS,
            errno.ELOOP,
            errno.EBUSY,
            errno.EXDEV,
            errno.ENXIO,
        ),
        "550",
    ),
}


def file_error_reply(error: OSError) -> Reply:
    """What a failing file system is answered with.

    The operating system's own path never shows: only FileSystemError's, which is the inner one.
    """
    number = error.errno or errno.EIO
    path = getattr(error, "path", None)
    reason = os.strerror(number)
    return Reply(_CODES.get(number, "451"), (f"{path}: {reason}." if path else f"{reason}.",))


def beyond_end(error: FileSystemError, offset: int) -> Exception:
    """What is raised when a file cannot be opened at an offset: 554 if it is shorter."""
    if offset and error.errno == errno.EINVAL:
        return Refused("554", f"{error.path}: {offset} is beyond the end.")
    return error
