"""The time-outs of a stream: what each bounds, and how long one operation may still wait."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import anyio
from anyio.lowlevel import checkpoint

#: What has to run before one knows is tried until it has stood still for this many turns of the
#: event loop: then it waits for something. What is at hand may take any number of steps, through
#: any number of layers; from the kernel to whoever waits it takes three turns at most.
_TURNS_STANDING_STILL = 8


class Timeouts:
    """How long a stream's operations may wait for the peer; all may be assigned at any time.

    None is any time, 0 is at once: with what is there, or where there is room. Each operation
    begins with what is assigned by then.
    """

    def _set_timeouts(
        self,
        timeout: float | None,
        read_timeout: float | None,
        write_timeout: float | None,
        stall_timeout: float | None,
    ) -> None:
        self.timeout = timeout
        if read_timeout is not None:
            self.read_timeout = read_timeout
        if write_timeout is not None:
            self.write_timeout = write_timeout
        if stall_timeout is not None:
            self.stall_timeout = stall_timeout

    _timeout: float | None = None
    _read_timeout: float | None = None
    _write_timeout: float | None = None
    _stall_timeout: float | None = None

    @property
    def timeout(self) -> float | None:
        """Seconds that one operation may wait, if it has no time-out of its own."""
        return self._timeout

    @timeout.setter
    def timeout(self, seconds: float | None) -> None:
        self._timeout = _checked("timeout", seconds)

    @property
    def read_timeout(self) -> float | None:
        """Seconds that one read may wait; `timeout` unless it is set."""
        return self._timeout if self._read_timeout is None else self._read_timeout

    @read_timeout.setter
    def read_timeout(self, seconds: float | None) -> None:
        self._read_timeout = _checked("read_timeout", seconds)

    @property
    def write_timeout(self) -> float | None:
        """Seconds that one write may wait; `timeout` unless it is set."""
        return self._timeout if self._write_timeout is None else self._write_timeout

    @write_timeout.setter
    def write_timeout(self, seconds: float | None) -> None:
        self._write_timeout = _checked("write_timeout", seconds)

    @property
    def stall_timeout(self) -> float | None:
        """Seconds in which nothing at all comes, or goes out, however long an operation takes."""
        return self._stall_timeout

    @stall_timeout.setter
    def stall_timeout(self, seconds: float | None) -> None:
        self._stall_timeout = _checked("stall_timeout", seconds)


class Budget:
    """Seconds that one operation may spend waiting for I/O.

    Time between the waits, on a throttle or on a disk, does not count; and an operation that
    need not wait opens no cancel scope and reads no clock.

    Args:
        operation: what is bounded, for the message.
        seconds: for all its waits together; None for any time.
        stall: for each of its waits; None for any time.
    """

    __slots__ = ("_left", "_operation", "_seconds", "_stall")

    def __init__(self, operation: str, seconds: float | None, stall: float | None = None) -> None:
        self._operation = operation
        self._seconds = seconds
        self._left = math.inf if seconds is None else seconds
        self._stall = math.inf if stall is None else stall

    async def wait(self, until: Callable[[], Awaitable[None]], *, is_try: bool = False) -> None:
        """Wait, and count the time.

        Args:
            is_try: nothing has been tried before, so that with no time at all this may succeed.

        Raises:
            TimeoutError: the seconds are used up.

        Cancellation: as that of until.
        """
        limit = min(self._left, self._stall)
        if limit == math.inf:
            return await until()
        if is_try and 0 in (self._seconds, self._stall):
            return await self._try(until)
        started = anyio.current_time()
        with anyio.move_on_after(max(0.0, limit)) as scope:
            watch = _Watch(scope)
            token = watches.set((*watches.get(), watch))
            try:
                await until()
            finally:
                watches.reset(token)
        self._left -= anyio.current_time() - started - watch.seconds_stopped
        if scope.cancelled_caught:
            raise self._exceeded(is_stall=limit == self._stall)
        return None

    async def _try(self, until: Callable[[], Awaitable[None]]) -> None:
        is_done = False
        failure: Exception | None = None
        async with anyio.create_task_group() as tasks:
            steps = _Steps(until())
            tasks.start_soon(_cancel_when_still, steps, tasks.cancel_scope)
            try:
                await steps
                is_done = True
            except Exception as error:  # raised below, bare, for a task group would wrap it
                failure = error
            tasks.cancel_scope.cancel()
        if failure is not None:
            raise failure
        if not is_done:
            raise self._exceeded(is_stall=self._stall == 0)

    def _exceeded(self, *, is_stall: bool) -> TimeoutError:
        if is_stall:
            return TimeoutError(f"{self._operation}: nothing moved for {self._stall:g} s")
        return TimeoutError(f"{self._operation}: not done after {self._seconds:g} s of waiting")


#: For any time.
UNBOUNDED = Budget("any", None)


class _Watch:
    """Runs while an operation waits; a stream below stops it while a throttle makes it wait."""

    def __init__(self, scope: anyio.CancelScope) -> None:
        self.scope = scope
        self.seconds_stopped = 0.0


#: Those that run now, of the streams around the present call.
watches: ContextVar[tuple[_Watch, ...]] = ContextVar("watches of the streams around", default=())


@contextmanager
def stopped_watches() -> Iterator[None]:
    """What takes time within the block is no waiting for a peer, for any stream around it."""
    running = watches.get()
    began = anyio.current_time()
    deadlines = [watch.scope.deadline for watch in running]
    for watch in running:
        watch.scope.deadline = math.inf
    try:
        yield
    finally:
        passed = anyio.current_time() - began
        for watch, deadline in zip(running, deadlines, strict=True):
            watch.scope.deadline = deadline + passed
            watch.seconds_stopped += passed


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


class _Steps:
    """Awaits something, and counts how often that goes on after it has paused."""

    def __init__(self, inner: Awaitable[None]) -> None:
        self._inner = inner
        self.count = 0

    def __await__(self) -> Generator[Any, Any, None]:
        pauses = self._inner.__await__()
        go_on: Callable[[Any], Any] = pauses.send
        argument: Any = None
        while True:
            self.count += 1
            try:
                pause = go_on(argument)
            except StopIteration:
                return
            try:
                argument = yield pause
                go_on = pauses.send
            except BaseException as error:
                argument = error
                go_on = pauses.throw


async def _cancel_when_still(steps: _Steps, scope: anyio.CancelScope) -> None:
    still, count = 0, -1
    while still < _TURNS_STANDING_STILL:
        still, count = (still + 1, count) if steps.count == count else (0, steps.count)
        await checkpoint()
    scope.cancel()


def _checked(name: str, seconds: float | None) -> float | None:
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise TypeError(f"{name} must be a number of seconds or None, not {seconds!r}")
    if math.isnan(seconds) or seconds < 0:
        raise ValueError(f"{name} must be at least 0 seconds, not {seconds}")
    return seconds
