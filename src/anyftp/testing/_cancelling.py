"""Cancelling an operation at each of its checkpoints in turn.

A task is watched by standing between it and the event loop: each time it gives way, be it for a
socket, a worker thread or a bare checkpoint, is counted. That needs no clock and nothing of the
event loop's own, so the same works on every one of them.
"""

from __future__ import annotations

import types
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal, Self, cast

import anyio
from anyio.abc import TaskGroup

Moment = Literal["before", "waiting", "woken"]


@dataclass(frozen=True, slots=True)
class CancelledRun:
    """One run of an operation that was to be cancelled.

    Attributes:
        checkpoint: at which checkpoint, counted from 1; 0 "before" it began.
        moment: whether it was "waiting" there, or just "woken": what it waited for has happened
            by then, and must not get lost.
        is_reached: whether the operation came to that checkpoint.
        is_cancelled: whether it ended by the cancellation; what is shielded may end well in spite
            of it.
        seconds: how long it went on after it was cancelled, by the event loop's clock.
    """

    checkpoint: int
    moment: Moment
    is_reached: bool
    is_cancelled: bool
    seconds: float


def cancel_at_each_checkpoint(
    operation: Callable[[], Coroutine[Any, Any, object]],
    *,
    within_seconds: float | None = 5.0,
    max_checkpoints: int = 10_000,
) -> AsyncIterator[CancelledRun]:
    """Run an operation again and again, cancelled at its first checkpoint, its second, and so on.

    The first run is cancelled before it begins. Then it is cancelled twice at each checkpoint: in
    one run as it begins to wait, in the next as it is woken. After each run the caller gets
    control, to see what the cancellation has left behind:

        async for run in cancel_at_each_checkpoint(lambda: client.download("a", folder / "a")):
            assert list(folder.iterdir()) == [] or not run.is_cancelled
            await client.noop()

    The last two runs have not reached their checkpoint, so nothing disturbed them. Tasks that the
    operation starts in groups made by `anyio.create_task_group()` are counted along with it.

    Args:
        operation: called for each run; its coroutine is awaited in the caller's task.
        within_seconds: how long it may go on after it was cancelled; None for any time.
        max_checkpoints: an operation that has more of them is taken for one that never ends.

    Raises:
        AssertionError: it went on for too long after it was cancelled, or has too many checkpoints.
        Exception: whatever the operation raised; a note says where it had been cancelled.

    Cancellation: cancels the run under way.
    """
    return _Series(operation, within_seconds, max_checkpoints)


class _Series:
    """The runs of one operation; no generator, which would have to be closed by those who break."""

    def __init__(
        self,
        operation: Callable[[], Coroutine[Any, Any, object]],
        within_seconds: float | None,
        max_checkpoints: int,
    ) -> None:
        self._operation = operation
        self._within_seconds = within_seconds
        self._max_checkpoints = max_checkpoints
        self._numbers = count(1)
        self._left: list[tuple[int, Moment]] = [(0, "before")]
        self._is_reached = True

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> CancelledRun:
        if not self._left:
            if not self._is_reached:
                raise StopAsyncIteration
            self._begin_next()
        counter = _Counter(*self._left.pop(0))
        run = await counter.run(self._operation)
        limit = self._within_seconds
        if limit is not None and run.seconds > limit:
            raise AssertionError(f"{run.seconds:g} s went by until it ended, {counter.note}")
        self._is_reached |= run.is_reached
        return run

    def _begin_next(self) -> None:
        number = next(self._numbers)
        if number > self._max_checkpoints:
            raise AssertionError(f"the operation has not ended after {number - 1} checkpoints")
        self._left = [(number, "waiting"), (number, "woken")]
        self._is_reached = False


class _Counter:
    """Counts the checkpoints of one run, and cancels it at one of them."""

    def __init__(self, number: int, moment: Moment) -> None:
        self._number = number
        self._moment = moment
        self._count = 0
        self._scope = anyio.CancelScope()
        self._cancelled_at: float | None = None

    @property
    def note(self) -> str:
        return f"cancelled at checkpoint {self._number} ({self._moment})"

    async def run(self, operation: Callable[[], Coroutine[Any, Any, object]]) -> CancelledRun:
        with self._scope, self._counting_children():
            if self._moment == "before":
                self._cancel()
            try:
                await self.watch(operation())
            except Exception as error:
                if self._cancelled_at is not None:
                    error.add_note(self.note)
                raise
        start, end = self._cancelled_at, anyio.current_time()
        return CancelledRun(
            self._number,
            self._moment,
            start is not None,
            self._scope.cancelled_caught,
            0.0 if start is None else end - start,
        )

    @contextmanager
    def _counting_children(self) -> Iterator[None]:
        token = _counter.set(self)
        original = anyio.create_task_group
        anyio.create_task_group = _counted_by_context(original)
        try:
            yield
        finally:
            anyio.create_task_group = original
            _counter.reset(token)

    @types.coroutine
    def watch(self, coroutine: Coroutine[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """Hand on what a coroutine yields to its event loop, and count."""
        resume = _bound(coroutine.send, None)
        while True:
            try:
                wanted = resume()
            except StopIteration as stop:
                return stop.value
            is_here = self._step()
            if is_here and self._moment == "waiting":
                self._cancel()
            try:
                value = yield wanted
            except BaseException as error:
                resume = _bound(coroutine.throw, error)
            else:
                resume = _bound(coroutine.send, value)
            if is_here and self._moment == "woken":
                self._cancel()

    def _step(self) -> bool:
        self._count += 1
        return self._count == self._number

    def _cancel(self) -> None:
        self._cancelled_at = anyio.current_time()
        self._scope.cancel()


#: Whose checkpoints those of this task are; the tasks that it starts inherit it.
_counter: ContextVar[_Counter | None] = ContextVar("anyftp.testing: who counts", default=None)


class _CountedTasks:
    """A task group whose tasks are watched; those of other contexts never see it."""

    def __init__(self, tasks: TaskGroup, counter: _Counter) -> None:
        self._tasks = tasks
        self._counter = counter

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tasks, name)

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> bool | None:
        return await self._tasks.__aexit__(*error)

    def start_soon(self, func: Callable[..., Awaitable[Any]], *args: Any, name: Any = None) -> Any:
        return self._tasks.start_soon(self._watched(func), *args, name=name or func)

    async def start(self, func: Callable[..., Awaitable[Any]], *args: Any, name: Any = None) -> Any:
        return await self._tasks.start(self._watched(func), *args, name=name or func)

    def _watched(self, func: Callable[..., Any]) -> Callable[..., Coroutine[Any, Any, Any]]:
        async def watched(*args: Any, **keywords: Any) -> Any:
            return await self._counter.watch(func(*args, **keywords))

        return watched


def _counted_by_context(create: Callable[[], TaskGroup]) -> Callable[[], TaskGroup]:
    def create_task_group() -> TaskGroup:
        counter = _counter.get()
        tasks = create()
        return tasks if counter is None else cast("TaskGroup", _CountedTasks(tasks, counter))

    return create_task_group


def _bound(function: Callable[[Any], Any], value: Any) -> Callable[[], Any]:
    return lambda: function(value)
