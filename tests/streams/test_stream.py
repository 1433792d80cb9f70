"""StreamIO beyond the contract checks: what it holds in memory."""

from __future__ import annotations

import tracemalloc

import anyio
import pytest

from anyftp import StreamIO, ThrottleStreamIO
from anyftp.testing import memory_stream_pair
from support.clocks import VIRTUAL_BACKENDS, Backend

pytestmark = pytest.mark.anyio


@pytest.fixture(params=VIRTUAL_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


async def test_an_idle_stream_holds_no_buffer() -> None:
    """A server has thousands of them."""
    pairs = [memory_stream_pair() for _ in range(100)]
    tracemalloc.start()
    try:
        streams = [ThrottleStreamIO(StreamIO(left)) for left, _ in pairs]
        nbytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert nbytes / len(streams) < 8192


@pytest.mark.parametrize("name", ["read", "readexactly"])
async def test_what_is_read_whole_is_in_memory_once(name: str) -> None:
    size = 8 << 20
    left, right = memory_stream_pair(1 << 18)
    stream = StreamIO(left)

    async def send() -> None:
        block = bytes(1 << 16)
        for _ in range(size // len(block)):
            await right.send(block)
        await right.send_eof()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(send)
        tracemalloc.start()
        try:
            data = await (stream.read() if name == "read" else stream.readexactly(size))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert len(data) == size
    assert peak < 1.5 * size
