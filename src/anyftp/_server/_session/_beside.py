"""What runs beside a session's own task, and ends with it.

It runs in the task group of all sessions. Most have nothing beside them, and a group for each took
a tenth of what a login takes, and of what an idle session holds.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import TypeVarTuple

import anyio
from anyio.abc import TaskGroup

_Args = TypeVarTuple("_Args")


class Beside:
    """Tasks beside a session.

    Args:
        tasks: the group of all sessions.
        fail: is told what one of these tasks has raised.
    """

    __slots__ = ("_fail", "_is_empty", "_scopes", "_tasks")

    def __init__(self, tasks: TaskGroup, fail: Callable[[BaseException], object]) -> None:
        self._tasks = tasks
        self._fail = fail
        self._scopes: set[anyio.CancelScope] = set()
        self._is_empty: anyio.Event | None = None  # made once the session ends

    def start_soon(
        self,
        function: Callable[[*_Args], Awaitable[object]],
        *args: *_Args,
        name: object = None,
    ) -> None:
        """Begin a task; what it raises ends the session.

        It begins as soon as the event loop comes to it, and is cancelled when the session ends.
        """
        scope = anyio.CancelScope()
        if self._is_empty is not None:
            scope.cancel()
        self._scopes.add(scope)
        self._tasks.start_soon(self._run, scope, lambda: function(*args), name=name)

    async def _run(self, scope: anyio.CancelScope, call: Callable[[], Awaitable[object]]) -> None:
        try:
            with scope:
                await call()
        except BaseException as error:
            if must_pass(error):
                raise
            self._fail(error)
        finally:
            self._scopes.discard(scope)
            if self._is_empty is not None and not self._scopes:
                self._is_empty.set()

    async def end(self) -> None:
        """Cancel all, and wait for them. Cancellation: waits all the same."""
        self._is_empty = anyio.Event()
        for scope in self._scopes:
            scope.cancel()
        if self._scopes:
            with anyio.CancelScope(shield=True):
                await self._is_empty.wait()


def must_pass(error: BaseException) -> bool:
    """Whether an exception concerns more than one session.

    A cancellation does if somebody has cancelled us. One that nobody asked for, let out by a file
    system or a hook that has tasks of its own, would end the whole server without a word.
    """
    passing: tuple[type[BaseException], ...] = (KeyboardInterrupt, SystemExit)
    if anyio.current_effective_deadline() == -math.inf:
        passing += (anyio.get_cancelled_exc_class(),)
    if isinstance(error, BaseExceptionGroup):
        return error.subgroup(passing) is not None
    return isinstance(error, passing)
