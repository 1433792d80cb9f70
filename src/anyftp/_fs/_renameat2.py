"""Linux's rename that replaces nothing, which Python does not have."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from functools import lru_cache
from typing import Any

_NO_REPLACE = 1
#: No such call in this kernel, or not for this disk (NFS).
_UNSUPPORTED = frozenset({errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP})


def rename_no_replace(from_fd: int, old: str, to_fd: int, new: str) -> bool:
    """Move a name from one open folder to another, in one step.

    Returns:
        False where that cannot be done; EINVAL, for a folder moved into itself, is among it.

    Raises:
        OSError: EEXIST if something has the name, else as `os.rename`.
    """
    renameat2 = _renameat2()
    if renameat2 is None:
        return False
    if not renameat2(from_fd, os.fsencode(old), to_fd, os.fsencode(new), _NO_REPLACE):
        return True
    number = _errno()
    if number in _UNSUPPORTED:
        return False
    raise OSError(number, os.strerror(number))


def _errno() -> int:
    import ctypes

    return ctypes.get_errno()


@lru_cache(maxsize=1)
def _renameat2() -> Callable[..., Any] | None:
    """The C library's function; glibc has it since 2.28, musl since 1.2.4 or so, macOS never."""
    import ctypes  # only who has a file to give a name needs it

    try:
        function = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return None
    function.argtypes = (
        ctypes.c_int,
        ctypes.c_char_p,
        ctypes.c_int,
        ctypes.c_char_p,
        ctypes.c_uint,
    )
    return function
