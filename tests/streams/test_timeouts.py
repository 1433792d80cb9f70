"""Time-outs of a stream: which figures, from when on, and what each of them bounds."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

from anyftp import StreamIO, ThrottleStreamIO
from anyftp.testing import Link, MemoryStream, memory_stream_pair
from anyftp.testing._byte_stream_checks import receive_all
from streams.stacks import PlainStream
from support.clocks import VIRTUAL_BACKENDS, Backend

pytestmark = pytest.mark.anyio

NAMES = ["timeout", "read_timeout", "write_timeout", "stall_timeout"]
CLASSES = [StreamIO, ThrottleStreamIO]


@pytest.fixture(params=VIRTUAL_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (-1, ValueError),
        (-0.001, ValueError),
        (math.nan, ValueError),
        (-math.inf, ValueError),
        ("5", TypeError),
        (True, TypeError),
        (b"5", TypeError),
        ([], TypeError),
        (1j, TypeError),
    ],
)
async def test_figures_without_sense_are_refused(
    kind: Any, name: str, wrong: Any, error: type[Exception]
) -> None:
    with pytest.raises(error, match=name):
        kind(memory_stream_pair()[0], **{name: wrong})
    stream = kind(memory_stream_pair()[0], **{name: 7})
    with pytest.raises(error, match=name):
        setattr(stream, name, wrong)
    assert getattr(stream, name) == 7


@pytest.mark.parametrize("seconds", [None, 0, 0.5, 3, 1e9, math.inf])
@pytest.mark.parametrize("name", NAMES)
async def test_figures_that_make_sense(name: str, seconds: float | None) -> None:
    stream = StreamIO(memory_stream_pair()[0], **{name: seconds})  # type: ignore[arg-type]
    assert getattr(stream, name) == seconds


@pytest.mark.parametrize(
    ("given", "read", "write"),
    [
        ({"timeout": 5}, 5, 5),
        ({"timeout": 5, "read_timeout": 0}, 0, 5),
        ({"timeout": 0, "write_timeout": 5}, 0, 5),
        ({"read_timeout": 3}, 3, None),
        ({}, None, None),
    ],
)
async def test_specific_ones_win(given: dict[str, Any], read: Any, write: Any) -> None:
    made = StreamIO(memory_stream_pair()[0], **given)
    assert (made.read_timeout, made.write_timeout) == (read, write)
    assigned = StreamIO(memory_stream_pair()[0], timeout=99)
    for name in NAMES:
        setattr(assigned, name, given.get(name))
    assert (assigned.read_timeout, assigned.write_timeout) == (read, write)


Call = Callable[[StreamIO], Awaitable[object]]
READING: dict[str, Call] = {
    "read(1)": lambda stream: stream.read(1),
    "read()": lambda stream: stream.read(),
    "readline": lambda stream: stream.readline(),
    "readexactly": lambda stream: stream.readexactly(5),
    "read_into": lambda stream: stream.read_into(bytearray(5)),
    "receive": lambda stream: stream.receive(),
}
WRITING: dict[str, Call] = {"write": lambda stream: stream.write(bytes(1 << 20))}


@pytest.mark.parametrize(
    ("name", "call"),
    [
        *[(name, call) for call in READING for name in ("timeout", "read_timeout")],
        *[(name, call) for call in WRITING for name in ("timeout", "write_timeout")],
        *[("stall_timeout", call) for call in READING | WRITING],
    ],
)
async def test_one_that_is_assigned_later_holds(name: str, call: str) -> None:
    for plain in (False, True):
        left, _ = memory_stream_pair()
        stream = StreamIO(PlainStream(left) if plain else left, timeout=1000)
        setattr(stream, name, 3)
        started = anyio.current_time()
        with pytest.raises(TimeoutError):
            await (READING | WRITING)[call](stream)
        assert anyio.current_time() - started == pytest.approx(3)


async def feed(stream: MemoryStream, block: bytes, seconds: float) -> None:
    while True:
        await stream.send(block)
        await anyio.sleep(seconds)


@pytest.mark.parametrize("call", ["read()", "readline", "readexactly"])
async def test_a_message_says_what_was_bounded(call: str) -> None:
    """What came within the time is no reason to say that nothing did, and stays."""
    left, right = memory_stream_pair()
    stream = StreamIO(left, read_timeout=3)
    calls = READING | {"readexactly": lambda stream: stream.readexactly(10**6)}
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(feed, right, b"x" * 100, 0.5)
        with pytest.raises(TimeoutError, match="not done after 3 s of waiting"):
            await calls[call](stream)
        tasks.cancel_scope.cancel()
    assert stream.nbytes_buffered >= 500
    assert set(await stream.read(1000)) == {ord("x")}


async def test_silence_alone_is_bounded_by_stall_timeout() -> None:
    """An hour of dribbling passes, and three seconds of silence do not."""
    left, right = memory_stream_pair()
    stream = StreamIO(left, stall_timeout=3)

    async def dribble() -> None:
        for _ in range(1800):
            await right.send(b"x")
            await anyio.sleep(2)

    started = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(dribble)
        with pytest.raises(TimeoutError, match="read: nothing moved for 3 s"):
            await stream.read()
    assert anyio.current_time() - started == pytest.approx(1799 * 2 + 3)
    assert await stream.readexactly(1800) == b"x" * 1800


@pytest.mark.parametrize("plain", [False, True], ids=["ours", "foreign"])
async def test_a_write_to_a_slow_peer_is_no_silence(plain: bool) -> None:
    left, right = memory_stream_pair(link=Link(bytes_per_second=30_000))
    stream = StreamIO(PlainStream(left) if plain else left, stall_timeout=3)
    started = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(receive_all, right)
        await stream.write(bytes(3_000_000))
        await stream.aclose()
    assert anyio.current_time() - started == pytest.approx(100, rel=0.05)
    await right.aclose()


async def test_a_peer_that_takes_nothing_is_silence() -> None:
    left, _ = memory_stream_pair()
    stream = StreamIO(left, stall_timeout=3, timeout=1000)
    with pytest.raises(TimeoutError, match="write: nothing moved for 3 s"):
        await stream.write(bytes(1 << 20))
