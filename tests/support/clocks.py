"""The backends that tests run on, and clocks that jump instead of waiting.

A test module whose subject is time replaces the fixture of conftest.py:

    @pytest.fixture(params=VIRTUAL_BACKENDS)
    def anyio_backend(request: pytest.FixtureRequest) -> Backend:
        return request.param

There an hour passes in microseconds, to the exact second; `anyftp.testing` tells more.
"""

from __future__ import annotations

import importlib.util
from asyncio import constants
from typing import Any

import anyio
import pytest

from anyftp.testing import VirtualClockLoop as VirtualClockLoop
from anyftp.testing import virtual_backends
from support.backends import BY_NAME

Backend = tuple[str, dict[str, Any]]


# asyncio's debug mode notes for each task and callback where it was made. The last frame tells
# enough; ten take longer than most tests, and uvloop cannot do with fewer.
vars(constants)["DEBUG_STACK_DEPTH"] = 1

ASYNCIO: Backend = ("asyncio", {"debug": True})
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
    pytest.param(("asyncio", {"debug": True, "loop_factory": VirtualClockLoop}), id="asyncio"),
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
