"""Throttle and ThrottleStreamIO: what is slept, who is asked and told, and when.

The event loop's clock jumps here, so seconds are exact; the system's clocks go on as ever.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from typing import Any

import pytest

import anyftp_compat as aioftp
from compat.conftest import SleepRecorder
from support.clocks import Backend, VirtualClockLoop, checking

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> Backend:
    """asyncio with a clock that jumps; uvloop has none."""
    return checking(VirtualClockLoop)


class Writer:
    """Takes all that is written."""

    def __init__(self) -> None:
        self.blocks: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes) -> None:
        self.blocks.append(bytes(data))

    async def drain(self) -> None:
        return

    def close(self) -> None:
        self.is_closed = True


class Spy(aioftp.Throttle):
    """Notes what it is asked and told."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.calls: list[str | int] = []

    async def wait(self) -> None:
        self.calls.append("wait")
        await super().wait()

    def append(self, data: Any, start: float) -> None:
        assert start <= asyncio.get_running_loop().time()
        self.calls.append(len(data))
        super().append(data, start)


def throttled(
    data: bytes = b"", *, is_whole: bool = True, **throttles: aioftp.StreamThrottle
) -> aioftp.ThrottleStreamIO:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    if is_whole:
        reader.feed_eof()
    return aioftp.ThrottleStreamIO(reader, Writer(), throttles or None)  # type: ignore[arg-type]


def limits(read: int | None = None, write: int | None = None) -> aioftp.StreamThrottle:
    return aioftp.StreamThrottle.from_limits(read, write)


CLOCKS: dict[str, Callable[[], float]] = {
    "time": time.time,
    "monotonic": time.monotonic,
    "loop": lambda: asyncio.get_running_loop().time(),
}


@pytest.mark.parametrize("clock", CLOCKS)
async def test_start_by_any_clock(clock: str, sleeps: SleepRecorder) -> None:
    throttle = aioftp.Throttle(limit=100)
    throttle.append(bytes(500), CLOCKS[clock]())
    await throttle.wait()
    assert sleeps.delays == [pytest.approx(5.0, abs=1.0)]  # the system's clocks have gone on
    await throttle.wait()  # no time has passed, whatever was slept
    assert sleeps.delays[1:] == [pytest.approx(5.0, abs=1.0)]


async def test_bytes_recorded_as_of_earlier_are_paid_in_part(sleeps: SleepRecorder) -> None:
    throttle = aioftp.Throttle(limit=100)
    throttle.append(bytes(500), asyncio.get_running_loop().time() - 2)
    await throttle.wait()
    assert sleeps.delays == [pytest.approx(3.0)]


def test_bytes_may_be_recorded_while_no_loop_runs() -> None:
    throttle = aioftp.Throttle(limit=1)
    throttle.append(bytes(50), time.time())

    async def wait() -> float:
        begin = asyncio.get_running_loop().time()
        await throttle.wait()
        return asyncio.get_running_loop().time() - begin

    with asyncio.Runner(loop_factory=VirtualClockLoop) as runner:
        assert runner.run(wait()) == pytest.approx(50, abs=10)


@pytest.mark.parametrize("limit", [None, 0, -1])
async def test_no_limit(limit: int | None, sleeps: SleepRecorder) -> None:
    throttle = aioftp.Throttle(limit=limit)
    assert throttle.limit == limit
    throttle.append(bytes(10**9), time.time())
    await throttle.wait()
    assert not sleeps.delays


async def test_representation_and_clone() -> None:
    throttle = Spy(limit=10, reset_rate=3)
    assert repr(throttle) == "Spy(limit=10, reset_rate=3)"
    clone = throttle.clone()
    assert repr(clone) == "Throttle(limit=10, reset_rate=3)"
    pair = limits(1, 2)
    copy = pair.clone()
    assert isinstance(copy, aioftp.StreamThrottle)
    assert repr(copy) == repr(pair)
    assert copy.read is not pair.read
    read, write = aioftp.StreamThrottle(read=throttle, write=clone)
    assert (read, write) == (throttle, clone)


@pytest.mark.parametrize("size", [100, 1000, 4096])
async def test_recorded_delays_are_those_of_the_transfer(size: int, sleeps: SleepRecorder) -> None:
    """An hour's transfer in no time: the last sleep is the hour, as nothing else has passed."""
    stream = throttled(bytes(360_000), all=limits(read=100))
    total = 0
    async for block in stream.iter_by_block(size):
        total += len(block)
    assert total == 360_000
    assert sleeps.delays == pytest.approx(sorted(sleeps.delays))
    assert sleeps.delays[-1] == pytest.approx(3600)
    assert len(sleeps.delays) <= 360_000 / size + 2


@pytest.mark.parametrize("size", [100, 4096, 8192])
async def test_recorded_delays_of_writing(size: int, sleeps: SleepRecorder) -> None:
    stream = throttled(all=limits(write=1024))
    for _ in range(40):
        await stream.write(bytes(size))
    await stream.wait("write")
    assert sleeps.delays == [pytest.approx(size / 1024 * count) for count in range(1, 41)]


@pytest.mark.parametrize("size", [1024, 65536])
async def test_recorded_delays_under_several_limits(size: int, sleeps: SleepRecorder) -> None:
    """The lowest limit decides; who shares it pays for the blocks of both streams."""
    shared = limits(read=2048)
    one = throttled(bytes(65536), shared=shared, mine=limits(read=4096), free=limits())
    two = throttled(bytes(65536), shared=shared)
    for stream in (one, two):
        async for _ in stream.iter_by_block(size):
            pass
    await two.wait("read")
    assert max(sleeps.delays) == pytest.approx(2 * 65536 / 2048)


async def test_recorded_delays_of_a_throttle_of_ones_own(sleeps: SleepRecorder) -> None:
    spy = Spy(limit=1000)
    stream = throttled(bytes(10_000), mine=aioftp.StreamThrottle(spy, spy), other=limits(read=5000))
    async for _ in stream.iter_by_block(1000):
        pass
    assert max(sleeps.delays) == pytest.approx(10)
    assert spy.calls == ["wait", 1000] * 10 + ["wait", 0]  # the end is a block of nothing
    spy.calls.clear()
    await stream.write(bytes(500))
    assert spy.calls == ["wait", 500]


async def test_another_throttle_counts_from_the_next_block_on(sleeps: SleepRecorder) -> None:
    stream = throttled(bytes(6000), it=limits(read=1000))
    await stream.read(1000)
    await stream.read(1000)
    assert sleeps.delays == [pytest.approx(1.0)]
    stream.throttles["it"] = limits(read=100)  # owes nothing yet
    await stream.read(1000)
    assert len(sleeps.delays) == 1
    await stream.read(1000)
    assert sleeps.delays[1:] == [pytest.approx(10.0)]
    stream.throttles["it"].read.limit = 500
    await stream.read(1000)
    assert len(sleeps.delays) == 2  # nor after its limit was assigned, as in aioftp
    await stream.read(1000)
    assert sleeps.delays[2:] == [pytest.approx(2.0)]


async def test_one_sleep_a_wait_however_many_throttles(sleeps: SleepRecorder) -> None:
    stream = throttled(user=limits(write=1000), server=limits(write=500), free=limits())
    for _ in range(4):
        await stream.write(bytes(500))
    assert sleeps.delays == [pytest.approx(1.0), pytest.approx(2.0), pytest.approx(3.0)]


@pytest.mark.parametrize("name", ["read", "readline", "readexactly", "read-all"])
async def test_every_way_of_reading_pays(name: str, sleeps: SleepRecorder) -> None:
    stream = throttled((b"x" * 999 + b"\n") * 5, all=limits(read=1000))
    for _ in range(5):
        match name:
            case "read":
                assert await stream.read(1000)
            case "readline":
                assert len(await stream.readline()) == 1000
            case "readexactly":
                assert len(await stream.readexactly(1000)) == 1000
    if name == "read-all":
        assert len(await stream.read()) == 5000
    assert await stream.read() == b""
    assert max(sleeps.delays) == pytest.approx(5.0)


async def test_a_partial_read_pays_for_what_came(sleeps: SleepRecorder) -> None:
    stream = throttled(bytes(500), all=limits(read=100))
    with pytest.raises(asyncio.IncompleteReadError):
        await stream.readexactly(600)
    await stream.wait("read")
    assert sleeps.delays == [pytest.approx(5.0)]


async def test_reading_all_under_a_limit_loses_nothing_when_cut_short() -> None:
    stream = throttled(bytes(range(256)) * 100, is_whole=False, all=limits(read=1000))
    task = asyncio.ensure_future(stream.read())
    await asyncio.wait([task], timeout=20)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    stream.reader.feed_eof()
    assert await stream.reader.read() == bytes(range(256)) * 100


async def test_a_large_block_goes_out_in_pieces_under_a_limit() -> None:
    stream = throttled(all=limits(write=16384))
    begin = asyncio.get_running_loop().time()
    await stream.write(bytes(65536))
    writer: Any = stream.writer
    assert [len(block) for block in writer.blocks] == [8192] * 8
    assert asyncio.get_running_loop().time() - begin == pytest.approx(3.5, abs=0.1)


@pytest.mark.parametrize("size", [1, 8191, 8192, 10_000, 65536, 1_000_003])
async def test_pieces_divide_the_block(size: int) -> None:
    """Whoever adds up what has moved meets the sums of whole blocks."""
    stream = throttled(all=limits(write=1 << 20))
    for _ in range(3):
        await stream.write(bytes(size))
    writer: Any = stream.writer
    lengths = [len(block) for block in writer.blocks]
    assert max(lengths) <= max((1 << 20) * 0.02, 8192)
    sums = {sum(lengths[:count]) for count in range(len(lengths) + 1)}
    assert {size, 2 * size, 3 * size} <= sums
    assert len(set(lengths)) <= 2


async def test_subclassed_throttles_are_asked_and_told_once_a_block() -> None:
    spy = Spy(limit=10**9)
    stream = throttled(b"line\nblock" + bytes(100), spy=aioftp.StreamThrottle(spy, spy))
    await stream.readline()
    await stream.read(5)
    await stream.readexactly(100)
    await stream.write(bytes(70000))
    assert spy.calls == ["wait", 5, "wait", 5, "wait", 100, "wait", 70000]


async def test_a_subclassed_stream_is_asked_and_told_by_name() -> None:
    calls: list[object] = []

    class Stream(aioftp.ThrottleStreamIO):
        async def wait(self, name: str) -> None:
            calls.append(name)
            await super().wait(name)

        def append(self, name: str, data: Any, start: float) -> None:
            calls.append((name, len(data)))
            super().append(name, data, start)

    reader = asyncio.StreamReader()
    reader.feed_data(b"abc")
    stream = Stream(reader, Writer())  # type: ignore[arg-type]
    await stream.read(2)
    await stream.write(b"x")
    assert calls == ["read", ("read", 2), "write", ("write", 1)]


async def test_throttles_are_alive(sleeps: SleepRecorder) -> None:
    stream = throttled(bytes(400))
    await stream.read(100)
    stream.throttles["late"] = limits(read=100)
    await stream.read(100)
    await stream.read(100)
    assert sleeps.delays == [pytest.approx(1.0)]
    del stream.throttles["late"]
    await stream.read(100)
    assert len(sleeps.delays) == 1


async def test_default_throttles_are_not_shared() -> None:
    first, second = throttled(), throttled()
    first.throttles["mine"] = limits(1)
    assert second.throttles == {}


async def test_waiting_for_a_throttle_is_no_timeout() -> None:
    stream = throttled(bytes(200), all=limits(read=400))
    stream.read_timeout = 0.05
    begin = asyncio.get_running_loop().time()
    await stream.read(100)
    await stream.read(100)
    assert asyncio.get_running_loop().time() - begin == pytest.approx(0.25)


async def test_a_sleeper_wakes_when_the_limit_is_changed() -> None:
    throttle = aioftp.Throttle(limit=1)
    begin = asyncio.get_running_loop().time()
    throttle.append(bytes(1000), begin)
    task = asyncio.ensure_future(throttle.wait())
    await asyncio.sleep(10)
    assert not task.done()
    throttle.limit = None
    await task
    assert asyncio.get_running_loop().time() - begin == pytest.approx(10)


async def test_waiting_makes_no_task() -> None:
    stream = throttled(bytes(2000), a=limits(read=100), b=limits(read=200))
    await stream.read(100)
    before = len(asyncio.all_tasks())
    task = asyncio.ensure_future(stream.read(100))
    await asyncio.sleep(0.05)
    assert len(asyncio.all_tasks()) == before + 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_leaving_the_block_closes() -> None:
    stream = throttled()
    async with stream as entered:
        assert entered is stream
    writer: Any = stream.writer
    assert writer.is_closed


async def test_iterators() -> None:
    stream = throttled(b"one\ntwo\nabcde")
    lines = stream.iter_by_line()
    assert isinstance(lines, aioftp.AsyncStreamIterator)
    assert [await anext(lines), await anext(lines)] == [b"one\n", b"two\n"]
    assert [block async for block in stream.iter_by_block(count=3)] == [b"abc", b"de"]


async def test_idling_buys_next_to_nothing(sleeps: SleepRecorder) -> None:
    stream = throttled(bytes(30_000), all=limits(read=1000))
    await stream.read(1000)
    await stream.wait("read")
    sleeps.delays.clear()
    await sleeps.really(3600)
    for _ in range(10):
        await stream.read(1000)
    await stream.wait("read")
    assert max(sleeps.delays) == pytest.approx(10, abs=0.01)


async def test_unknown_direction() -> None:
    stream = throttled(all=limits(1))
    with pytest.raises(AttributeError):
        await stream.wait("sideways")
    with pytest.raises(AttributeError):
        stream.append("sideways", b"", 0.0)


@pytest.mark.parametrize("arrivals", [[1448], [1, 2, 3], [65535], [65536], [9000, 70000, 5]])
async def test_who_adds_up_blocks_meets_round_sums_however_they_come(arrivals: list[int]) -> None:
    reader = asyncio.StreamReader()
    spy = Spy(limit=1 << 24)
    pair = aioftp.StreamThrottle(spy, aioftp.Throttle())
    stream = aioftp.ThrottleStreamIO(reader, Writer(), {"spy": pair})  # type: ignore[arg-type]
    blocks = []
    for nbytes in arrivals:
        reader.feed_data(bytes(nbytes))
        blocks.append(len(await stream.read(65536)))
    reader.feed_data(bytes((2 << 20) - sum(arrivals)))
    reader.feed_eof()
    blocks += [len(block) async for block in stream.iter_by_block(65536)]
    told = [call for call in spy.calls if isinstance(call, int) and call]
    assert told == blocks
    sums = set(itertools.accumulate(told))
    assert {1 << 20, 2 << 20} <= sums
    assert max(told) <= 65536
