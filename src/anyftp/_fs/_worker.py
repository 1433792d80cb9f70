"""The way to a worker thread and back, with errors translated on it.

A disk that hangs holds every thread that asks it, for as long as it likes, and nothing can be done
about those. So each file system has threads of its own for each of those who use it: who works on
a disk that hangs holds up himself, and nobody else. No call here ever waits for one of anyio's
default threads, which anything in the process may hold.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Hashable
from contextvars import ContextVar
from pathlib import PurePosixPath
from typing import TypeAlias, TypeVar, TypeVarTuple
from weakref import ReferenceType, WeakKeyDictionary, WeakValueDictionary, ref

from anyio import CapacityLimiter
from anyio.lowlevel import current_token

from anyftp._errors import FileSystemError, FTPError
from anyftp._streams import run_in_thread

_Args = TypeVarTuple("_Args")
_T = TypeVar("_T")

#: On whose behalf the current task works; a server says it.
acting_for: ContextVar[Hashable] = ContextVar("acting_for", default=None)

#: More than the kernel copies that may run at once, so that these leave some for all else.
_MAX_THREADS = 20

#: What blocking calls raise: the last two mean a NUL in the name, characters that the disk's
#: encoding lacks, a time that it lacks.
DISK_FAILURES = (OSError, ValueError, OverflowError)


def translated(error: Exception, path: PurePosixPath | str) -> FileSystemError:
    """One of these in our words."""
    code = (error.errno or errno.EIO) if isinstance(error, OSError) else errno.EINVAL
    return FileSystemError(code, path)


#: One for each run of an event loop, for as long as somebody holds it.
_Limiters: TypeAlias = WeakKeyDictionary[object, WeakValueDictionary[Hashable, CapacityLimiter]]


class Workers:
    """The threads of one file system: so many for each of those who use it.

    Args:
        max_threads: for each of them.
        for_all: of all together instead; for what bears no more calls at the same time.
    """

    def __init__(self, max_threads: int = _MAX_THREADS, *, for_all: bool = False) -> None:
        self._max_threads = max_threads
        self._for_all = for_all
        self._limiters: _Limiters = WeakKeyDictionary()
        # Whose it was in which run, and what counts there: most calls come one after the other,
        # and looking it up takes a tenth of the time that a call of the disk takes.
        self._last: tuple[ReferenceType[object], Hashable, CapacityLimiter] | None = None

    def limiter(self) -> CapacityLimiter:
        """What counts the threads that are busy for whom the current task acts.

        There is one for each run of an event loop, for as long as somebody holds it; the last one
        stays.
        """
        run, last = current_token().native_token, self._last
        whose = None if self._for_all else acting_for.get()
        if last is not None and last[0]() is run and last[1] == whose:
            return last[2]
        limiters = self._limiters.setdefault(run, WeakValueDictionary())
        limiter = limiters.get(whose)
        if limiter is None:
            limiter = limiters[whose] = CapacityLimiter(self._max_threads)
        self._last = ref(run), whose, limiter
        return limiter

    async def run(
        self, path: PurePosixPath | str, function: Callable[[*_Args], _T], *args: *_Args
    ) -> _T:
        """Call a blocking function in a worker thread; its errors speak of the inner path.

        Raises:
            FileSystemError: what the system said.

        Cancellation: safe before the call has begun; a call that has begun is waited for, so that
        no descriptor it opens is lost.
        """
        try:
            return await run_in_thread(function, *args, limiter=self.limiter())
        except FTPError:
            raise
        except DISK_FAILURES as error:
            raise translated(error, path) from error


#: For files that belong to no file system of ours.
SHARED = Workers()
