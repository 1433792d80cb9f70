"""A pytest plugin that is a busy machine: tests whose outcome depends on its speed fail.

    .venv/bin/python -m pytest -p support.stalls -m "not wallclock" -n 3 tests/client

Event loops wake late at random, by as much as other processes would hold them up; uvloop's is left
out. What a test meets is decided by its name, so that it meets the same again. A time-out that is
shorter than a stall needs a clock that jumps: `support/clocks.py`, `support/patient_clocks.py`.
"""

from __future__ import annotations

import random
import selectors
import time
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from trio._core import _io_epoll

#: Of all times that a loop wakes, so many are late,
SHARE = 0.06
#: by up to so many seconds,
LONGEST = 0.3
#: until a test has lost so many of them.
MOST = 2.5

_chance = random.Random()
_left = 0.0


def _hold_up() -> None:
    global _left
    if _left > 0 and _chance.random() < SHARE:
        stall = _chance.uniform(0.1, 1.0) * LONGEST
        _left -= stall
        time.sleep(stall)


def _late(look: Callable[..., Any]) -> Callable[..., Any]:
    def look_and_be_late(*args: Any) -> Any:
        found = look(*args)
        _hold_up()
        return found

    return look_and_be_late


@pytest.hookimpl(tryfirst=True)
def pytest_configure() -> None:
    for waiter, method in (
        (selectors.DefaultSelector, "select"),
        (_io_epoll.EpollIOManager, "get_events"),
    ):
        setattr(waiter, method, _late(getattr(waiter, method)))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    global _left
    _chance.seed(zlib.crc32(item.nodeid.encode()))
    _left = MOST
