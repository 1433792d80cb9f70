"""The backends that tests run on, and clocks that jump instead of waiting.

A test module whose subject is time replaces the fixture of conftest.py:

    @pytest.fixture(params=VIRTUAL_BACKENDS)
    def anyio_backend(request: pytest.FixtureRequest) -> Backend:
        return request.param

There an hour passes in microseconds, to the exact second; `anyftp.testing` tells more.
"""

from __future__ import annotations

import asyncio
import importlib.util
from asyncio import constants
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from anyftp.testing import VirtualClockLoop as VirtualClockLoop
from anyftp.testing import virtual_backends
from support.backends import BY_NAME

Backend = tuple[str, dict[str, Any]]


# Where a coroutine was made that nobody awaits is told by its last frame.
vars(constants)["DEBUG_STACK_DEPTH"] = 1


def checking(make: Callable[[], Any] = asyncio.new_event_loop) -> Backend:
    """asyncio's debug mode as far as it finds something: threads, callbacks, blocking sockets.

    It also notes for each future, task and callback the frames that it was made in, with their
    source, for messages that no test reads; that takes longer than most tests. Who makes one asks
    `get_debug`, while all that is checked is checked where `_debug` is set.
    """

    def make_loop() -> Any:
        loop = make()
        loop.get_debug = lambda: False
        return loop

    return "asyncio", {"debug": True, "loop_factory": make_loop}


ASYNCIO = checking()
UVLOOP: Backend = ("asyncio", {"use_uvloop": True})
TRIO: Backend = ("trio", {})

#: Every backend the library promises to run on.
BACKENDS = [
    pytest.param(ASYNCIO, id="asyncio"),
    pytest.param(
        UVLOOP,
        id="uvloop",
        marks=pytest.mark.skipif(
            importlib.util.find_spec("uvloop") is None, reason="uvloop is not installed"
        ),
    ),
    pytest.param(TRIO, id="trio"),
]

#: The same without asyncio's debug mode, for tests of so many runs that it would take too long.
BRISK_BACKENDS = [
    pytest.param(BY_NAME["asyncio"], id="asyncio"),
    pytest.param(
        BY_NAME["uvloop"],
        id="uvloop",
        marks=BACKENDS[1].marks,
    ),
    BACKENDS[2],
]

#: The same with clocks that jump; see the top of this module.
VIRTUAL_BACKENDS = [
    pytest.param(checking(VirtualClockLoop), id="asyncio"),
    pytest.param(virtual_backends()[1], id="trio"),
]

#: The same without asyncio's debug mode, for tests of so many sleeps that it would take too long.
QUICK_BACKENDS = [
    pytest.param(("asyncio", {"loop_factory": VirtualClockLoop}), id="asyncio"),
    VIRTUAL_BACKENDS[1],
]


def warm_up() -> None:
    """Let libuv make the pair of pipes that it keeps for the life of the process."""
    if importlib.util.find_spec("uvloop") is not None:
        anyio.run(anyio.sleep, 0, backend="asyncio", backend_options={"use_uvloop": True})
