"""Clocks that jump instead of waiting: an hour passes at once, to the exact second.

    @pytest.fixture(params=virtual_backends(), ids=lambda backend: backend[0])
    def anyio_backend(request):
        return request.param

Whenever nothing else is left to do, the time moves on to the next timer. Only streams and files in
memory belong in such tests: while a worker thread is busy, or a packet is on its way between two
sockets, an event loop looks idle, and its clock jumps. uvloop keeps its clock in C and cannot be
virtual.

The standard library's event loop is imported by whoever makes one, which is a program that runs on
it; so a program on trio never loads it.
"""

from __future__ import annotations

import importlib
import importlib.util
import selectors
from typing import Any

import anyio


class _JumpingSelector(selectors.DefaultSelector):
    """A selector that never sleeps: it moves `now` on by what it was asked to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        ready = super().select(0)
        if not ready:
            self.now += timeout
        return ready

    def time(self) -> float:
        return self.now


def VirtualClockLoop() -> Any:
    """An event loop whose time jumps to the next timer when nothing else is left to do.

    It is what the standard library's runners, and `anyio.run` and anyio's pytest plugin in
    `backend_options`, take as `loop_factory`. Its clock begins at 0.
    """
    selector = _JumpingSelector()
    loop = importlib.import_module(_standard_backend()).SelectorEventLoop(selector)
    loop.time = selector.time
    return loop


def virtual_backends() -> list[tuple[str, dict[str, Any]]]:
    """The backends of anyio with clocks that jump, as parameters of its fixture `anyio_backend`.

    That is the standard library's loop with `VirtualClockLoop` and, where it is installed, trio
    with its `MockClock(autojump_threshold=0)`. trio's clock is one for all tests that get this
    parameter: compare differences of `anyio.current_time()`, never its absolute value.
    """
    backends: list[tuple[str, dict[str, Any]]] = [
        (_standard_backend(), {"loop_factory": VirtualClockLoop})
    ]
    if importlib.util.find_spec("trio") is not None:
        from trio.testing import MockClock

        backends.append(("trio", {"clock": MockClock(autojump_threshold=0)}))
    return backends


def _standard_backend() -> str:
    """anyio's name, which is the module's as well, of the standard library's event loop."""
    return next(name for name in anyio.get_all_backends() if name != "trio")
