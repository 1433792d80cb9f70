"""Time-outs of a stream: which figures, from when on, what each of them bounds and what counts."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint
from hypothesis import given, settings
from hypothesis import strategies as st

from anyftp import StreamIO, ThrottleStreamIO
from anyftp._streams._timeouts import Budget, within
from anyftp.testing import Link, MemoryStream, memory_stream_pair
from anyftp.testing._byte_stream_checks import receive_all
from streams.stacks import PlainStream
from support.clocks import VIRTUAL_BACKENDS, Backend, VirtualClockLoop
from support.depth import deep

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
        await stream.write(bytes(900_000))
        await stream.aclose()
    assert anyio.current_time() - started == pytest.approx(30, rel=0.05)
    await right.aclose()


async def test_a_peer_that_takes_nothing_is_silence() -> None:
    left, _ = memory_stream_pair()
    stream = StreamIO(left, stall_timeout=3, timeout=1000)
    with pytest.raises(TimeoutError, match="write: nothing moved for 3 s"):
        await stream.write(bytes(1 << 20))


async def turns(count: int) -> None:
    for _ in range(count):
        await checkpoint()


async def test_waits_add_up_and_what_lies_between_does_not_count() -> None:
    budget = Budget("read", 1.0)
    await budget.wait(partial(anyio.sleep, 0.6))
    await anyio.sleep(3600)
    started = anyio.current_time()
    with pytest.raises(TimeoutError, match="read: not done after 1 s of waiting"):
        await budget.wait(partial(anyio.sleep, 0.6))
    assert anyio.current_time() - started == pytest.approx(0.4)
    with pytest.raises(TimeoutError):
        await budget.wait(partial(turns, 2))


async def test_silence_is_bounded_for_each_wait() -> None:
    """However long they take together; the message says which of the two bounds it was."""
    budget = Budget("read", None, 1.0)
    for _ in range(100):
        await budget.wait(partial(anyio.sleep, 0.9))
    started = anyio.current_time()
    with pytest.raises(TimeoutError, match="read: nothing moved for 1 s"):
        await budget.wait(anyio.sleep_forever)
    assert anyio.current_time() - started == pytest.approx(1)
    budget = Budget("read", 2.5, 1.0)
    await budget.wait(partial(anyio.sleep, 0.9))
    await budget.wait(partial(anyio.sleep, 0.9))
    with pytest.raises(TimeoutError, match=r"read: not done after 2\.5 s of waiting"):
        await budget.wait(partial(anyio.sleep, 0.9))


async def test_what_is_tried_may_be_handed_on_by_other_tasks() -> None:
    """A stream with a task of its own behind it needs a few turns from the one to the other."""

    async def hand_on(depth: int) -> None:
        if not depth:
            return
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(hand_on, depth - 1)

    await Budget("read", 0).wait(partial(hand_on, 3), is_try=True)


async def test_none_is_no_bound() -> None:
    budget = Budget("read", None)
    await budget.wait(partial(anyio.sleep, 1e6))
    await budget.wait(partial(anyio.sleep, 1e6), is_try=True)


async def test_nothing_left_is_no_time_at_all() -> None:
    """After a try that failed there is nothing to wait for with 0 seconds."""
    with pytest.raises(TimeoutError, match="write: not done after 0 s"):
        await Budget("write", 0).wait(checkpoint)


async def test_a_try_of_no_time_may_run_but_not_wait() -> None:
    started = anyio.current_time()
    for count in (0, 1, 5, 1000):
        await Budget("read", 0).wait(partial(turns, count), is_try=True)
        await Budget("read", 60, 0).wait(partial(turns, count), is_try=True)
    for wait in (partial(anyio.sleep, 0.001), anyio.sleep_forever):
        with pytest.raises(TimeoutError, match="not done after 0 s"):
            await Budget("read", 0).wait(wait, is_try=True)
        with pytest.raises(TimeoutError, match="nothing moved for 0 s"):
            await Budget("read", 60, 0).wait(wait, is_try=True)
    assert anyio.current_time() == started


async def test_a_try_ends_with_its_own_exception() -> None:
    """Bare: the task group inside is nobody's business."""

    async def fail() -> None:
        await checkpoint()
        raise anyio.BrokenResourceError("in its own words")

    with pytest.raises(anyio.BrokenResourceError, match="in its own words"):
        await Budget("read", 0).wait(fail, is_try=True)


@pytest.mark.parametrize("seconds", [None, 0, 5])
async def test_cancelled_from_outside_it_is_no_timeout(seconds: float | None) -> None:
    with anyio.CancelScope() as scope:
        scope.cancel()
        await Budget("read", seconds).wait(anyio.sleep_forever, is_try=True)
    assert scope.cancelled_caught


async def test_within_so_many_seconds() -> None:
    started = anyio.current_time()
    with pytest.raises(TimeoutError, match="tea: not done within 3 s"), within(3, "tea"):
        await anyio.sleep(5)
    assert anyio.current_time() - started == pytest.approx(3)
    with within(3, "tea"), within(None, "cake"):
        await anyio.sleep(2)
    with anyio.move_on_after(1) as scope, within(3, "tea"):
        await anyio.sleep_forever()
    assert scope.cancelled_caught


@settings(max_examples=deep(80, 2000))
@given(
    seconds=st.integers(1, 1000),
    waits=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), max_size=10),
)
def test_any_waits_fail_just_when_they_exceed_it(
    seconds: int, waits: list[tuple[int, int]]
) -> None:
    async def main() -> None:
        budget = Budget("read", seconds)
        left = seconds
        for wait, pause in waits:
            if wait == left:
                return  # either may win
            if wait > left:
                with pytest.raises(TimeoutError):
                    await budget.wait(partial(anyio.sleep, wait))
                return
            await budget.wait(partial(anyio.sleep, wait))
            left -= wait
            await anyio.sleep(pause)

    anyio.run(main, backend_options={"loop_factory": VirtualClockLoop})
