"""Running asynchronous work from the command line: which backend, and what a signal does."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from importlib.util import find_spec
from types import FrameType
from typing import Any, TypeVar

import anyio

from anyftp._cli._ending._failure import Failure, interrupted_by

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
        raise Failure(f"{name} is not installed: python -m pip install 'anyftp[{name}]'")
    options: dict[str, Any] = {"use_uvloop": name == UVLOOP} if name != TRIO else {}
    return anyio.run(work, backend=STANDARD if name == UVLOOP else name, backend_options=options)


def run_interruptible(work: Callable[[], Awaitable[T]], backend: str | None) -> T:
    """Run work; SIGINT, SIGTERM or SIGHUP cancels it, to clean up; a second one ends it.

    Where the event loop knows no signals (Windows), Ctrl-C arrives as KeyboardInterrupt.

    Raises:
        Interrupted: a signal came.
    """
    if sys.platform == "win32":
        return run(work, backend)
    with _handlers_put_back():  # not every event loop leaves them as it found them
        return run(lambda: until_signal(work), backend)


@contextlib.contextmanager
def signals_that_raise() -> Iterator[None]:
    """Inside, what would end the process at once raises, as Ctrl-C does: temporary files go."""
    with _handlers_put_back():
        for number in ending_signals():
            if number != signal.SIGINT:
                signal.signal(number, _interrupt)
        yield


@contextlib.contextmanager
def _handlers_put_back() -> Iterator[None]:
    handlers = {number: signal.getsignal(number) for number in ending_signals()}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise interrupted_by(number)


async def until_signal(work: Callable[[], Awaitable[T]]) -> T:
    """Work until it is over or one of the `ending_signals` cancels it; a second one ends all.

    Raises:
        Interrupted: a signal came.

    Cancellation: cancels the work.
    """
    received: list[signal.Signals] = []
    results: list[T] = []
    failure: Exception | None = None
    with anyio.open_signal_receiver(*ending_signals()) as signals:
        async with anyio.create_task_group() as tasks:
            with anyio.CancelScope() as scope:
                tasks.start_soon(_cancel_on_signal, signals, scope, received)
                try:
                    results.append(await work())
                except Exception as error:  # kept, or the task group would wrap it in a group
                    failure = error
            tasks.cancel_scope.cancel()
    if received:
        raise interrupted_by(received[0])
    if failure is not None:
        raise failure
    return results[0]


def ending_signals() -> list[signal.Signals]:
    """The signals that end a command; a hang-up is none under nohup, which has it ignored."""
    ending = [signal.SIGINT, signal.SIGTERM]
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        ending.append(signal.SIGHUP)
    return ending


async def _cancel_on_signal(
    signals: AsyncIterator[signal.Signals],
    scope: anyio.CancelScope,
    received: list[signal.Signals],
) -> None:
    async for number in signals:
        if received:
            os._exit(128 + number)  # asked twice: the clean-up is not wanted
        received.append(number)
        scope.cancel()
