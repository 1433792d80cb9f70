"""Clocks that jump beside real sockets and disks: they wait for what is still on its way.

Time stands still while anything moves, and jumps to the next timer when no worker thread is busy
and no packet has come for a moment. So what a program does when a peer falls silent is seen in
milliseconds, and no load of the machine can make it run out of time. What only the clock can
tell, that something takes long by itself, is not seen here.
"""

from __future__ import annotations

import importlib
import selectors
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import anyio.to_thread
import pytest
from trio.testing import MockClock

from anyftp._streams import _threads
from support.clocks import checking

#: Seconds of real time in which a packet gets from one socket of this machine to another.
_ON_ITS_WAY = 0.003

#: How often to look, in real time, whether a worker thread is done.
_WORKING = 0.2

_clock = MockClock()
_busy = 0


def _count(change: int) -> None:
    """A worker thread has something to do, or is done; called in the event loop."""
    global _busy
    _busy += change
    _clock.autojump_threshold = _WORKING * 1000 if _busy else _ON_ITS_WAY


class _PatientSelector(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            return super().select(timeout)
        while _busy:
            if ready := super().select(_WORKING):
                return ready
        if timeout is None:
            return super().select(None)
        if ready := super().select(_ON_ITS_WAY):
            return ready
        self.now += timeout
        return []

    def time(self) -> float:
        return self.now


def _patient_loop() -> Any:
    selector = _PatientSelector()
    loop = importlib.import_module("asyncio").SelectorEventLoop(selector)
    loop.time = selector.time
    return loop


PATIENT_BACKENDS = [
    pytest.param(checking(_patient_loop), id="asyncio"),
    pytest.param(("trio", {"clock": _clock}), id="trio"),
]


def patient(test: Callable[..., Any]) -> Any:
    """Run a test of short time-outs, over sockets, by these clocks: no load makes it too late."""
    test = pytest.mark.usefixtures("busy_threads")(test)
    return pytest.mark.parametrize("anyio_backend", PATIENT_BACKENDS, indirect=True)(test)


class _CountedCall(_threads._Call[Any]):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        _count(1)
        wake = self._wake

        def wake_and_count(tell: Callable[[], object]) -> None:
            def in_the_loop() -> None:
                _count(-1)
                tell()

            wake(in_the_loop)

        self._wake = wake_and_count


@contextmanager
def busy_threads_counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the clocks know of every worker thread that is busy."""
    run_sync = anyio.to_thread.run_sync

    async def counted(*args: Any, **options: Any) -> Any:
        _count(1)
        try:
            return await run_sync(*args, **options)
        finally:
            _count(-1)

    global _busy
    _busy = 0
    _count(0)
    monkeypatch.setattr(_threads, "_Call", _CountedCall)
    monkeypatch.setattr(anyio.to_thread, "run_sync", counted)
    yield
