"""Calls from any thread to fsspec's event loop, at less cost than by fsspec's own `sync`.

That makes a future of each kind, chains them, and an event; a read of 64 KiB from a server on the
same machine takes hardly longer than that. Here one lock tells the caller that it is over.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from threading import Lock
from typing import Any, TypeVar

from fsspec.asyn import running_async, sync

T = TypeVar("T")

#: Seconds after which whoever waits sees to signals; elsewhere than on POSIX they do not wake him.
_LOOK_UP_SECONDS = 1.0


def call(loop: Any, function: Callable[..., Awaitable[T]], *args: Any, **options: Any) -> T:
    """Have a coroutine function run on an event loop of another thread, and wait for it.

    Raises:
        NotImplementedError: the loop is that of this very thread, as with fsspec's.
        RuntimeError: the loop is closed.
    """
    if running_async():  # and perhaps this very loop
        result: T = sync(loop, function, *args, **options)
        return result
    is_over = Lock()
    is_over.acquire()
    results: list[T] = []
    failures: list[BaseException] = []
    tasks: list[Any] = []  # loops keep no hold of them

    async def run() -> None:
        try:
            results.append(await function(*args, **options))
        except BaseException as error:
            failures.append(error)
        finally:
            is_over.release()

    loop.call_soon_threadsafe(lambda: tasks.append(loop.create_task(run())))
    while not is_over.acquire(timeout=_LOOK_UP_SECONDS):
        pass
    if failures:
        raise failures[0]
    return results[0]
