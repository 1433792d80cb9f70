"""Byte streams in memory: what is on its way, what a close leaves of it, and what a reset does."""

from __future__ import annotations

import anyio
import pytest

from anyftp.testing import MemoryAttribute, memory_stream_pair

pytestmark = pytest.mark.anyio


def test_it_carries_at_least_a_byte() -> None:
    with pytest.raises(ValueError, match="capacity must be at least 1 byte, not 0"):
        memory_stream_pair(0)


async def test_a_full_pipe_takes_no_more_until_it_is_read() -> None:
    left, right = memory_stream_pair(4)
    assert left.try_send(memoryview(b"abcdef")) == 4
    assert left.try_send(memoryview(b"ef")) == 0
    assert right.nbytes_waiting == 4
    assert await right.receive(3) == b"abc"
    assert left.try_send(memoryview(b"ef")) == 2
    assert await right.receive() == b"def"


async def test_what_was_sent_before_the_close_is_received_before_the_end() -> None:
    left, right = memory_stream_pair()
    await left.send(b"last words")
    left.close()
    assert await right.receive() == b"last words"
    with pytest.raises(anyio.EndOfStream):
        await right.receive()
    with pytest.raises(anyio.BrokenResourceError):
        await right.send(b"too late")
    with pytest.raises(anyio.ClosedResourceError):
        await left.receive()


async def test_a_reset_loses_what_is_on_its_way() -> None:
    left, right = memory_stream_pair()
    await left.send(b"lost")
    await right.send(b"lost as well")
    left.reset()
    with pytest.raises(anyio.BrokenResourceError):
        await right.receive()


async def test_whoever_waits_is_woken() -> None:
    left, right = memory_stream_pair(1)
    received = []

    async def receive() -> None:
        received.extend([await right.receive(1) for _ in range(3)])

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(receive)
        await anyio.wait_all_tasks_blocked()
        await left.send(b"abc")
    assert received == [b"a", b"b", b"c"]


async def test_the_stream_is_known_through_its_attributes() -> None:
    left, _ = memory_stream_pair()
    assert left.extra(MemoryAttribute.stream) is left
