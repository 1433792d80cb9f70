"""Blocking calls in worker threads: who may have how many, and how they are made.

A disk that hangs holds every thread that asks it, for as long as it likes, and nothing can be done
about those. So each file system has threads of its own for each of those who use it: who works on
a disk that hangs holds up himself, and nobody else. No call here ever waits for one of anyio's
default threads, which anything in the process may hold.

anyio stops its worker threads when the task ends that they were begun for. Where the event loop is
run by hand, and each job is a task of its own (Jupyter, Home Assistant), that is a new thread for
each file. Here a thread that has done a call waits a while for the next one, whosever it is; and a
call costs a fifth less than by anyio's.

The library's own calls alone run here: they know neither the caller's context nor anyio.
"""

from __future__ import annotations

import math
import os
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeAlias, TypeVar, TypeVarTuple
from weakref import ReferenceType, WeakKeyDictionary, WeakValueDictionary, ref

import anyio
from anyio.lowlevel import checkpoint_if_cancelled, current_token

_Args = TypeVarTuple("_Args")
_T = TypeVar("_T")

#: On whose behalf the current task works; a server says it.
acting_for: ContextVar[Hashable] = ContextVar("acting_for", default=None)

#: More than the kernel copies that may run at once, so that these leave some for all else.
_MAX_THREADS = 20
#: Seconds after which whoever has a turn hangs.
HANGING_SECONDS = 1.0

#: One for each run of an event loop, for as long as somebody holds it.
_Limiters: TypeAlias = WeakKeyDictionary[
    object, WeakValueDictionary[Hashable, anyio.CapacityLimiter]
]

#: How long a thread waits for its next call.
_IDLE_SECONDS = 10.0

#: Threads without a call, the one that has worked last at the end.
_idle: deque[_Thread] = deque()

if hasattr(os, "register_at_fork"):  # a child process has none of them
    os.register_at_fork(after_in_child=_idle.clear)


class Workers:
    """The threads of one file system, say: this many for each of those who use it.

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
        self._last: tuple[ReferenceType[object], Hashable, anyio.CapacityLimiter] | None = None

    def limiter(self) -> anyio.CapacityLimiter:
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
            limiter = limiters[whose] = anyio.CapacityLimiter(self._max_threads)
        self._last = ref(run), whose, limiter
        return limiter

    async def run(self, subject: object, function: Callable[[*_Args], _T], *args: *_Args) -> _T:
        """Call a blocking function in a worker thread.

        Args:
            subject: what it is about, for the words of `failure`.

        Cancellation: safe before the call has begun; a call that has begun is waited for, so that
        no descriptor it opens is lost.
        """
        try:
            return await run_in_thread(function, *args, limiter=self.limiter())
        except Exception as error:
            failure = self.failure(error, subject)
            if failure is error:
                raise
            raise failure from error

    def failure(self, error: Exception, subject: object) -> Exception:
        """What to raise for an error of a call. Here: the same."""
        return error


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
    limiter: anyio.CapacityLimiter | None,
    interrupt: Callable[[], object] | None = None,
) -> _T:
    """Call a blocking function in a worker thread.

    Args:
        limiter: what counts the threads that are busy; None where the caller has asked it.
        interrupt: makes the call end early.

    Cancellation: safe before the call has begun; one that has begun is waited for. With
    `interrupt` it is interrupted, and its result is lost.
    """
    if limiter is not None:
        await take(limiter)
    try:
        call = _Call(function, args)
        try:
            thread = _idle.pop()
        except IndexError:
            thread = _Thread()
        thread.calls.put(call)
        try:
            await call.is_over.wait()  # in no scope, which would cost more than all else here
        except anyio.get_cancelled_exc_class():
            if interrupt is not None:
                interrupt()
            with anyio.CancelScope(shield=True):
                await call.is_over.wait()
            # What a scope has cancelled is cancelled at the next checkpoint again, and what the
            # call has opened is not lost by then; other cancellations come but once.
            if interrupt is not None or anyio.current_effective_deadline() > -math.inf:
                raise
    finally:
        if limiter is not None:
            limiter.release()
    return call.outcome()


class Turns:
    """Lets few work at once, on one run of an event loop; but for those that hang.

    Kernel copies that no throttle holds back share few threads: more would not be faster, and would
    starve everything else. A slice of one lasts milliseconds, unless a disk hangs; whoever has a
    turn for a second no longer counts, so that a hanging disk takes nobody else's. How many may
    hang at once is bounded by the threads that one file system has for one user.

    Args:
        total: how many, those left out that hang.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._limiter = anyio.CapacityLimiter(total)
        self._began: dict[object, float] = {}

    @property
    def nwaiting(self) -> int:
        """How many wait for their turn."""
        return self._limiter.statistics().tasks_waiting

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn, and have it. Cancellation: safe."""
        me = object()
        try:
            # anyio 4.12 on trio would raise trio's WouldBlock, which is none of anyio's.
            is_mine = self._limiter.available_tokens >= 1
            if is_mine:
                self._limiter.acquire_on_behalf_of_nowait(me)
        except anyio.WouldBlock:  # there is room, and somebody who is about to take it
            is_mine = False
        if not is_mine:
            await self._wait(me)
        self._began[me] = anyio.current_time()
        try:
            yield
        finally:
            del self._began[me]
            self._limiter.release_on_behalf_of(me)
            self._discount_hanging()

    async def _wait(self, who: object) -> None:
        while True:
            with anyio.move_on_after(HANGING_SECONDS):
                await self._limiter.acquire_on_behalf_of(who)
                return
            self._discount_hanging()

    def _discount_hanging(self) -> None:
        latest = anyio.current_time() - HANGING_SECONDS
        nhanging = sum(began <= latest for began in self._began.values())
        self._limiter.total_tokens = self._total + nhanging


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
