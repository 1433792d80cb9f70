"""How long one operation may still wait for its peer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio


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

    async def wait(self, until: Callable[[], Awaitable[None]]) -> None:
        """Wait, and count the time.

        Raises:
            TimeoutError: the seconds are used up.

        Cancellation: as that of until.
        """
        if self._left is None:
            return await until()
        started = anyio.current_time()
        with anyio.move_on_after(max(0.0, self._left)) as scope:
            await until()
        if scope.cancelled_caught:
            raise TimeoutError(f"{self._operation}: nothing moved within {self._seconds:g} s")
        self._left -= anyio.current_time() - started
        return None
