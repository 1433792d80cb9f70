"""The line of those who wait for a limit: who is next, who sleeps, and what they leave."""

from __future__ import annotations

import threading
from typing import Any

import anyio
import anyio.to_thread
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anyftp import Throttle
from anyftp._throttle import Line
from anyftp._throttle._meter import MIN_TURN_BYTES
from anyftp._throttle._waiting import Place, Withdrawn
from support.cancelling import cancelled_everywhere
from support.clocks import VirtualClockLoop
from support.depth import deep

pytestmark = pytest.mark.anyio

LIMIT = 1000


def busy(limit: float = LIMIT, seconds: float = 1.0) -> Line:
    """A line that owes so many seconds."""
    line = Line(limit)
    line.record(int(limit * seconds), 0.0)
    return line


async def served(line: Line, places: list[Place], nbytes: int = 100) -> list[int]:
    """Ask for a block each, in this order; gives the order in which they were served."""
    order: list[int] = []

    async def take(number: int) -> None:
        assert await line.take(places[number], nbytes) == nbytes
        order.append(number)

    async with anyio.create_task_group() as tasks:
        for number in range(len(places)):
            tasks.start_soon(take, number)
            await anyio.wait_all_tasks_blocked()
    return order


async def test_the_smallest_tag_is_next() -> None:
    places = [Place() for _ in range(4)]
    for place, finish in zip(places, (300.0, 0.0, 200.0, 0.0), strict=True):
        place.finish = finish
    assert await served(busy(), places) == [1, 3, 2, 0]


async def test_each_moves_when_those_before_it_are_paid() -> None:
    line = busy()
    started = anyio.current_time()
    await served(line, [Place() for _ in range(5)])
    assert anyio.current_time() - started == pytest.approx(1.0 + 4 * 0.1)
    assert line.delay() == pytest.approx(0.1)


async def test_only_the_first_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand that wait cost one timer."""
    sleeping = most = 0
    sleep = anyio.sleep

    async def counted(seconds: float) -> None:
        nonlocal sleeping, most
        sleeping += 1
        most = max(most, sleeping)
        try:
            await sleep(seconds)
        finally:
            sleeping -= 1

    monkeypatch.setattr(anyio, "sleep", counted)
    line = busy(1_000_000)
    async with anyio.create_task_group() as tasks:
        for _ in range(1000):
            tasks.start_soon(line.take, Place(), 1000)
    assert most == 1


@pytest.mark.parametrize("how", ["cancel", "withdraw"])
async def test_who_leaves_makes_room(how: str) -> None:
    """Twenty wait, nineteen leave: the last has its own turn, not that of the twentieth."""
    line = busy()
    places = [Place() for _ in range(20)]
    started = anyio.current_time()
    async with anyio.create_task_group() as tasks:

        async def wait(place: Place, task_status: Any) -> None:
            with anyio.CancelScope() as scope:
                task_status.started(scope)
                try:
                    await line.take(place, 100)
                except Withdrawn:
                    assert how == "withdraw"

        scopes = [await tasks.start(wait, place) for place in places]
        await anyio.wait_all_tasks_blocked()
        for place, scope in zip(places[:-1], scopes[:-1], strict=True):
            if how == "cancel":
                scope.cancel()
            else:
                place.withdraw()
    assert anyio.current_time() - started == pytest.approx(1.0)
    assert line.delay() == pytest.approx(0.1)
    assert line.statistics().tasks_waiting == 0


async def test_cancelled_anywhere_nothing_stays() -> None:
    lines: list[Line] = []

    async def scenario() -> None:
        lines[:] = [busy(LIMIT, 0.5)]
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(lines[0].take, Place(), 100)

    async for was_cancelled in cancelled_everywhere(scenario):
        assert lines[0].delay() <= (0.5 if was_cancelled else 0.8) + 1e-9
        assert lines[0].statistics().tasks_waiting == 0
        assert lines[0]._weight_waiting == 0.0


async def test_what_is_given_back_wakes_who_sleeps_for_it() -> None:
    line = Line(LIMIT)
    mine = Place()
    assert line.try_take(mine, 1000)
    started = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(line.take, Place(), 100)
        await anyio.sleep(0.25)
        line.give_back(mine, 900)
    assert anyio.current_time() - started == pytest.approx(0.25)
    assert mine.finish == 100


async def test_of_more_than_a_turn_a_turn_is_taken() -> None:
    line = Line(1_000_000)
    assert await line.take(Place(), 1 << 30) == line.turn_bytes(1.0) == 8000
    assert await line.take(Place(), 100) == 100
    line.change_limit(None)
    assert await line.take(Place(), 1 << 30) == 1 << 30


@pytest.mark.parametrize("usual", [0, 50, 10_000])
async def test_who_takes_a_turn_only_holds_up_others_until_it_tells(usual: int) -> None:
    """For as long as its last block was worth, or a turn; not at all if it has never told."""
    line = Line(LIMIT)
    mine, other = line.task_place(), Place()
    mine.usual_bytes = usual
    await line.take(mine, 0)
    assert line.delay() == 0.0
    await line.take(mine, 0)  # itself it does not hold up, and what it has not told is forgotten
    mine.usual_bytes = usual
    line.record(0, 0.0)
    mine.usual_bytes = usual
    await line.take(mine, 0)
    started = anyio.current_time()
    await line.take(other, 10)
    assert anyio.current_time() - started == pytest.approx(min(usual, MIN_TURN_BYTES) / LIMIT)


async def test_one_place_a_task() -> None:
    line = Line(1000)
    mine = line.task_place()
    assert mine.weight == 1.0
    assert line.task_place(2.0) is mine
    assert line.task_place() is mine
    assert mine.weight == 2.0

    async def other() -> None:
        assert line.task_place() is not mine

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(other)


async def test_tasks_that_are_gone_are_forgotten() -> None:
    line = Line(1e9)

    async def use() -> None:
        await line.take(line.task_place(), 100)

    for _ in range(1000):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(use)
    assert len(line._tasks) <= 130


async def test_who_has_moved_more_than_others_is_not_forgotten() -> None:
    """Else it would come back as a new one, before all that it has been ahead of."""
    line = Line(1e9)
    mine = line.task_place()
    line.record(1_000_000, 0.0)

    async def pass_by() -> None:
        line.task_place()

    async with anyio.create_task_group() as tasks:
        for _ in range(200):
            tasks.start_soon(pass_by)
    assert len(line._tasks) < 200
    assert line.task_place() is mine


async def test_who_waits_for_a_peer_has_its_part_of_what_is_fetched_ahead() -> None:
    line = Line(1_000_000_000)
    place = Place()
    alone = line.begin_fetching(place, 0.0)
    assert line.meter is not None
    line.end_fetching(place)
    for count in (1, 3, 50):
        others = [Place() for _ in range(count)]
        for other in others:
            line.begin_fetching(other, 0.0)
        got = line.begin_fetching(place, 0.0)
        streams = 1.0 + count
        assert got == line.meter.fetch_bytes(1.0, streams, 0.0) < alone
        assert place.rate == pytest.approx(line.meter.limit / streams)
        for one in (place, *others):
            line.end_fetching(one)
    assert line.begin_fetching(place, 0.0) == alone


async def test_while_others_wait_who_begins_to_wait_for_its_peer_forgets_nothing() -> None:
    """What was lost because the loop was held up is owed to those who wait."""
    line = busy()
    assert line.meter is not None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(line.take, Place(), 100)
        await anyio.wait_all_tasks_blocked()
        due = line.meter.due()
        line._clock._ahead += 10.0  # as long as the loop was held up
        line.begin_fetching(Place(), 0.0)
        assert line.meter.due() == due
        tasks.cancel_scope.cancel()


async def test_a_limit_is_not_assigned_from_another_thread_while_somebody_waits() -> None:
    line = busy()
    assigned: list[float] = []

    def assign() -> None:
        line.change_limit(5.0)
        assigned.append(5.0)

    other = threading.Thread(target=assign)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(line.take, Place(), 100)
        await anyio.wait_all_tasks_blocked()
        failures: list[BaseException | None] = []
        monitor = threading.excepthook
        threading.excepthook = lambda args: failures.append(args.exc_value)
        other.start()
        other.join()
        threading.excepthook = monitor
        assert [type(failure) for failure in failures] == [RuntimeError]
        assert "from_thread" in str(failures[0])
        assert line.meter is not None
        assert line.meter.limit == LIMIT
    assert not assigned


async def test_a_limit_may_be_assigned_from_another_thread_while_nobody_waits() -> None:
    line = busy()
    other = threading.Thread(target=line.change_limit, args=(2000.0,))
    other.start()
    other.join()
    assert line.delay() == pytest.approx(0.5)


def test_one_run_after_another() -> None:
    """Though the clocks of the runs have nothing to do with each other; nor do the tickets."""
    line = Line(100_000)

    async def use() -> None:
        started = anyio.current_time()
        moved = 0
        with anyio.move_on_after(1.0):
            while True:
                await line.take(Place(), 500)
                moved += 500
        assert moved == pytest.approx(100_000, rel=0.02)
        assert anyio.current_time() - started == pytest.approx(1.0)

    for _ in range(3):
        anyio.run(use, backend_options={"loop_factory": VirtualClockLoop})


def test_who_waits_in_a_run_that_was_broken_off_is_forgotten() -> None:
    line = busy_without_a_loop()
    step: Any = None

    async def leave_somebody() -> None:
        nonlocal step
        step = line.take(Place(), 10)
        step.send(None)  # it waits, and nobody will ever go on with it

    async def use() -> None:
        await line.take(Place(), 10)
        assert line.statistics().tasks_waiting == 0

    anyio.run(leave_somebody, backend_options={"loop_factory": VirtualClockLoop})
    assert line.statistics().tasks_waiting == 1
    anyio.run(use, backend_options={"loop_factory": VirtualClockLoop})
    with pytest.raises(RuntimeError):  # what anyio says where there is no event loop
        step.throw(GeneratorExit())


def busy_without_a_loop() -> Line:
    line = Line(LIMIT)

    async def owe() -> None:
        line.record(100, 0.0)

    anyio.run(owe, backend_options={"loop_factory": VirtualClockLoop})
    return line


async def test_in_two_event_loops_at_once_it_says_so() -> None:
    line = busy(10)

    def elsewhere() -> str:
        try:
            anyio.run(line.take, Place(), 1, backend_options={"loop_factory": VirtualClockLoop})
        except RuntimeError as error:
            return str(error)
        return "it was served"

    said: list[str] = []
    other = threading.Thread(target=lambda: said.append(elsewhere()))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(line.take, Place(), 1)
        await anyio.wait_all_tasks_blocked()
        other.start()
        other.join()
    assert said == ["this throttle is waited for in the event loop of another thread"]


async def test_a_line_without_a_limit_serves_at_once() -> None:
    line = Line(None)
    place = Place()
    assert line.try_take(place, 1 << 50)
    line.give_back(place, 5)
    line.record(5, 0.0)
    assert (line.delay(), line.seconds_ahead()) == (0.0, 0.0)
    assert line.begin_fetching(place, 1.0) == line.turn_bytes(1.0)
    assert line.end_fetching(place) == 0.0
    line.change_limit(LIMIT)
    assert line.try_take(place, 100)
    assert not line.try_take(place, 100)


async def test_statistics() -> None:
    line = busy(LIMIT, 0.0)
    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(line.take, Place(), 100)
        await anyio.wait_all_tasks_blocked()
        now = line.statistics()
        assert (now.limit, now.tasks_waiting, now.bytes_queued) == (LIMIT, 2, 200)
        assert now.bytes_moved == 100
    await anyio.sleep(0.1)
    now = line.statistics()
    assert (now.tasks_waiting, now.bytes_queued, now.bytes_moved) == (0, 0, 300)
    assert now.bytes_per_second == pytest.approx(LIMIT, rel=0.5)
    await anyio.sleep(3)
    assert line.statistics().bytes_per_second == 0.0


async def test_the_rate_is_that_of_the_last_second() -> None:
    line = Line(1e6)
    for nbytes in (100, 200):
        for _ in range(100):
            line.record(nbytes, 0.0)
            await anyio.sleep(0.1)
        assert line.statistics().bytes_per_second == pytest.approx(10 * nbytes, rel=0.25)
    assert line.statistics().bytes_moved == 30_000
    await anyio.sleep(2)
    assert line.statistics().bytes_per_second == 0.0


Asked = tuple[int, int, float]


@settings(max_examples=deep(25, 600))
@given(
    limit=st.sampled_from([1000, 100_000]),
    weights=st.lists(st.sampled_from([0.5, 1.0, 2.0, 3.0]), min_size=2, max_size=12),
    sizes=st.lists(st.sampled_from([10, 50, 100, 400]), min_size=1, max_size=4),
    leaving=st.integers(0, 3),
)
def test_each_backlogged_stream_is_within_one_turn_of_its_due(
    limit: int, weights: list[float], sizes: list[int], leaving: int
) -> None:
    """At every moment, whatever the sizes of what is asked for, and though some give up."""
    line = Line(limit)
    moved = [0.0] * len(weights)
    largest = max(sizes)

    async def use(number: int) -> None:
        place = Place(weights[number])
        n = number
        while True:
            nbytes = sizes[n % len(sizes)]
            n += 1
            nbytes = await line.take(place, nbytes)
            moved[number] += nbytes / weights[number]
            spread = max(moved) - min(moved)
            assert spread <= largest / min(weights) + 1e-6

    async def give_up() -> None:
        while True:
            with anyio.move_on_after(largest / limit / 3):
                await anyio.sleep(largest / limit / 7)
                place = Place()
                await line.take(place, largest)
                line.give_back(place, largest)

    async def main() -> None:
        with anyio.move_on_after(largest * 10 * len(weights) / limit):
            async with anyio.create_task_group() as tasks:
                for number in range(len(weights)):
                    tasks.start_soon(use, number)
                for _ in range(leaving):
                    tasks.start_soon(give_up)
        assert line.statistics().tasks_waiting == 0

    anyio.run(main, backend_options={"loop_factory": VirtualClockLoop})


def test_throttles_have_a_line() -> None:
    assert Throttle(5)._line.meter is not None
