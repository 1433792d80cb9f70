"""asyncio's debug mode, as all tests have it: what it finds it still finds."""

import asyncio
import gc
import socket
import warnings

import anyio
import anyio.to_thread
import pytest

from anyftp.testing import VirtualClockLoop
from support.clocks import ASYNCIO, Backend, checking

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[pytest.param(ASYNCIO, id="asyncio")])
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


def nothing() -> None:
    """Does nothing."""


async def test_a_callback_from_another_thread_is_an_error() -> None:
    loop = asyncio.get_running_loop()
    with pytest.raises(RuntimeError, match="Non-thread-safe operation"):
        await anyio.to_thread.run_sync(loop.call_soon, nothing)


async def test_a_socket_that_would_block_is_an_error() -> None:
    left, right = socket.socketpair()
    with left, right, pytest.raises(ValueError, match="must be non-blocking"):
        await asyncio.get_running_loop().sock_recv(left, 1)


async def test_a_coroutine_that_nobody_awaits_tells_where_it_was_made() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        forgotten = anyio.sleep(0)
        del forgotten
        gc.collect()
    assert "Coroutine created at (most recent call last)" in str(caught[0].message)
    assert "anyio.sleep(0)" in str(caught[0].message)


async def test_futures_note_no_frames() -> None:
    future = asyncio.get_running_loop().create_future()
    assert not getattr(future, "_source_traceback", None)


def test_so_does_a_clock_that_jumps() -> None:
    name, options = checking(VirtualClockLoop)

    async def sleep() -> float:
        with pytest.raises(RuntimeError, match="Non-thread-safe operation"):
            await anyio.to_thread.run_sync(asyncio.get_running_loop().call_soon, nothing)
        before = anyio.current_time()
        await anyio.sleep(3600)
        return anyio.current_time() - before

    assert anyio.run(sleep, backend=name, backend_options=options) == 3600
