"""ThrottleStreamIO: every path pays, to the exact second; hooks hear of each block."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anyftp import AsyncStreamIterator, StreamIO, StreamThrottle, Throttle, ThrottleStreamIO
from anyftp._streams import CopyStats, copy_from_file, copy_to_file
from anyftp._throttle._meter import MAX_ROUND_SECONDS, MIN_TURN_BYTES
from anyftp.testing import MemoryStream, cancel_at_each_checkpoint, memory_stream_pair
from streams.files import MemoryFile
from streams.stacks import PlainStream
from support.clocks import QUICK_BACKENDS, VIRTUAL_BACKENDS, Backend, VirtualClockLoop
from support.depth import deep

pytestmark = pytest.mark.anyio

#: What every way of reading gets: lines, the last of them without its ending.
DATA = b"one\ntwo\n" + b"x" * 2000 + b"\n" + b"y" * 1991


@pytest.fixture(params=VIRTUAL_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


async def _exactly(stream: ThrottleStreamIO) -> bytes:
    return await stream.readexactly(len(DATA))


async def _lines(stream: ThrottleStreamIO) -> bytes:
    return b"".join([line async for line in stream.iter_by_line()])


async def _blocks(stream: ThrottleStreamIO) -> bytes:
    return b"".join([block async for block in stream.iter_by_block(700)])


async def _items(stream: ThrottleStreamIO) -> bytes:
    return b"".join([block async for block in stream])


async def _readline(stream: ThrottleStreamIO) -> bytes:
    got = [await stream.readline() for _ in range(5)]
    assert got[-1] == b""
    return b"".join(got)


async def _receive(stream: ThrottleStreamIO) -> bytes:
    got = bytearray()
    while True:
        try:
            got += await stream.receive(100)
        except anyio.EndOfStream:
            return bytes(got)


async def _read_into(stream: ThrottleStreamIO) -> bytes:
    block = bytearray(500)
    got = bytearray()
    while nbytes := await stream.read_into(block):
        got += block[:nbytes]
    return bytes(got)


async def _copy(stream: ThrottleStreamIO) -> bytes:
    file = MemoryFile()
    await copy_to_file(stream, file)
    return bytes(file.data)


READS: dict[str, Callable[[ThrottleStreamIO], Awaitable[bytes]]] = {
    "read": lambda stream: stream.read(),
    "readline": _readline,
    "readexactly": _exactly,
    "read_into": _read_into,
    "receive": _receive,
    "iteration": _items,
    "iter_by_line": _lines,
    "iter_by_block": _blocks,
    "copy": _copy,
}


async def _write_copy(stream: ThrottleStreamIO) -> None:
    await copy_from_file(MemoryFile(bytearray(DATA)), stream)


async def _write_in_pieces(stream: ThrottleStreamIO) -> None:
    for start in range(0, len(DATA), 100):
        await stream.write(DATA[start : start + 100])


WRITES: dict[str, Callable[[ThrottleStreamIO], Awaitable[None]]] = {
    "write": lambda stream: stream.write(DATA),
    "pieces": _write_in_pieces,
    "send": lambda stream: stream.send(DATA),
    "copy": _write_copy,
}


class Spy(Throttle):
    """Notes what it is asked and told."""

    def __init__(self, limit: float | None = None, reset_rate: float = 10) -> None:
        super().__init__(limit, reset_rate)
        self.calls: list[int | str] = []

    async def wait(self) -> None:
        self.calls.append("wait")
        await super().wait()

    def append(self, data: bytes | bytearray | memoryview, start: float) -> None:
        assert 0.0 <= anyio.current_time() - start < 3600
        self.calls.append(len(data))
        super().append(data, start)


class SpyStream(ThrottleStreamIO):
    """A stream that notes the same."""

    calls: list[int | str]

    async def wait(self, name: Any) -> None:
        self.calls.append("wait")
        await super().wait(name)

    def append(self, name: Any, data: bytes | bytearray | memoryview, start: float) -> None:
        self.calls.append(len(data))
        super().append(name, data, start)


def check_calls(calls: list[int | str]) -> int:
    """Before each block that was told of there was one question; gives the sum of the blocks.

    Behind the last one there may be more, so that it is paid for.
    """
    total = 0
    while calls[-2:] == ["wait", "wait"]:
        calls = calls[:-1]
    is_asked = False
    for call in calls:
        if isinstance(call, int):
            assert is_asked, f"told of a block without having been asked: {calls}"
            assert call > 0
            total += call
        else:
            assert not is_asked, f"asked twice for one block: {calls}"
        is_asked = isinstance(call, str)
    return total


async def filled(data: bytes = DATA) -> MemoryStream:
    """A stream that has these bytes and then ends."""
    left, right = memory_stream_pair(capacity=max(len(data), 1))
    await left.send(data)
    await left.send_eof()
    return right


async def timed(work: Awaitable[Any]) -> float:
    started = anyio.current_time()
    await work
    return anyio.current_time() - started


@pytest.mark.parametrize("is_plain", [False, True], ids=["ours", "foreign"])
@pytest.mark.parametrize("path", READS)
async def test_every_way_of_reading_pays(path: str, is_plain: bool) -> None:
    """4000 bytes at 1000 bytes a second take four seconds, not one more nor one less."""
    inner = await filled()
    stream = ThrottleStreamIO(PlainStream(inner) if is_plain else inner)
    stream.throttles["slow"] = StreamThrottle.from_limits(1000, 1)
    started = anyio.current_time()
    assert await READS[path](stream) == DATA
    if path == "readexactly":  # it has not seen the end yet
        assert await stream.read(1) == b""
    assert anyio.current_time() - started == pytest.approx(4.0, abs=1e-6)
    assert stream.seconds_throttled("read") == pytest.approx(4.0, abs=1e-6)


@pytest.mark.parametrize("is_plain", [False, True], ids=["ours", "foreign"])
@pytest.mark.parametrize("path", WRITES)
async def test_every_way_of_writing_pays(path: str, is_plain: bool) -> None:
    left, right = memory_stream_pair(capacity=10_000)
    stream = ThrottleStreamIO(PlainStream(left) if is_plain else left)
    throttle = StreamThrottle.from_limits(1, 1000)
    stream.throttles["slow"] = throttle
    started = anyio.current_time()
    await WRITES[path](stream)
    await stream._end("write")
    assert anyio.current_time() - started == pytest.approx(4.0, abs=1e-6)
    assert right.nbytes_waiting == len(DATA)


@pytest.mark.parametrize("limit", [None, 1000.0])
@pytest.mark.parametrize("path", READS)
async def test_hooks_see_every_way_of_reading(path: str, limit: float | None) -> None:
    spy = Spy(limit)
    stream = SpyStream(await filled(), {"spy": StreamThrottle(spy, Throttle())})
    stream.calls = []
    started = anyio.current_time()
    assert await READS[path](stream) == DATA
    assert check_calls(spy.calls) == check_calls(stream.calls) == len(DATA)
    if limit is not None:
        if path == "readexactly":  # it has not seen the end yet
            assert await stream.read(1) == b""
        assert anyio.current_time() - started == pytest.approx(4.0, abs=1e-6)
        assert stream.seconds_throttled("read") == pytest.approx(4.0, abs=1e-6)


@pytest.mark.parametrize("limit", [None, 1000.0])
@pytest.mark.parametrize("path", WRITES)
async def test_hooks_see_every_way_of_writing(path: str, limit: float | None) -> None:
    left, right = memory_stream_pair(capacity=10_000)
    started = anyio.current_time()
    spy = Spy(limit)
    stream = SpyStream(left, {"spy": StreamThrottle(Throttle(), spy)})
    stream.calls = []
    await WRITES[path](stream)
    await stream._end("write")
    if limit is not None:
        assert anyio.current_time() - started == pytest.approx(4.0, abs=1e-6)
    assert check_calls(spy.calls) == check_calls(stream.calls) == len(DATA)
    assert right.nbytes_waiting == len(DATA)


async def test_who_overrides_only_one_hook_is_heard() -> None:
    class Asked(Throttle):
        times = 0

        async def wait(self) -> None:
            self.times += 1
            await super().wait()

    class Told(Throttle):
        total = 0

        def append(self, data: bytes | bytearray | memoryview, start: float) -> None:
            self.total += len(data)
            super().append(data, start)

    asked, told = Asked(1e6), Told(1e6)
    stream = ThrottleStreamIO(
        await filled(),
        {"a": StreamThrottle(asked, Throttle()), "b": StreamThrottle(told, Throttle())},
    )
    assert stream._has_hooks()
    await stream.read()
    assert asked.times >= 2
    assert told.total == len(DATA)


async def test_the_hooks_of_the_specification() -> None:
    """`wait(name)` and `append(name, data, start)` by hand: recorded, then paid for."""
    pair = StreamThrottle.from_limits(1000, 500)
    stream = ThrottleStreamIO(await filled(), {"x": pair, "free": StreamThrottle.from_limits()})
    stream.append("read", bytes(3000), anyio.current_time())
    stream.append("write", bytes(1000), anyio.current_time())
    assert await timed(stream.wait("write")) == pytest.approx(2.0)
    assert await timed(stream.wait("read")) == pytest.approx(1.0)
    for scope in (anyio.CancelScope(), anyio.CancelScope()):
        with scope:
            scope.cancel()
            await stream.wait("read")
        assert scope.cancelled_caught, "no checkpoint"
        stream.throttles.clear()


async def test_the_throttles_are_alive() -> None:
    """What is put into the dictionary or taken out of it counts from the next block on."""
    stream = ThrottleStreamIO(await filled(bytes(10_000)))
    assert await timed(stream.readexactly(1000)) == 0.0
    stream.throttles["a"] = StreamThrottle.from_limits(1000)
    first = await timed(stream.readexactly(1000))
    stream.throttles["a"] = StreamThrottle.from_limits(500)
    second = await timed(stream.readexactly(1000))
    stream.throttles["b"] = StreamThrottle.from_limits(100)
    third = await timed(stream.readexactly(1000))
    del stream.throttles["b"], stream.throttles["a"]
    assert await timed(stream.readexactly(1000)) == 0.0
    # The first block of each is granted at once, so what is asked for last is paid for later.
    assert 0.8 < first <= 1.0
    assert 1.6 < second <= 2.0
    assert 8.0 < third <= 10.0


async def test_a_throttle_added_while_another_is_slept_for() -> None:
    stream = ThrottleStreamIO(await filled(bytes(3000)))
    stream.throttles["a"] = StreamThrottle.from_limits(1000)
    started = anyio.current_time()

    async def add() -> None:
        await anyio.sleep(1.0)
        stream.throttles["b"] = StreamThrottle.from_limits(100)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(add)
        await stream.read()
    # The ninth turn is slept for. When it is paid, the first of many slow ones moves.
    paid = 9 * MIN_TURN_BYTES
    assert anyio.current_time() - started == pytest.approx(paid / 1000 + (3000 - paid) / 100)


async def test_every_stream_has_a_dictionary_of_its_own() -> None:
    left, right = memory_stream_pair()
    one, two = ThrottleStreamIO(left), ThrottleStreamIO(right)
    one.throttles["x"] = StreamThrottle.from_limits(1, 1)
    assert two.throttles == {}
    shared: dict[str, StreamThrottle] = {}
    assert ThrottleStreamIO(left, shared).throttles is shared


async def test_waiting_for_a_throttle_is_no_timeout() -> None:
    """Neither for reading nor for writing; waiting for the peer is."""
    stream = ThrottleStreamIO(await filled(), timeout=0.05)
    stream.throttles["slow"] = StreamThrottle.from_limits(100)
    assert len(await stream.read()) == len(DATA)

    left, _ = memory_stream_pair(capacity=10_000)
    stream = ThrottleStreamIO(left, timeout=0.05)
    stream.throttles["slow"] = StreamThrottle.from_limits(100, 100)
    await stream.write(DATA)
    with pytest.raises(TimeoutError):
        await stream.read(1)


@pytest.mark.parametrize("kind", [Throttle, Spy])
@pytest.mark.parametrize("layers", [1, 2])
async def test_a_timeout_does_not_count_the_throttle_of_a_stream_below(
    kind: type[Throttle], layers: int
) -> None:
    """However deep it lies, in whichever direction; waiting for the peer counts as ever."""
    inner, peer = memory_stream_pair(capacity=1 << 20)
    throttles = {"slow": StreamThrottle(kind(1000), kind(1000))}
    stream = StreamIO(ThrottleStreamIO(inner, throttles), timeout=0.5)
    for _ in range(1, layers):
        stream = StreamIO(stream, timeout=0.5)
    await peer.send(bytes(3000))
    assert await timed(stream.readexactly(3000)) == pytest.approx(2.9, abs=0.1)
    assert await timed(stream.write(bytes(3000))) == pytest.approx(2.9, abs=0.2)
    await peer.send(b"x")
    assert await stream.readexactly(1) == b"x"
    started = anyio.current_time()
    with pytest.raises(TimeoutError):
        await stream.readexactly(1)
    assert anyio.current_time() - started == pytest.approx(0.5)
    await peer.send_eof()
    assert await stream.read() == b""


async def test_all_throttles_hold_at_once() -> None:
    """Server, user, connection and transfer; hooked or not, the tightest one decides."""
    for hooked in (0, 1, 2):
        throttles = {
            name: StreamThrottle((Spy if n < hooked else Throttle)(limit), Throttle())
            for n, (name, limit) in enumerate({"a": 900.0, "b": 400.0, "c": 2000.0}.items())
        }
        stream = ThrottleStreamIO(await filled(), throttles)
        assert await timed(stream.read()) == pytest.approx(10.0, rel=0.02)


async def test_what_is_read_ahead_is_paid_for_once() -> None:
    stream = ThrottleStreamIO(await filled(), {"slow": StreamThrottle.from_limits(1000)})
    started = anyio.current_time()
    got = [await stream.readline(), await stream.readexactly(4), await stream.read(10)]
    assert b"".join(got) == DATA[:18]
    await stream.read()
    assert anyio.current_time() - started == pytest.approx(4.0, abs=1e-6)


@pytest.mark.parametrize("anyio_backend", QUICK_BACKENDS)
@pytest.mark.parametrize("kind", [Throttle, Spy])
async def test_mixed_blocks_share_fairly(kind: type[Throttle]) -> None:
    """Writers of 100 bytes and of 100 000 get the same, with hooks and without."""
    pair = StreamThrottle(kind(), kind(1 << 20))
    moves: list[list[tuple[float, int]]] = [[] for _ in range(6)]

    async def write(number: int) -> None:
        left, right = memory_stream_pair(capacity=1 << 20)
        meter(left, moves[number])
        stream = ThrottleStreamIO(left, {"shared": pair})
        while True:
            await stream.write(bytes(100 if number % 2 else 100_000))
            while right.nbytes_waiting:
                await right.receive()

    started = anyio.current_time()
    with anyio.move_on_after(1.0):
        async with anyio.create_task_group() as tasks:
            for number in range(len(moves)):
                tasks.start_soon(write, number)
    assert anyio.current_time() - started == pytest.approx(1.0)
    totals = [sum(nbytes for _, nbytes in own) for own in moves]
    assert sum(totals) ** 2 / (len(totals) * sum(n * n for n in totals)) > 0.99
    assert sum(totals) == pytest.approx(1 << 20, rel=0.02)


@pytest.mark.parametrize("anyio_backend", QUICK_BACKENDS)
@pytest.mark.parametrize("kind", [Throttle, Spy])
async def test_hooked_streams_do_not_burst_together(kind: type[Throttle]) -> None:
    """No quarter of a second carries more than 1.1 times its share."""
    limit = 1 << 20
    pair = StreamThrottle(kind(limit), kind())
    moves: list[tuple[float, int]] = []

    async def read() -> None:
        stream = ThrottleStreamIO(await filled(bytes(1 << 20)), {"shared": pair})
        while True:
            nbytes = len(await stream.read(65536))
            moves.append((anyio.current_time(), nbytes))

    with anyio.move_on_after(0.8):
        async with anyio.create_task_group() as tasks:
            for _ in range(12):
                tasks.start_soon(read)
    for first, _ in moves:
        window = sum(nbytes for moment, nbytes in moves if first <= moment < first + 0.25)
        assert window <= 1.1 * 0.25 * limit


@pytest.mark.parametrize("kind", [Throttle, Spy])
async def test_peers_that_wake_at_one_moment_make_no_burst(kind: type[Throttle]) -> None:
    """Forty readers have waited for half an hour; then all their peers begin to speak."""
    limit = 1 << 20
    pair = StreamThrottle(kind(limit), kind())
    pairs = [memory_stream_pair() for _ in range(40)]
    moved: list[int] = []

    async def read(right: MemoryStream) -> None:
        stream = ThrottleStreamIO(right, {"shared": pair})
        while True:
            moved.append(len(await stream.read(65536)))

    async with anyio.create_task_group() as tasks:
        for _, right in pairs:
            tasks.start_soon(read, right)
        await anyio.sleep(1800)
        for left, _ in pairs:
            await left.send(bytes(65536))
        await anyio.sleep(0.25)
        tasks.cancel_scope.cancel()
    assert 0.9 * 0.25 * limit <= sum(moved) <= 1.1 * 0.25 * limit


@pytest.mark.parametrize("kind", [Throttle, Spy])
@pytest.mark.parametrize("path", ["read", "readline", "readexactly", "copy"])
async def test_cancelled_anywhere_neither_bytes_nor_money_are_lost(
    path: str, kind: type[Throttle]
) -> None:
    data = b"one\ntwo\n" + bytes(600)
    streams: list[ThrottleStreamIO] = []
    pairs: list[StreamThrottle] = []

    async def scenario() -> None:
        left, right = memory_stream_pair()
        pairs.append(StreamThrottle(kind(1000), Throttle()))
        streams.append(ThrottleStreamIO(right, {"x": pairs[-1]}))
        await left.send(data[:6])
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_send_later, left, data[6:])
            if path == "readexactly":
                await streams[-1].readexactly(len(data))
            else:
                await READS[path](streams[-1])

    async for run in cancel_at_each_checkpoint(scenario):
        assert pairs[-1].read.statistics().tasks_waiting == 0
        assert not pairs[-1].read._line._paying
        # What moved is in the account, and nothing else: 1000 bytes a second.
        assert pairs[-1].read.delay() <= len(data) / 1000
        if run.is_cancelled:
            streams[-1].close()
        assert pairs[-1].read.delay() <= len(data) / 1000


@pytest.mark.parametrize("anyio_backend", QUICK_BACKENDS)
@pytest.mark.parametrize(("kind", "is_plain"), [(Throttle, False), (Spy, False), (Throttle, True)])
@pytest.mark.parametrize("size", [150, 300], ids=["pieces", "whole"])
async def test_cancelled_anywhere_a_write_is_whole_or_says_that_it_was_cut(
    size: int, kind: type[Throttle], is_plain: bool
) -> None:
    """A stream that takes another write afterwards has cut none short; what moved is owed."""
    data = bytes(range(150)) * 2
    streams: list[ThrottleStreamIO] = []
    peers: list[MemoryStream] = []
    pairs: list[StreamThrottle] = []

    async def scenario() -> None:
        left, right = memory_stream_pair(capacity=100)
        peers.append(right)
        pairs.append(StreamThrottle(Throttle(), kind(2000)))
        streams.append(ThrottleStreamIO(PlainStream(left) if is_plain else left, {"x": pairs[-1]}))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_take_slowly, right, got)
            for start in range(0, len(data), size):
                await streams[-1].write(data[start : start + size])
            tasks.cancel_scope.cancel()

    endings = set()
    got = bytearray()
    async for _ in cancel_at_each_checkpoint(scenario):
        stream, right, throttle = streams[-1], peers[-1], pairs[-1].write
        moved = len(got) + right.nbytes_waiting
        handed_over = MIN_TURN_BYTES if is_plain else 0  # nobody knows what has become of that
        assert throttle.delay() <= (moved + handed_over) / 2000 + 1e-9
        got += await right.receive() if right.nbytes_waiting else b""
        assert data.startswith(got)
        try:
            await stream.write(b"!")
        except anyio.BrokenResourceError:
            endings.add("cut")
        else:
            endings.add("whole")
            assert len(got) % size == 0
        stream.close()
        assert not throttle._line._paying
        got.clear()
    assert endings == {"cut", "whole"}


async def _take_slowly(stream: MemoryStream, got: bytearray) -> None:
    while True:
        await anyio.sleep(0.01)
        got += await stream.receive(40)


async def _send_later(stream: MemoryStream, data: bytes) -> None:
    await anyio.sleep(0.1)
    await stream.send(data)
    await stream.send_eof()


async def test_cancelled_reads_keep_what_had_come() -> None:
    """At whatever moment a read under a throttle is cancelled, the next one goes on from there."""
    data = bytes(range(256)) * 4
    got = bytearray()
    stream = ThrottleStreamIO(await filled(data), {"x": StreamThrottle.from_limits(1000)})
    for number in range(100):
        with anyio.move_on_after(0.0007 * (number % 40)):
            got += await stream.readexactly(7)
    got += await stream.read()
    assert bytes(got) == data


async def test_a_stream_that_is_closed_gives_back_what_it_holds() -> None:
    pair = StreamThrottle.from_limits(1000, 1000)
    for close in (ThrottleStreamIO.close, ThrottleStreamIO.aclose):
        stream = ThrottleStreamIO(await filled(bytes(5000)), {"x": pair})
        await stream.read(1)
        meter = pair.read._line.meter
        assert meter is not None
        left = meter.due()
        done = close(stream)
        if done is not None:
            await done
        assert meter.due() < left
        await anyio.sleep(1)


@pytest.mark.parametrize("kind", [Throttle, Spy])
async def test_who_sleeps_for_a_throttle_hears_of_the_close(kind: type[Throttle]) -> None:
    """At once, however slow the throttle is; reading, writing, or paying behind the end."""
    for action in ("read", "write", "end"):
        pair = StreamThrottle(kind(10), kind(10))
        left, right = memory_stream_pair()
        await left.send(b"" if action == "end" else b"x")
        await left.send_eof()
        stream = ThrottleStreamIO(right, {"slow": pair})
        for throttle in pair:
            throttle.append(bytes(1000), anyio.current_time())
        started = anyio.current_time()

        async def use(stream: ThrottleStreamIO = stream, action: str = action) -> None:
            with suppress(anyio.ClosedResourceError):
                if action == "write":
                    await stream.write(b"x")
                elif action == "read":
                    await stream.read(1)
                else:
                    await stream._end("read")
                    return
                pytest.fail("it moved something")

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(use)
            await anyio.sleep(1)
            stream.close()
        assert anyio.current_time() - started == pytest.approx(1.0)
        assert left.nbytes_waiting == 0


async def test_one_throttle_under_several_names_counts_once() -> None:
    for kind in (Throttle, Spy):
        pair = StreamThrottle(kind(1000), kind(1000))
        stream = ThrottleStreamIO(await filled(), {"server": pair, "user": pair})
        assert await timed(stream.read()) == pytest.approx(4.0)
        if isinstance(pair.read, Spy):
            assert check_calls(pair.read.calls) == len(DATA)


@pytest.mark.parametrize("kind", [Throttle, Spy])
async def test_an_idle_stream_holds_back_nobody(kind: type[Throttle]) -> None:
    """One that waits for its peer has given back its grant; the other gets all."""
    pair = StreamThrottle(kind(1000), kind())
    _, right = memory_stream_pair()
    idle = ThrottleStreamIO(right, {"x": pair})
    busy = ThrottleStreamIO(await filled(bytes(3000)), {"x": pair})
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(idle.read, 100)
        await anyio.wait_all_tasks_blocked()
        assert await timed(busy.read()) == pytest.approx(3.0, abs=0.01)
        tasks.cancel_scope.cancel()


async def test_iterators() -> None:
    blocks = [b"a", b"b", b""]

    async def read() -> bytes:
        return blocks.pop(0)

    iterator = AsyncStreamIterator(read)
    assert aiter(iterator) is iterator
    assert [block async for block in iterator] == [b"a", b"b"]
    stream = ThrottleStreamIO(await filled(b"x" * 9000))
    lengths = [len(block) async for block in stream.iter_by_block()]
    assert lengths == [8192, 808]


async def test_stats_tell_throttle_from_network() -> None:
    stream = ThrottleStreamIO(await filled(), {"x": StreamThrottle.from_limits(1000)})
    stats = CopyStats()
    await copy_to_file(stream, MemoryFile(), stats=stats)
    assert stats.seconds_throttle == pytest.approx(4.0, abs=1e-6)
    assert stats.seconds_network == pytest.approx(0.0, abs=1e-6)


@settings(max_examples=deep(20, 300))
@given(
    sizes=st.lists(st.integers(1, 5000), min_size=1, max_size=12),
    limit=st.sampled_from([500.0, 20_000.0, 3e6]),
    is_hooked=st.booleans(),
    is_plain=st.booleans(),
)
def test_any_chunking_gives_the_same_bytes_in_the_same_time(
    sizes: list[int], limit: float, is_hooked: bool, is_plain: bool
) -> None:
    async def main() -> None:
        data = bytes(n % 251 for n in range(sum(sizes)))
        inner = await filled(data)
        kind = Spy if is_hooked else Throttle
        stream = ThrottleStreamIO(
            PlainStream(inner) if is_plain else inner,
            {"x": StreamThrottle(kind(limit), Throttle())},
        )
        started = anyio.current_time()
        got = b""
        for size in sizes:
            got += await stream.readexactly(size)
        assert got == data
        assert await stream.read() == b""
        assert anyio.current_time() - started == pytest.approx(len(data) / limit, abs=1e-6)

    anyio.run(main, backend_options={"loop_factory": VirtualClockLoop})


@dataclass
class Use:
    """One stream among those that share a throttle, and how it is used."""

    call: Literal["read", "read_into", "write"]
    kind: Literal["plain", "foreign", "nested", "hooked-stream"]
    block: int
    chunk: int  # what the peer says, or takes, at once
    gap: float  # seconds between two of these
    patience: float  # seconds after which a call is given up

    async def run(self, pair: StreamThrottle, moves: list[tuple[float, int]]) -> None:
        ours, peer = memory_stream_pair(capacity=1 << 16)
        meter(ours, moves)
        throttles = {"shared": pair, "own": StreamThrottle.from_limits(1e9, 1e9)}
        stream = self.wrap(ours, throttles)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.be_the_peer, peer)
            try:
                with suppress(anyio.BrokenResourceError):  # a write that was given up half-way
                    while True:
                        with anyio.move_on_after(self.patience):
                            await self.use(stream)
            finally:
                stream.close()

    def wrap(self, ours: MemoryStream, throttles: dict[str, StreamThrottle]) -> ThrottleStreamIO:
        if self.kind == "foreign":
            return ThrottleStreamIO(PlainStream(ours), throttles)
        if self.kind == "nested":
            return ThrottleStreamIO(ThrottleStreamIO(ours, throttles), {"own": throttles["own"]})
        if self.kind == "hooked-stream":
            hooked = SpyStream(ours, throttles)
            hooked.calls = []
            return hooked
        return ThrottleStreamIO(ours, throttles)

    async def use(self, stream: ThrottleStreamIO) -> None:
        if self.call == "read":
            await stream.read(self.block)
        elif self.call == "read_into":
            await stream.read_into(bytearray(self.block))
        else:
            await stream.write(bytes(self.block))

    async def be_the_peer(self, peer: MemoryStream) -> None:
        with suppress(anyio.BrokenResourceError, anyio.EndOfStream):  # our end is closed
            while True:
                if self.call == "write":
                    await peer.receive(self.chunk)
                else:
                    await peer.send(bytes(self.chunk))
                await anyio.sleep(self.gap)


def meter(stream: MemoryStream, moves: list[tuple[float, int]]) -> None:
    """Write down when how many bytes move, at the bottom."""

    def metered(move: Callable[[memoryview], int | None]) -> Callable[[memoryview], int | None]:
        def moving(view: memoryview) -> int | None:
            nbytes = move(view)
            if nbytes:
                moves.append((anyio.current_time(), nbytes))
            return nbytes

        return moving

    for name in ("try_receive_into", "try_send"):
        setattr(stream, name, metered(getattr(stream, name)))


USES = st.builds(
    Use,
    call=st.sampled_from(["read", "read_into", "write"]),
    kind=st.sampled_from(["plain", "foreign", "nested", "hooked-stream"]),
    block=st.sampled_from([400, 8192, 1 << 17]),
    chunk=st.sampled_from([3000, 1 << 16]),
    gap=st.sampled_from([0.001, 0.03, 0.1]),
    patience=st.sampled_from([0.02, 1e9, 1e9]),
)


@settings(max_examples=deep(20, 400))
@given(
    limit=st.sampled_from([20_000, 1 << 20]),
    uses=st.lists(USES, min_size=1, max_size=5),
    is_hooked=st.booleans(),
)
def test_whatever_streams_do_their_throttle_holds(
    limit: int, uses: list[Use], is_hooked: bool
) -> None:
    """Never more than limit x (t + credit) and a turn for each; and what has moved is owed.

    Both ways, nested, with hooks of throttles and of streams, over foreign streams, with slow
    peers, and given up at any moment.
    """

    async def main() -> None:
        throttle = (Spy if is_hooked else Throttle)(limit)
        moves: list[tuple[float, int]] = []
        started = anyio.current_time()
        with anyio.move_on_after(0.4):
            async with anyio.create_task_group() as tasks:
                for use in uses:
                    tasks.start_soon(use.run, StreamThrottle(throttle, throttle), moves)
        # 10 ms for all, or 2 ms for each; one that is under way, and one that was late.
        turns = 2 * (0.010 + 0.002 * len(uses)) * limit + 2 * MIN_TURN_BYTES * len(uses)
        # Over foreign streams as much comes at once as is due while a slow peer hesitates.
        is_foreign = any(use.kind == "foreign" for use in uses)
        at_once = turns + is_foreign * MAX_ROUND_SECONDS * limit
        for seconds in (0.0, 0.05, 0.25, 0.4):
            most = limit * (seconds + 0.005) + at_once
            if seconds == 0.25:
                most = min(most, 1.1 * limit * seconds + 2 * MIN_TURN_BYTES * len(uses))
            for first, _ in moves:
                moved = sum(n for moment, n in moves if first <= moment <= first + seconds)
                assert moved <= most
        total = sum(nbytes for _, nbytes in moves)
        paid = limit * (anyio.current_time() - started)
        # What a foreign stream has given, and its reader was cancelled before it could pay.
        unpaid = sum(use.kind == "foreign" for use in uses) * turns / 2
        assert total - paid - unpaid - 1e-6 <= throttle.delay() * limit <= total + 1e-6
        assert throttle.statistics().tasks_waiting == 0
        assert not throttle._line._paying

    anyio.run(main, backend_options={"loop_factory": VirtualClockLoop})


@pytest.mark.parametrize("count", [0, -1])
async def test_blocks_of_no_size_are_refused(count: int) -> None:
    """They would be no blocks, or one without end."""
    with pytest.raises(ValueError, match="count must be"):
        ThrottleStreamIO(memory_stream_pair()[0]).iter_by_block(count)
