"""Running asynchronous work from the command line: which backend, and what a signal does."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from typing import Any, TypeVar

import anyio

from anyftp._cli._ending._failure import Failure
from anyftp._cli._ending._signals import NotedSignals, noted_signals

T = TypeVar("T")

#: The loop of the standard library, under the name that anyio gives it.
STANDARD = next(name for name in anyio.get_all_backends() if name != "trio")
UVLOOP = "uvloop"
TRIO = "trio"
BACKENDS = (STANDARD, UVLOOP, TRIO)


def installed_backends() -> list[str]:
    """Name the backends that can run here."""
    return [name for name in BACKENDS if name == STANDARD or find_spec(name) is not None]


def run(work: Callable[[], Awaitable[T]], backend: str | None) -> T:
    """Run work on a backend (None: the standard one) until it ends.

    Raises:
        Failure: the backend is not installed.
    """
    name = backend or STANDARD
    if name not in installed_backends():
        raise Failure(f'{name} is not installed: python -m pip install "anyftp[{name}]"')
    options: dict[str, Any] = {"use_uvloop": name == UVLOOP} if name != TRIO else {}
    return anyio.run(work, backend=STANDARD if name == UVLOOP else name, backend_options=options)


def run_interruptible(work: Callable[[], Awaitable[T]], backend: str | None) -> T:
    """Run work; SIGINT, SIGTERM or SIGHUP cancels it, to clean up; a second one ends it.

    Where the event loop cannot be woken by signals (Windows), Ctrl-C ends the process.

    Raises:
        Interrupted: a signal came.
    """
    if sys.platform == "win32":
        return run(work, backend)
    with noted_signals() as noted:
        return run(lambda: _until_noted(work, noted), backend)


async def until_signal(work: Callable[[], Awaitable[T]]) -> T:
    """Work until it is over or a signal cancels it; as `run_interruptible` in a loop that runs.

    Raises:
        Interrupted: a signal came.

    Cancellation: cancels the work.
    """
    with noted_signals() as noted:
        return await _until_noted(work, noted)


async def _until_noted(work: Callable[[], Awaitable[T]], noted: NotedSignals) -> T:
    results: list[T] = []
    failure: Exception | None = None
    async with anyio.create_task_group() as tasks:
        with anyio.CancelScope() as scope:
            tasks.start_soon(_cancel_when, noted, scope)
            try:
                if noted.failure is None:
                    results.append(await work())
            except Exception as error:  # kept, or the task group would wrap it in a group
                failure = error
        tasks.cancel_scope.cancel()
    if noted.failure is not None:
        raise noted.failure
    if failure is not None:
        raise failure
    return results[0]


async def _cancel_when(noted: NotedSignals, scope: anyio.CancelScope) -> None:
    await noted.next()
    scope.cancel()
