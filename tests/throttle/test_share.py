"""Shares of a limit: exact, fair, bounded in every window, and even after any cancellation."""

from __future__ import annotations

import math
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anyftp import Throttle
from anyftp._throttle import Line, Share
from anyftp._throttle._meter import CREDIT_SECONDS, MIN_TURN_BYTES, ROUND_SECONDS
from support.clocks import VirtualClockLoop
from support.depth import deep

pytestmark = pytest.mark.anyio


def lines(*throttles: Throttle) -> list[Line]:
    """As a stream asks for them: those with a limit."""
    return [throttle._line for throttle in throttles if throttle.limit is not None]


def count_waiting(throttle: Throttle) -> int:
    return throttle.statistics().tasks_waiting


@dataclass
class Flow:
    """A stream that moves blocks as fast as its share lets it, or as its consumer wants."""

    throttles: list[Throttle]
    block: int
    weight: float = 1.0
    pause: Callable[[], float] = lambda: 0.0
    moves: list[tuple[float, int]] = field(default_factory=list)

    @property
    def nbytes(self) -> int:
        return sum(nbytes for _, nbytes in self.moves)

    async def run(self, until: float) -> None:
        share = Share(self.weight)
        while anyio.current_time() < until:
            granted = await share.grant(lines(*self.throttles), self.block)
            assert 1 <= granted <= self.block
            if (now := anyio.current_time()) <= until:
                self.moves.append((now, granted))
            if seconds := self.pause():
                await anyio.sleep(seconds)
        share.close()


async def run_all(flows: list[Flow], seconds: float) -> float:
    """Run the flows; gives the time at which they began."""
    start = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        for flow in flows:
            tasks.start_soon(flow.run, start + seconds)
    return start


def jain(values: list[float]) -> float:
    return sum(values) ** 2 / (len(values) * sum(value * value for value in values))


def most_in_a_window(flows: list[Flow], seconds: float) -> int:
    """The most bytes that any window of this length saw."""
    moves = sorted(move for flow in flows for move in flow.moves)
    most = total = first = 0
    for moment, nbytes in moves:
        total += nbytes
        while moves[first][0] <= moment - seconds:
            total -= moves[first][1]
            first += 1
        most = max(most, total)
    return most


@pytest.mark.parametrize(
    ("limit", "block"),
    [
        *((16 << 10, block) for block in (512, 8192, 262144)),
        *((1 << 20, block) for block in (512, 8192, 262144)),
        *((500 << 20, block) for block in (131072, 262144, 8 << 20)),
    ],
)
async def test_one_flow_is_exact(limit: int, block: int) -> None:
    """Over 5 s within 1 %, and in no 250 ms more than 1.1 times its share, from the start on."""
    flow = Flow([Throttle(limit)], block)
    await run_all([flow], 5.0)
    assert flow.nbytes == pytest.approx(5.0 * limit, rel=0.01)
    assert most_in_a_window([flow], 0.25) <= 1.1 * 0.25 * limit


@pytest.mark.parametrize("count", [2, 3, 8, 50, 200])
async def test_many_flows_of_mixed_blocks_are_fair(count: int) -> None:
    throttle = Throttle(8 << 20)
    flows = [Flow([throttle], random.Random(n).choice([700, 8192, 262144])) for n in range(count)]
    await run_all(flows, 2.0)
    assert sum(flow.nbytes for flow in flows) == pytest.approx(2.0 * (8 << 20), rel=0.01)
    assert jain([flow.nbytes for flow in flows]) > 0.99
    assert most_in_a_window(flows, 0.25) <= 1.1 * 0.25 * (8 << 20)


async def test_slow_consumers_hold_back_nobody() -> None:
    """Eight greedy flows share what eight slow ones leave over."""
    throttle = Throttle(1 << 20)
    greedy = [Flow([throttle], 1 << (9 + n)) for n in range(8)]
    slow = [Flow([throttle], 100, pause=lambda: 0.06) for _ in range(8)]
    await run_all(greedy + slow, 3.0)
    total = sum(flow.nbytes for flow in greedy + slow)
    assert total == pytest.approx(3 * (1 << 20), rel=0.03)
    assert jain([flow.nbytes for flow in greedy]) > 0.99
    wanted = 3.0 / 0.06 * 100
    for flow in slow:
        assert flow.nbytes > 0.5 * wanted


@pytest.mark.parametrize("limit", [64 << 10, 10 << 20])
async def test_weights(limit: int) -> None:
    throttle = Throttle(limit)
    flows = [Flow([throttle], 65536, weight=weight) for weight in (1.0, 1.0, 2.0, 4.0)]
    await run_all(flows, 4.0)
    shares = [flow.nbytes / flow.weight for flow in flows]
    assert jain(shares) > 0.98


@pytest.mark.parametrize("weight", ["2", b"2", None, 1j, [1.0]])
async def test_what_is_no_weight(weight: Any) -> None:
    with pytest.raises(TypeError, match="weight must be a number"):
        Share(weight)
    with pytest.raises(TypeError, match="weight must be a number"):
        await Throttle(1).acquire(1, weight=weight)


@pytest.mark.parametrize("weight", [0, -1, math.nan, math.inf])
async def test_weights_that_are_none(weight: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Share(weight)


async def test_all_throttles_hold_at_once_with_one_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """Server, user, connection and transfer: the tightest wins, the others see every byte."""
    sleeps = 0
    sleep = anyio.sleep

    async def count(seconds: float) -> None:
        nonlocal sleeps
        sleeps += 1
        await sleep(seconds)

    monkeypatch.setattr(anyio, "sleep", count)
    throttles = [Throttle(8 << 20), Throttle(1 << 20), Throttle(2 << 20), Throttle()]
    limited = throttles[:3]
    flow = Flow(limited, 1 << 20)
    await run_all([flow], 5.0)
    assert flow.nbytes == pytest.approx(5 << 20, rel=0.01)
    assert sleeps <= len(flow.moves)


@pytest.mark.parametrize(("seconds", "is_kept"), [(0.0, True), (0.001, True), (0.1, False)])
async def test_nothing_is_kept_for_a_peer_that_has_become_slow(
    seconds: float, is_kept: bool
) -> None:
    """Others would do without it, and it would come on top of what they make good."""
    throttle = Throttle(1_000_000)
    share = Share()
    for pause in (0.0, seconds, seconds):
        share.begin_fetching(lines(throttle))
        await anyio.sleep(pause)
        share.end_fetching()
        await share.grant(lines(throttle), 1)
    share.begin_fetching(lines(throttle))
    assert (share.nbytes_left > 0) == is_kept
    share.end_fetching()


async def test_a_tree_of_limits() -> None:
    """Two users of 600 KiB/s under a server of 1 MiB/s; one has one transfer, the other three."""
    server = Throttle(1 << 20)
    users = [Throttle(600 << 10) for _ in range(2)]
    flows = [Flow([server, users[0]], 65536)] + [Flow([server, users[1]], 65536) for _ in range(3)]
    await run_all(flows, 4.0)
    totals = [flows[0].nbytes, sum(flow.nbytes for flow in flows[1:])]
    assert max(totals) <= 1.02 * 4 * (600 << 10)
    assert sum(totals) == pytest.approx(4 << 20, rel=0.04)


async def test_a_stall_of_everyone_ends_without_a_burst() -> None:
    """Flows that held grants through an hour of silence do not use them all at one moment."""
    throttle = Throttle(1 << 20)
    shares = [Share() for _ in range(50)]
    for share in shares:
        granted = await share.grant(lines(throttle), 65536)
        share.give_back(granted)
    await anyio.sleep(3600)
    start = anyio.current_time()
    moved: list[int] = []

    async def move(share: Share) -> None:
        while anyio.current_time() < start + 0.25:
            granted = await share.grant(lines(throttle), 65536)
            if anyio.current_time() <= start + 0.25:
                moved.append(granted)

    async with anyio.create_task_group() as tasks:
        for share in shares:
            tasks.start_soon(move, share)
    assert sum(moved) <= 1.1 * 0.25 * (1 << 20)


async def test_a_lowered_limit_voids_old_grants() -> None:
    throttle = Throttle(1 << 20)
    share = Share()
    granted = await share.grant(lines(throttle), 1 << 20)
    share.give_back(granted)
    throttle.limit = 100
    assert await share.grant(lines(throttle), 1 << 20) <= 100


@pytest.mark.parametrize("changed", [0, 1])
async def test_a_lowered_limit_voids_grants_that_are_slept_for(changed: int) -> None:
    """Whichever of two is changed."""
    throttles = [Throttle(900), Throttle(800)]
    share = Share()
    await share.grant(lines(*throttles), 160)

    async def lower() -> None:
        await anyio.sleep(0.05)
        throttles[changed].limit = 2

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lower)
        assert await share.grant(lines(*throttles), 160) == 2


async def test_a_limit_lifted_while_all_sleep() -> None:
    throttles = [Throttle(10), Throttle(20)]
    share = Share()
    await share.grant(lines(*throttles), 100)
    start = anyio.current_time()

    async def lift() -> None:
        await anyio.sleep(0.25)
        for throttle in throttles:
            throttle.limit = None

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lift)
        assert await share.grant(lines(*throttles), 10**9) == 10**9
    assert anyio.current_time() - start == pytest.approx(0.25)


@pytest.mark.parametrize("is_at_the_end", [False, True])
async def test_closed_by_another_task_while_it_sleeps(is_at_the_end: bool) -> None:
    """It wakes at once, and owes nothing for the lot that it has not got."""
    throttle = Throttle(10)
    throttle.append(bytes(1000), anyio.current_time())
    share = Share()
    started = anyio.current_time()

    async def close() -> None:
        await anyio.sleep(0.1)
        share.close()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(close)
        if is_at_the_end:
            assert await share.pay(lines(throttle))
        else:
            assert await share.grant(lines(throttle), 4000) == 1, (
                "for the stream to see that it is shut"
            )
            share.give_back(1)
    assert anyio.current_time() - started == pytest.approx(0.1)
    assert throttle.delay() == pytest.approx(99.9)
    assert count_waiting(throttle) == 0
    assert not throttle._line._paying


def test_closed_where_no_event_loop_is_any_more() -> None:
    """As a stream that is collected late: nothing is raised, and nothing is owed at once."""
    throttle = Throttle(1000)
    share = Share()

    async def use() -> None:
        share.give_back(await share.grant(lines(throttle), 100))

    anyio.run(use, backend_options={"loop_factory": VirtualClockLoop})
    share.close()
    assert share.nbytes_left == 0


async def test_a_share_that_was_closed_can_be_used_again() -> None:
    throttle = Throttle(1000)
    share = Share()
    for _ in range(3):
        assert await share.grant(lines(throttle), 4000) == MIN_TURN_BYTES
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(share.grant, lines(throttle), 4000)
            await anyio.wait_all_tasks_blocked()
            share.close()
        await anyio.sleep(1)


async def _even_after(cancel_at: float, use: Callable[[Share], Awaitable[object]]) -> float:
    """The delay that others see after a use that was cancelled at a moment."""
    throttle = Throttle(1000)
    await Share().grant(lines(throttle), 500)
    share = Share()
    with anyio.move_on_after(cancel_at):
        await use(share)
    share.close()
    return throttle.delay()


async def test_a_cancelled_waiter_leaves_neither_debt_nor_credit() -> None:
    """At every moment of its sleep: the account is as if it had never asked."""
    throttle = Throttle(1000)
    other = Share()
    first = await other.grant(lines(throttle), 10**6)
    for moment in (0.0, 0.01, 0.05, 0.06):
        share = Share()
        before = throttle.delay() + anyio.current_time()
        with anyio.move_on_after(moment) as scope:
            await share.grant(lines(throttle), 10**6)
        assert scope.cancelled_caught
        assert throttle.delay() + anyio.current_time() == pytest.approx(before)
    assert first / 1000 > 0.12
    assert count_waiting(throttle) == 0


KINDS = st.tuples(
    st.sampled_from([1, 300, 8192, 1 << 20]),  # the block, in bytes
    st.sampled_from([0.0, 0.0, 0.001, 0.03, 0.2]),  # the longest pause between blocks, in seconds
    st.booleans(),  # whether it gives up waits and gives back grants
)


@settings(max_examples=deep(25, 600))
@given(
    limit=st.sampled_from([1000, 50_000, 1 << 20, 50 << 20]),
    kinds=st.lists(KINDS, min_size=1, max_size=8),
    seed=st.integers(0, 1000),
)
def test_any_mix_of_flows_stays_within_the_limit(
    limit: int, kinds: list[tuple[int, float, bool]], seed: int
) -> None:
    """Blocks, pauses, cancellations and several throttles at random: every window is bounded."""
    throttle = Throttle(limit)
    chance = random.Random(seed)
    flows = []
    wide = Throttle(4 * limit)
    for block, pause, is_hasty in kinds:
        # In whatever order: the tighter one of two decides.
        flow = Hasty([wide, throttle], 0) if is_hasty else Flow([throttle], 0)
        flow.block = max(block, limit // 2000)
        flow.pause = partial(chance.uniform, 0.0, pause)
        flows.append(flow)
    anyio.run(run_all, flows, 0.4, backend_options={"loop_factory": VirtualClockLoop})
    smallest = min(MIN_TURN_BYTES, limit) * len(flows)
    for window in (0.01, 0.05, 0.25):
        excess = 0.005 + 2 * (0.010 + 0.002 * len(flows))
        bound = limit * (window + excess) + 2 * smallest
        assert most_in_a_window(flows, window) <= bound


class Hasty(Flow):
    """A flow that gives up each wait after a moment, and gives back half of each grant."""

    async def run(self, until: float) -> None:
        share = Share()
        while anyio.current_time() < until:
            with anyio.move_on_after(0.004) as scope:
                granted = await share.grant(lines(*self.throttles), self.block)
                moved = (granted + 1) // 2
                share.give_back(granted - moved)
                self.moves.append((anyio.current_time(), moved))
            if scope.cancelled_caught:
                await anyio.sleep(0.001)
        share.close()


@settings(max_examples=deep(12, 300))
@given(
    limit=st.sampled_from([100_000, 1 << 20, 50 << 20]),
    blocks=st.lists(st.sampled_from([100, 1500, 8192, 65536, 1 << 20]), min_size=8, max_size=8),
)
def test_eight_streams_of_any_blocks_share_fairly(limit: int, blocks: list[int]) -> None:
    """Jain's index, over less than a second; a block is at least what half a turn is worth."""
    throttle = Throttle(limit)
    flows = [Flow([throttle], max(block, limit // 5000)) for block in blocks]
    anyio.run(run_all, flows, 0.8, backend_options={"loop_factory": VirtualClockLoop})
    assert jain([flow.nbytes for flow in flows]) >= 0.99
    assert sum(flow.nbytes for flow in flows) == pytest.approx(0.8 * limit, rel=0.05)


CHANGES = st.lists(
    st.tuples(st.floats(0.01, 0.3), st.sampled_from([None, 500, 20_000, 1 << 20])),
    min_size=1,
    max_size=4,
)


@settings(max_examples=deep(25, 500))
@given(first=st.sampled_from([500, 1 << 20]), changes=CHANGES, block=st.sampled_from([2048, 65536]))
def test_a_changed_limit_holds_from_the_next_block_on(
    first: int, changes: list[tuple[float, int | None]], block: int
) -> None:
    """In each period what moves is what its limit lets through, less what is owed from before.

    What one lot before the change is worth is owed, too, but no one waits for it for longer than
    half a second.
    """
    throttle = Throttle(first)
    flow = Flow([throttle], block, pause=lambda: 0.0 if throttle.limit else 0.001)
    periods: list[tuple[float, float, float | None]] = []

    async def change() -> None:
        for seconds, limit in [*changes, (0.2, None)]:
            began = anyio.current_time()
            await anyio.sleep(seconds)
            periods.append((began, anyio.current_time(), throttle.limit))
            throttle.limit = limit

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(flow.run, 1e9)
            await change()
            tasks.cancel_scope.cancel()

    anyio.run(main, backend_options={"loop_factory": VirtualClockLoop})
    highest = 0.0
    for began, ended, limit in periods:
        if limit is not None:
            # A block at the very moment of a change belongs to either side of it.
            moved = sum(n for moment, n in flow.moves if began < moment < ended)
            share = limit * (ended - began)
            slack = limit * (ROUND_SECONDS + CREDIT_SECONDS) + 2 * MIN_TURN_BYTES
            assert moved <= share + slack
            lot = max(highest * ROUND_SECONDS, MIN_TURN_BYTES)
            assert moved >= share - slack - min(lot, limit * 0.5)
        highest = max(highest, limit or 0.0)


@settings(max_examples=deep(40, 1000))
@given(
    limit=st.sampled_from([100, 5000, 1 << 20]),
    uses=st.lists(
        st.tuples(
            st.integers(1, 20_000),  # bytes asked for
            st.one_of(st.none(), st.floats(0.0, 0.2)),  # seconds after which the wait is given up
            st.floats(0.0, 1.0),  # the part of the grant that moves
        ),
        max_size=12,
    ),
)
def test_cancelled_and_given_back_leave_only_what_moved(
    limit: int, uses: list[tuple[int, float | None, float]]
) -> None:
    """The account owes what moved less what time has paid: no more, and no less."""
    throttle = Throttle(limit)

    async def main() -> None:
        share = Share()
        began, moved = anyio.current_time(), 0
        for nbytes, patience, part in uses:
            with anyio.move_on_after(patience if patience is not None else 1e9):
                granted = await share.grant(lines(throttle), nbytes)
                used = int(granted * part)
                share.give_back(granted - used)
                moved += used
        share.close()
        owed = throttle.delay() * limit
        assert moved - limit * (anyio.current_time() - began) - 1e-6 <= owed <= moved + 1e-6
        assert count_waiting(throttle) == 0
        assert not throttle._line._paying

    anyio.run(main, backend_options={"loop_factory": VirtualClockLoop})
