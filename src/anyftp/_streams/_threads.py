"""Blocking calls in worker threads that outlive the task which needed one first.

anyio stops its worker threads when the task ends that they were begun for. Where the event loop is
run by hand, and each job is a task of its own (Jupyter, Home Assistant), that is a new thread for
each file. Here a thread that has done a call waits a while for the next one, whosever it is; and a
call costs a fifth less than by anyio's.

The library's own calls alone run here: they know neither the caller's context nor anyio.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar, TypeVarTuple

import anyio
from anyio.lowlevel import checkpoint_if_cancelled, current_token

_Args = TypeVarTuple("_Args")
_T = TypeVar("_T")

#: How long a thread waits for its next call.
_IDLE_SECONDS = 10.0

#: Threads without a call, the one that has worked last at the end.
_idle: deque[_Thread] = deque()

if hasattr(os, "register_at_fork"):  # a child process has none of them
    os.register_at_fork(after_in_child=_idle.clear)


async def take(limiter: anyio.CapacityLimiter) -> None:
    """Acquire a limiter; where there is room, without a turn of the event loop.

    Cancellation: safe.
    """
    await checkpoint_if_cancelled()
    try:
        # anyio 4.12 on trio would raise trio's WouldBlock, which is none of anyio's.
        if limiter.available_tokens >= 1:
            return limiter.acquire_nowait()
    except anyio.WouldBlock:  # there is room, and somebody who is about to take it
        pass
    return await limiter.acquire()


async def run_in_thread(
    function: Callable[[*_Args], _T],
    *args: *_Args,
    limiter: anyio.CapacityLimiter,
    interrupt: Callable[[], object] | None = None,
) -> _T:
    """Call a blocking function in a worker thread.

    Args:
        limiter: what counts the threads that are busy.
        interrupt: makes the call end early.

    Cancellation: safe before the call has begun; one that has begun is waited for. With
    `interrupt` it is interrupted, and its result is lost.
    """
    await take(limiter)
    try:
        call = _Call(function, args)
        try:
            thread = _idle.pop()
        except IndexError:
            thread = _Thread()
        thread.calls.put(call)
        try:
            with anyio.CancelScope(shield=interrupt is None):
                await call.is_over.wait()
        except anyio.get_cancelled_exc_class():
            if interrupt is not None:
                interrupt()
            with anyio.CancelScope(shield=True):
                await call.is_over.wait()
            raise
    finally:
        limiter.release()
    return call.outcome()


class _Call(Generic[_T]):
    """A call, and what it has come to."""

    __slots__ = ("_args", "_error", "_function", "_result", "_wake", "is_over")

    def __init__(self, function: Callable[..., _T], args: tuple[Any, ...]) -> None:
        self._function = function
        self._args = args
        self._result: _T | None = None
        self._error: BaseException | None = None
        self.is_over = anyio.Event()
        loop: Any = current_token().native_token
        # The one name is trio's and the other one everybody else's.
        self._wake: Callable[[Callable[[], object]], object] = (
            loop.run_sync_soon if hasattr(loop, "run_sync_soon") else loop.call_soon_threadsafe
        )

    def do(self) -> None:
        """Do it, and keep what it comes to."""
        try:
            self._result = self._function(*self._args)
        except BaseException as error:
            self._error = error

    def tell(self) -> None:
        """Wake who waits for it."""
        with suppress(RuntimeError):  # the event loop has ended, and nobody waits
            self._wake(self.is_over.set)

    def outcome(self) -> _T:
        """Give the result, or raise the error."""
        if self._error is not None:
            try:
                raise self._error
            finally:
                self._error = None  # it holds our frame, by its traceback
        return self._result  # type: ignore[return-value]  # it has returned one by now


class _Thread:
    """One thread, which ends when it is not needed for a while."""

    def __init__(self) -> None:
        self.calls: SimpleQueue[_Call[Any]] = SimpleQueue()
        threading.Thread(target=self._work, name="anyftp worker", daemon=True).start()

    def _work(self) -> None:
        while (call := self._next()) is not None:
            call.do()
            _idle.append(self)
            call.tell()
            del call

    def _next(self) -> _Call[Any] | None:
        while True:
            try:
                return self.calls.get(timeout=_IDLE_SECONDS)
            except Empty:
                pass
            try:
                _idle.remove(self)
            except (ValueError, IndexError):  # somebody takes it just now, and has a call for it
                continue
            return None
