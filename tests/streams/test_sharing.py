"""What streams get of the limits that they share, to the byte: the promises, one by one.

The streams are not ours, mostly: a byte stream that any library might hand us can be tried only by
waiting, and is no worse off for that.
"""

from __future__ import annotations

import itertools
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import anyio
import pytest
from anyio.abc import ByteStream
from anyio.lowlevel import checkpoint
from hypothesis import given, settings
from hypothesis import strategies as st

from anyftp import (
    Client,
    MemoryFileSystem,
    OptimisticStream,
    StreamThrottle,
    Throttle,
    ThrottleStreamIO,
    User,
)
from anyftp._throttle._meter import MIN_TURN_BYTES, ROUND_SECONDS
from anyftp.testing import memory_server, memory_stream_pair
from streams.stacks import PlainStream
from support.backends import run
from support.clocks import QUICK_BACKENDS, Backend
from support.depth import deep
from support.halves import half, part
from support.late_loops import LateLoop, held_up

pytestmark = pytest.mark.anyio

MIXED = (1024, 8192, 262_144)


@pytest.fixture(params=QUICK_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


@dataclass
class Meter:
    """When how many bytes moved at the bottom."""

    moves: list[tuple[float, int]] = field(default_factory=list)
    total: int = 0

    def count(self, nbytes: int) -> int:
        self.moves.append((anyio.current_time(), nbytes))
        self.total += nbytes
        return nbytes


class Foreign(Meter, ByteStream):
    """A source without end and a sink without bottom, with no more than `ByteStream` asks for."""

    async def receive(self, max_bytes: int = 65536) -> bytes:
        await checkpoint()
        return bytes(self.count(max_bytes))

    async def send(self, item: bytes) -> None:
        await checkpoint()
        self.count(len(item))

    async def send_eof(self) -> None:
        raise NotImplementedError

    async def aclose(self) -> None:
        await checkpoint()


class Ours(Meter, OptimisticStream):
    """The same, as a stream of ours: it can be tried without waiting."""

    def __init__(self) -> None:
        Meter.__init__(self)
        OptimisticStream.__init__(self)

    def try_receive_into(self, view: memoryview) -> int:
        return self.count(view.nbytes)

    def try_send(self, view: memoryview) -> int:
        return self.count(view.nbytes)

    async def until_readable(self) -> None:
        await checkpoint()

    async def until_writable(self) -> None:
        await checkpoint()

    def close(self) -> None:
        self._is_closed = True

    async def aclose(self) -> None:
        self.close()


class Told(Throttle):
    """Makes streams ask and tell for every block."""

    nbytes = 0

    def append(self, data: Any, start: float) -> None:
        super().append(data, start)
        self.nbytes += len(data)


Use = Callable[[ThrottleStreamIO, int], Awaitable[object]]


async def read(stream: ThrottleStreamIO, block: int) -> None:
    await stream.read(block)


async def write(stream: ThrottleStreamIO, block: int) -> None:
    await stream.write(bytes(block))


async def share(
    inner: list[Any],
    throttle: Throttle,
    seconds: float,
    *,
    use: Use = read,
    blocks: tuple[int, ...] = (8192,),
    weights: tuple[float, ...] = (1.0,),
    marks: tuple[float, ...] = (),
) -> list[list[int]]:
    """Use a stream over each for so long; what each had moved at the marks."""
    pair = {"shared": StreamThrottle(throttle, throttle)}
    got: list[list[int]] = []

    async def go(number: int) -> None:
        weight = weights[number % len(weights)]
        stream = ThrottleStreamIO(inner[number], pair, weight=weight)
        while True:
            await use(stream, blocks[number % len(blocks)])

    with anyio.move_on_after(seconds):
        async with anyio.create_task_group() as tasks:
            for number in range(len(inner)):
                tasks.start_soon(go, number)
            begun = anyio.current_time()
            for mark in marks:
                await anyio.sleep_until(begun + mark)
                got.append([one.total for one in inner])
    return got


def jain(values: list[Any]) -> float:
    return float(sum(values) ** 2 / (len(values) * sum(value * value for value in values)))


def worst_window(inner: list[Any], seconds: float = 0.25) -> float:
    """The most bytes a second that any window saw."""
    window: deque[tuple[float, int]] = deque()
    most = total = 0
    for moment, nbytes in sorted(move for one in inner for move in one.moves):
        window.append((moment, nbytes))
        total += nbytes
        while window[0][0] <= moment - seconds:
            total -= window.popleft()[1]
        most = max(most, total)
    return most / seconds


KINDS = pytest.mark.parametrize("kind", [Foreign, Ours])
WAYS = half(kind=[Foreign, Ours], use=[read, write], throttle=[Throttle, Told])


@WAYS
async def test_equal_parts_from_the_first_second_on(
    kind: Any, use: Use, throttle: type[Throttle]
) -> None:
    inner = [kind() for _ in range(8)]
    marks = deep((1.0, 3.0), (1.0, 3.0, 6.0))
    shared = await share(inner, throttle(800_000), marks[-1] + 0.1, use=use, marks=marks)
    for mark, got in zip(marks, shared, strict=True):
        assert jain(got) > 0.995
        assert sum(got) == pytest.approx(800_000 * mark, rel=0.01)
    assert worst_window(inner) <= 1.1 * 800_000


@WAYS
async def test_blocks_of_all_sizes_get_the_same(
    kind: Any, use: Use, throttle: type[Throttle]
) -> None:
    inner = [kind() for _ in range(6)]
    [got] = await share(inner, throttle(5_000_000), 2.1, use=use, blocks=MIXED, marks=(2.0,))
    assert jain(got) > 0.99
    assert sum(got) == pytest.approx(10_000_000, rel=0.01)


@pytest.mark.one_loop  # clocks that jump; how fair they are, tests of a few streams ask on each
@pytest.mark.parametrize("count", [2, 50, 1000])
@KINDS
async def test_any_number_of_streams(kind: Any, count: int) -> None:
    """Not even when they all begin, or all go on after a pause, in one moment."""
    limit = 5_000_000
    inner = [kind() for _ in range(count)]
    [got] = await share(inner, Throttle(limit), 1.3, marks=(1.2,))
    assert jain(got) > 0.995
    assert sum(got) == pytest.approx(limit * 1.2, rel=0.1)
    fetched = min(0.0005 * count, 0.2) if kind is Foreign else 0.0  # and not yet paid for
    assert worst_window(inner) <= (1.1 + fetched / 0.25) * limit


@WAYS
async def test_parts_by_weight(kind: Any, use: Use, throttle: type[Throttle]) -> None:
    weights = (1.0, 2.0, 3.0)
    inner = [kind() for _ in range(9)]
    marks = (1.0, 5.0)
    early, late = await share(
        inner, throttle(900_000), 5.1, use=use, weights=weights, blocks=MIXED, marks=marks
    )
    for got, within in ((early, 0.05), (late, 0.01)):
        for number, nbytes in enumerate(got):
            assert nbytes / weights[number % 3] == pytest.approx(sum(got) / 18, rel=within)


@KINDS
async def test_who_wants_less_than_its_part_has_it_at_once(kind: Any) -> None:
    """Forty-nine take what they can get; one wants half its part, and hardly waits for it."""
    limit, piece = 5_000_000, 500
    wanted = limit / 50 / 2
    pair = {"shared": StreamThrottle(Throttle(limit), Throttle())}
    waits: list[float] = []
    left, right = memory_pair(kind)

    async def greedy() -> None:
        stream = ThrottleStreamIO(kind(), pair)
        while True:
            await stream.read(8192)

    async def say() -> None:
        while True:
            await left.send(anyio.current_time().hex().encode().ljust(piece))
            await anyio.sleep(piece / wanted)

    with anyio.move_on_after(5.0):
        async with anyio.create_task_group() as tasks:
            for _ in range(49):
                tasks.start_soon(greedy)
            tasks.start_soon(say)
            stream = ThrottleStreamIO(right, pair)
            while True:
                said = float.fromhex((await stream.readexactly(piece)).decode().strip())
                waits.append(anyio.current_time() - said)
    assert len(waits) * piece >= 0.98 * wanted * 5.0
    assert sorted(waits)[len(waits) // 2] < 0.06
    assert max(waits) < 0.1


def memory_pair(kind: Any) -> tuple[ByteStream, ByteStream]:
    left, right = memory_stream_pair()
    return left, (right if kind is Ours else PlainStream(right))


@KINDS
async def test_an_idle_hour_buys_nothing(kind: Any) -> None:
    throttle = Throttle(1_000_000)
    await share([kind()], throttle, 1.0)
    await anyio.sleep(3600)
    inner = [kind()]
    await share(inner, throttle, 0.25, blocks=(262_144,))
    assert inner[0].total <= 1.05 * 250_000


@pytest.mark.parametrize("times", [20, 1000])
async def test_the_same_limit_again_and_again_is_nothing(times: int) -> None:
    inner: list[Any] = [Foreign(), Ours()]
    throttle = Throttle(1_000_000)

    async def use(stream: ThrottleStreamIO, block: int) -> None:
        throttle.limit = 1_000_000
        await stream.read(block)

    async with anyio.create_task_group() as tasks:

        async def assign() -> None:
            while True:
                await anyio.sleep(1 / times)
                throttle.limit = 1_000_000.0

        tasks.start_soon(assign)
        await share(inner, throttle, 3.0, use=use)
        tasks.cancel_scope.cancel()
    assert sum(one.total for one in inner) == pytest.approx(3_000_000, rel=0.01)


@half(
    limits=[(500_000, 1_500_000), (999_999, 1_000_001), (1e5, 1.9e6)],
    times=[10, 100, 1000],
    kind=[Foreign, Ours],
)
async def test_other_limits_again_and_again_are_their_mean(
    kind: Any, limits: tuple[float, float], times: int
) -> None:
    low, high = limits
    inner = [kind()]
    throttle = Throttle(low)
    async with anyio.create_task_group() as tasks:

        async def assign() -> None:
            while True:
                for limit in (high, low):
                    await anyio.sleep(1 / times)
                    throttle.limit = limit

        tasks.start_soon(assign)
        await share(inner, throttle, 4.0)
        tasks.cancel_scope.cancel()
    assert inner[0].total == pytest.approx(4.0 * (low + high) / 2, rel=0.015)


def forced(pauses: list[tuple[float, float]], few: int) -> float:
    """What the worst window has, of its share, if a loop so held up carries the limit at all.

    Lay windows over the time, each from the first moment on that is free and in none before: all
    that moves, moves in them. So in the worst of any few that follow one another there is no less
    than what is due from the beginning of the first to the end of the last, divided by their
    number. (A moment too short to wake a sleeper in is not free.)

    Args:
        pauses: when each began and ended.
        few: so many windows.
    """
    edges: list[float] = []
    at, ahead, ended = 0.0, iter(pauses), pauses[-1][1]
    began, over = next(ahead)
    while at < ended:
        while over <= at:
            began, over = next(ahead, (ended, ended + 1.0))
        if began - ROUND_SECONDS <= at:
            at = over
        edges.append(at)
        at += 0.25
    return max([(b - a) / few for a, b in zip(edges, edges[few:], strict=False)]) / 0.25


def held_up_by(kind: str, pause: float, free: float) -> Iterator[tuple[float, float]]:
    """For how long the loop is held up, and then free, again and again."""
    chance = random.Random(f"{kind} {pause} {free}")
    while True:
        match kind.split("-")[0]:
            case "each":
                yield pause, free
            case "pauses":
                yield chance.uniform(0, 2 * pause), free
            case "any":
                yield chance.uniform(0, 2 * pause), chance.uniform(0, 2 * free)
            case "rare":
                longest = 4 * pause
                yield min(chance.expovariate(1 / pause), longest), chance.expovariate(1 / free)


@dataclass
class HeldUp:
    """What moved while other work held up the loop."""

    limit: float
    inner: list[Any]
    pauses: list[tuple[float, float]]

    @property
    def carried(self) -> float:
        """Of what was due from the first move until the last pause began."""
        moves: list[tuple[float, int]] = sorted(move for one in self.inner for move in one.moves)
        ended = self.pauses[-1][0]
        return sum(n for at, n in moves if at <= ended) / (self.limit * (ended - moves[0][0]))


def hold_up_and_share(
    name: str,
    pattern: Iterator[tuple[float, float]],
    inner: list[Any],
    seconds: float,
    *,
    throttle: Throttle,
    **options: Any,
) -> HeldUp:
    """Share a limit in a loop that other work holds up."""
    assert throttle.limit is not None
    held = HeldUp(throttle.limit, inner, [])

    async def main() -> None:
        async with anyio.create_task_group() as tasks:

            async def work() -> None:
                began = anyio.current_time()
                for pause, free in pattern:
                    at = anyio.current_time() - began
                    hold_up(pause)
                    held.pauses.append((at, at + pause))
                    await anyio.sleep(free)

            tasks.start_soon(work)
            await share(inner, throttle, seconds, **options)
            tasks.cancel_scope.cancel()

    backend, hold_up = held_up(name)
    run(main, **backend)
    return held


PATTERNS = [
    *(
        ("each", pause, free)
        for pause, free in (
            (5, 5),
            (10, 5),
            (20, 5),
            (30, 5),
            (50, 5),
            (80, 10),
            (80, 20),
            (75, 75),
            (100, 100),
            (150, 150),
        )
    ),
    *((f"pauses-{n}", 100, 100) for n in range(3)),
    *((f"any-{n}", 20, 5) for n in range(2)),
    *((f"any-{n}", 50, 50) for n in range(2)),
    *((f"any-{n}", 80, 20) for n in range(2)),
    *((f"any-{n}", 100, 100) for n in range(4)),
    *((f"rare-{n}", 50, 20) for n in range(3)),
]


STREAMS: list[tuple[str, Any, Use, int]] = [
    ("asyncio", Ours, write, 8),
    ("asyncio", Foreign, read, 8),
    ("trio", Ours, read, 1),
    ("trio", Foreign, write, 3),
]


@part(4, pattern=PATTERNS, streams=STREAMS)
def test_a_loop_that_other_work_holds_up_carries_the_limit(
    pattern: tuple[str, int, int], streams: tuple[str, Any, Use, int]
) -> None:
    """And no window is above 1.1 but for what the pauses force, and a turn.

    Where they are all alike, those of two seconds tell what they force, which are remembered;
    else as few as three windows may have to hold all that is due in them.
    """
    how, pause, free = pattern
    name, kind, use, count = streams
    pauses = held_up_by(how, pause / 1000, free / 1000)
    inner = [kind() for _ in range(count)]
    held = hold_up_and_share(name, pauses, inner, 10.0, throttle=Throttle(4 << 20), use=use)
    assert held.carried >= 0.98
    turns = 2 if kind is Foreign else 1  # one that is fetched, and not paid for yet
    force = forced(held.pauses, 7 if how == "each" else 3)
    worst = max(1.1, force + turns * ROUND_SECONDS / 0.25)
    assert worst_window(inner) <= (worst + 0.005) * held.limit
    assert jain([one.total for one in inner]) > 0.995


@pytest.mark.parametrize(
    ("late", "tick"),
    [(0.0005, 0), (0.001, 0), (0.002, 0), (0.005, 0), (0.02, 0), (0, 1 / 64), (0.002, 1 / 64)],
)
@half(count=[1, 8], limit=[65536, 4 << 20])
def test_a_loop_that_always_wakes_late_carries_the_limit(
    late: float, tick: float, count: int, limit: int
) -> None:
    """As one with a clock that ticks 64 times a second always does."""
    inner = [Ours() for _ in range(count)]
    options = {"loop_factory": partial(LateLoop, late, tick)}
    anyio.run(share, inner, Throttle(limit), 5.0, backend_options=options)
    moves = sorted(move for one in inner for move in one.moves)
    total = sum(nbytes for _, nbytes in moves)
    assert total == pytest.approx(limit * (moves[-1][0] - moves[0][0]), rel=0.01)
    assert worst_window(inner) <= (1.1 + 2 * (late + tick) / 0.25) * limit


@pytest.mark.parametrize(
    "names",
    [("asyncio",) * 3, ("trio",) * 3, ("asyncio", "trio", "asyncio"), ("trio", "asyncio", "trio")],
    ids="-".join,
)
def test_one_throttle_serves_one_run_after_another(names: tuple[str, ...]) -> None:
    throttle = Throttle(1_000_000)
    for name in names:
        inner: list[Any] = [Foreign(), Ours()]
        options, _ = held_up(name)
        run(share, inner, throttle, 2.0, **options)
        assert sum(one.total for one in inner) == pytest.approx(2_000_000, rel=0.02)


@dataclass
class Taker:
    """One that takes all it can get, as long as it is patient."""

    kind: type[Meter]
    use: Use
    block: int
    weight: float
    patience: float  # seconds after which a call is given up

    async def run(self, inner: Any, pair: StreamThrottle) -> None:
        while True:
            stream = ThrottleStreamIO(inner, {"shared": pair}, weight=self.weight)
            with suppress(anyio.BrokenResourceError):  # a write that was given up half-way
                while True:
                    with anyio.move_on_after(self.patience):
                        await self.use(stream, self.block)
            stream._stop_paying()


TAKERS = st.builds(
    Taker,
    kind=st.sampled_from([Foreign, Ours]),
    use=st.sampled_from([read, write]),
    block=st.sampled_from(MIXED),
    weight=st.sampled_from([0.5, 1.0, 3.0]),
    patience=st.sampled_from([0.02, 1e9, 1e9, 1e9]),
)


@settings(max_examples=deep(12, 250))
@given(
    takers=st.lists(TAKERS, min_size=1, max_size=6),
    limits=st.lists(st.sampled_from([50_000, 400_000, 1_000_000]), min_size=1, max_size=4),
    late=st.sampled_from([0.0, 0.0, 0.004, 0.03]),
    is_hooked=st.booleans(),
)
def test_whoever_takes_what_it_can_get(
    takers: list[Taker], limits: list[int], late: float, is_hooked: bool
) -> None:
    """Never more than the limit lets through, and a turn; and to each its part of it.

    Whatever the streams, blocks and weights, however late the loop wakes them, though the limit
    changes and calls are given up. Of those who gave up neither debt nor credit is left.
    """
    throttle = (Told if is_hooked else Throttle)(limits[0])
    inner: list[Any] = [taker.kind() for taker in takers]
    changes: list[tuple[float, int]] = []

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            for taker, one in zip(takers, inner, strict=True):
                tasks.start_soon(taker.run, one, StreamThrottle(throttle, throttle))
            for limit in limits:
                changes.append((anyio.current_time(), limit))
                throttle.limit = limit
                await anyio.sleep(0.5)
            changes.append((anyio.current_time(), 0))
            tasks.cancel_scope.cancel()
        now = throttle.statistics()
        assert (now.tasks_waiting, now.bytes_queued) == (0, 0)

    anyio.run(main, backend_options={"loop_factory": partial(LateLoop, late)})
    moved = sum(one.total for one in inner)
    paid = sum(
        limit * (ended - began) for (began, limit), (ended, _) in itertools.pairwise(changes)
    )
    # The first lot, and what has been fetched or handed over and is not paid for yet, a turn each.
    highest = max(limits)
    turn = (max(ROUND_SECONDS, 0.002 * len(takers)) + late) * highest + MIN_TURN_BYTES
    # A lot that moved just before the limit was lowered keeps no one waiting for long.
    forgiven = turn * sum(a > b for a, b in itertools.pairwise(limits))
    assert moved <= paid + highest * 0.003 + 2 * turn + len(takers) * MIN_TURN_BYTES + forgiven
    if not is_hooked and all(taker.patience > 1 for taker in takers):
        assert moved >= 0.97 * paid - turn - highest * 6 * late
        parts = [one.total / taker.weight for one, taker in zip(inner, takers, strict=True)]
        # None is ahead of its due by more than a turn, and none behind.
        assert max(parts) - min(parts) <= turn / min(taker.weight for taker in takers)


@pytest.mark.parametrize("limit", [100, 10_000])
@pytest.mark.parametrize("how", ["cancel", "close"])
async def test_who_leaves_does_not_hold_up_those_behind(limit: int, how: str) -> None:
    """Twenty wait, nineteen leave: the last gets its bytes as if they had never been there."""
    pair = {"shared": StreamThrottle(Throttle(limit), Throttle())}
    streams = [ThrottleStreamIO(Ours(), pair) for _ in range(20)]
    await ThrottleStreamIO(Ours(), pair).read(65536)
    owed = pair["shared"].read.delay()
    started = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        scopes = [anyio.CancelScope() for _ in streams]

        async def use(number: int) -> None:
            with scopes[number]:
                try:
                    await streams[number].read(65536)
                except anyio.ClosedResourceError:
                    assert how == "close"

        for number in range(len(streams)):
            tasks.start_soon(use, number)
        await anyio.wait_all_tasks_blocked()
        for stream, scope in zip(streams[:-1], scopes[:-1], strict=True):
            if how == "close":
                stream.close()
            else:
                scope.cancel()
    assert anyio.current_time() - started == pytest.approx(owed, rel=0.01)


@pytest.mark.parametrize(
    ("blocks", "seconds_moving"),
    [((100, 1000, 20_000), 0.0), ((500, 700, 1000), 0.002), ((20_000, 20_000, 20_000), 0.002)],
)
async def test_tasks_that_wait_and_record_share_by_bytes(
    blocks: tuple[int, ...], seconds_moving: float
) -> None:
    """By hand, without a stream; whether or not their moving takes time of its own."""
    throttle = Throttle(100_000)
    got = [0] * 9

    async def use(number: int) -> None:
        data = bytes(blocks[number % 3])
        while True:
            await throttle.wait()
            start = anyio.current_time()
            if seconds_moving:
                await anyio.sleep(seconds_moving)
            throttle.append(data, start)
            got[number] += len(data)

    with anyio.move_on_after(10):
        async with anyio.create_task_group() as tasks:
            for number in range(len(got)):
                tasks.start_soon(use, number)
    assert jain(got) > 0.99
    assert sum(got) == pytest.approx(1_000_000, rel=0.08)


@pytest.mark.parametrize("block", [65536, 262_144, 12_288, 8192])
@pytest.mark.parametrize("is_short", [False, True])
async def test_whoever_counts_what_a_throttle_is_told_sees_each_whole_mib(
    block: int, is_short: bool
) -> None:
    """As the specification's example does, which prints a line then. Pieces are powers of two."""
    lines: list[int] = []
    pieces: set[int] = set()

    class Monitored(Throttle):
        total_bytes = 0

        def append(self, data: bytes, start: float) -> None:
            super().append(data, start)
            pieces.add(len(data))
            self.total_bytes += len(data)
            if self.total_bytes % (1 << 20) == 0:
                lines.append(self.total_bytes)

    class Short(Ours):
        """Has now and then less than it is asked for, as a network."""

        def try_receive_into(self, view: memoryview) -> int:
            return self.count(view.nbytes if len(self.moves) % 7 else (view.nbytes + 2) // 3)

    inner = Short() if is_short else Ours()
    pair = StreamThrottle(Monitored(limit=2 << 20), Monitored(limit=2 << 20))
    stream = ThrottleStreamIO(inner, {"monitored": pair})
    with anyio.move_on_after(5.0):
        async for _ in stream.iter_by_block(count=block):
            pass
    assert len(lines) >= (9 if block != 12_288 else 2)
    assert inner.total == pytest.approx(10 << 20, rel=0.02)
    if not is_short:
        assert all(block % piece == 0 for piece in pieces)


class Late(Foreign):
    """Has enough, and hands it out some time after it was asked, as its peer or its layers may.

    Args:
        part: of all receives that are late.
    """

    def __init__(self, longest: float, seed: int, part: float = 1.0) -> None:
        super().__init__()
        self._longest = longest
        self._part = part
        self._chance = random.Random(seed)

    async def receive(self, max_bytes: int = 65536) -> bytes:
        if self._longest and self._chance.random() < self._part:
            await anyio.sleep(self._chance.uniform(0, self._longest))
        return await super().receive(max_bytes)


class Got(Meter):
    """What a throttled stream over another had paid for, by when."""

    async def read(self, stream: ThrottleStreamIO, block: int) -> None:
        self.count(len(await stream.read(block)))


async def got_by(inner: list[Any], limit: int, seconds: float, **options: Any) -> list[Meter]:
    """Share a limit; what each of the streams had paid for."""
    paid = {id(one): Got() for one in inner}
    await share(
        inner,
        Throttle(limit),
        seconds,
        use=lambda stream, block: paid[id(stream.stream)].read(stream, block),
        blocks=(65536,),
        **options,
    )
    return list(paid.values())


def by_the_second(paid: list[Meter]) -> list[int]:
    """What moved in each whole second but the last."""
    moves = sorted(move for one in paid for move in one.moves)
    seconds = [0] * (int(moves[-1][0] - moves[0][0]) + 1)
    for moment, nbytes in moves:
        seconds[int(moment - moves[0][0])] += nbytes
    return seconds[:-1]


@pytest.mark.parametrize(
    ("count", "late", "limit"),
    [
        (8, 2, 1 << 20),
        (8, 4, 1 << 20),
        (8, 8, 1 << 20),
        (16, 16, 4 << 20),
        (50, 10, 8 << 20),
        (50, 50, 8 << 20),
    ],
)
async def test_peers_that_are_late_cost_nothing_of_the_limit(
    count: int, late: int, limit: int
) -> None:
    """Each receive of some takes 0 to 120 ms: they have their part, and all have the limit."""
    inner = [Late(0.12 if number < late else 0.0, number) for number in range(count)]
    paid = await got_by(inner, limit, deep(6.1, 10.1))
    assert jain([one.total for one in paid]) >= 0.99
    first, *others = by_the_second(paid)
    assert first >= 0.85 * limit  # how late they are is not known yet
    assert sum(others) >= 0.985 * limit * len(others)
    assert max(others) <= 1.02 * limit
    assert worst_window(paid) <= 1.1 * limit
    outstanding = 0.12 * late / count  # what those who are late may have fetched, at most
    assert worst_window(inner) <= (1.1 + outstanding / 0.25) * limit


@pytest.mark.parametrize("seconds", [0.008, 0.02])
@pytest.mark.parametrize("count", [1, 4])
async def test_a_peer_that_is_late_now_and_then_costs_nothing(seconds: float, count: int) -> None:
    """There may be nobody else who moves meanwhile; that is made good, and is no burst."""
    inner = [Late(seconds, seed, part=0.01) for seed in range(count)]
    limit = 20 << 20
    paid = await got_by(inner, limit, 5.0)
    assert sum(one.total for one in paid) >= 0.995 * 5 * limit
    assert max(by_the_second(paid)) <= 1.02 * limit
    assert worst_window(paid) <= 1.1 * limit
    assert worst_window(inner) <= 1.15 * limit
    assert jain([one.total for one in paid]) > 0.995


@pytest.mark.parametrize(("lag", "part"), [(0.005, 0.98), (0.02, 0.92), (0.06, 0.5)])
async def test_one_that_answers_after_a_while_is_asked_for_more(lag: float, part: float) -> None:
    """As a stream does that asks its peer for each block: turns would be next to nothing then.

    Nobody else moves meanwhile, and what that costs is made good up to 20 ms.
    """
    limit = 1 << 20
    [paid] = await got_by([Late(2 * lag, 0)], limit, 10.0)
    assert paid.total >= part * 10 * limit


async def test_silence_buys_nothing_though_somebody_waits_for_its_peer() -> None:
    """A peer that says nothing for an hour had nothing to send: it is not asked for more then."""
    limit = 1_000_000
    left, right = memory_stream_pair()
    stream = ThrottleStreamIO(PlainStream(right), {"": StreamThrottle(Throttle(limit), Throttle())})
    got = 0
    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            await anyio.sleep(3600)
            tasks.start_soon(left.send, bytes(limit))
            started = anyio.current_time()
            got = len(await stream.read(65536))
            with anyio.move_on_after(0.25):
                while True:
                    got += len(await stream.read(65536))
            assert anyio.current_time() - started == pytest.approx(0.25)
            assert got <= 1.1 * limit * 0.25
            await stream.readexactly(limit - got)


async def test_a_download_through_a_users_dialler_is_exact() -> None:
    """Ten minutes of it, over a stream of which the library knows nothing."""
    files = MemoryFileSystem()
    files.put("/file", bytes(600_000))
    async with memory_server([User(file_system=files)]) as dial:

        async def plain(host: str, port: int) -> ByteStream:
            return PlainStream(await dial(host, port))

        options: dict[str, Any] = {"dialler": plain, "read_speed_limit": 1000}
        async with Client.context("ftp.example.org", **options) as client:
            started = anyio.current_time()
            async with client.download_stream("/file") as stream:
                while await stream.read(8192):
                    pass
            assert anyio.current_time() - started == pytest.approx(600, rel=0.001)
