"""The way to a worker thread and back, with errors translated on it."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import PurePosixPath
from typing import TypeVar, TypeVarTuple

from anyio import to_thread

from anyftp._errors import FileSystemError

_Args = TypeVarTuple("_Args")
_T = TypeVar("_T")


async def in_worker(path: PurePosixPath, function: Callable[[*_Args], _T], *args: *_Args) -> _T:
    """Call a blocking function in a worker thread; its errors speak of the inner path.

    Cancellation: safe before the call has begun; a call that has begun is waited for, so that
    no descriptor it opens is lost.
    """
    with translated_errors(path):
        return await to_thread.run_sync(partial(function, *args))


@contextmanager
def translated_errors(path: PurePosixPath) -> Iterator[None]:
    """Turn what the operating system raises into FileSystemError with the inner path."""
    try:
        yield
    except FileSystemError:
        raise
    except OSError as error:
        raise FileSystemError(error.errno or errno.EIO, path) from error
    except ValueError as error:
        # A NUL in the name, or characters that the disk's encoding lacks.
        raise FileSystemError(errno.EINVAL, path) from error
