"""How long one operation may still wait for its peer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import anyio
from anyio.lowlevel import checkpoint

#: Turns of the event loop that are "at once" for what has to run before one knows. What is at hand
#: takes a few of them, through several layers of streams; the clock would depend on other tasks.
_TURNS_AT_ONCE = 16


class Budget:
    """Seconds that one operation may spend waiting for I/O, in all its waits together.

    Time between the waits, on a throttle or on a disk, does not count; and an operation that
    need not wait opens no cancel scope and reads no clock.
    """

    __slots__ = ("_left", "_operation", "_seconds")

    def __init__(self, operation: str, seconds: float | None) -> None:
        self._operation = operation
        self._seconds = seconds
        self._left = seconds

    async def wait(self, until: Callable[[], Awaitable[None]], *, is_try: bool = False) -> None:
        """Wait, and count the time.

        Args:
            is_try: nothing has been tried before, so that with a budget of 0 this may succeed.

        Raises:
            TimeoutError: the seconds are used up.

        Cancellation: as that of until.
        """
        if self._left is None:
            return await until()
        if is_try and self._seconds == 0:
            return await self._try(until)
        started = anyio.current_time()
        with anyio.move_on_after(max(0.0, self._left)) as scope:
            await until()
        self._left -= anyio.current_time() - started
        if scope.cancelled_caught:
            raise self._exceeded()
        return None

    async def _try(self, until: Callable[[], Awaitable[None]]) -> None:
        is_done = False
        failure: Exception | None = None
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_cancel_soon, tasks.cancel_scope)
            try:
                await until()
                is_done = True
            except Exception as error:  # raised below, bare, for a task group would wrap it
                failure = error
            tasks.cancel_scope.cancel()
        if failure is not None:
            raise failure
        if not is_done:
            raise self._exceeded()

    def _exceeded(self) -> TimeoutError:
        return TimeoutError(f"{self._operation}: nothing moved within {self._seconds:g} s")


@contextmanager
def within(seconds: float | None, operation: str) -> Iterator[None]:
    """Bound all that is inside, whatever it waits for; None for any time.

    Raises:
        TimeoutError: the seconds are used up.
    """
    with anyio.move_on_after(seconds) as scope:
        yield
    if scope.cancelled_caught:
        raise TimeoutError(f"{operation}: not done within {seconds} s")


async def _cancel_soon(scope: anyio.CancelScope) -> None:
    for _ in range(_TURNS_AT_ONCE):
        await checkpoint()
    scope.cancel()
