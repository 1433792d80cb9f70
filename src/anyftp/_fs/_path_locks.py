"""Locks on paths, for threads: who works on other names goes on meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import PurePosixPath


class PathLocks:
    """One lock for each path that somebody works on."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._locks: dict[PurePosixPath, tuple[threading.Lock, int]] = {}

    @contextmanager
    def held(self, *paths: PurePosixPath) -> Iterator[None]:
        """Have some paths for oneself; several are taken in one order, so that nobody blocks."""
        with ExitStack() as stack:
            for path in sorted(set(paths)):
                stack.enter_context(self._held(path))
            yield

    @contextmanager
    def _held(self, path: PurePosixPath) -> Iterator[None]:
        with self._mutex:
            lock, users = self._locks.get(path, (threading.Lock(), 0))
            self._locks[path] = lock, users + 1
        try:
            with lock:
                yield
        finally:
            with self._mutex:
                lock, users = self._locks[path]
                if users == 1:
                    del self._locks[path]
                else:
                    self._locks[path] = lock, users - 1
