"""Calls from threads to an event loop in another one."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest
from fsspec.asyn import get_loop

from anyftp.fsspec._calls import call


async def doubled(number: int, *, seconds: float = 0.0) -> int:
    await anyio.sleep(seconds)
    return 2 * number


async def fails() -> None:
    raise KeyError("so")


def test_each_gets_its_own_result() -> None:
    with ThreadPoolExecutor(8) as threads:
        found = threads.map(lambda number: call(get_loop(), doubled, number), range(200))
        assert list(found) == [2 * number for number in range(200)]
    assert call(get_loop(), doubled, 3, seconds=0.01) == 6


def test_what_it_raises_is_raised_here() -> None:
    with pytest.raises(KeyError, match="so"):
        call(get_loop(), fails)


def test_on_the_loop_itself_nobody_can_wait_for_it() -> None:
    loop = get_loop()
    told: list[type[BaseException]] = []
    is_over = threading.Event()

    def on_loop() -> None:
        try:
            call(loop, doubled, 1)
        except BaseException as error:
            told.append(type(error))
        is_over.set()

    loop.call_soon_threadsafe(on_loop)
    assert is_over.wait(5)
    assert told == [NotImplementedError]


def test_a_closed_loop_says_so() -> None:
    loop = type(get_loop())()
    loop.close()
    with pytest.raises(RuntimeError):
        call(loop, doubled, 1)
