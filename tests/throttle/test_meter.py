"""The arithmetic of a limit: tables first, then anything goes."""

from __future__ import annotations

import copy
import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._throttle._meter import (
    CREDIT_SECONDS,
    MAX_OWED_SECONDS,
    MAX_ROUND_SECONDS,
    MIN_TURN_BYTES,
    PEAK_SECONDS,
    ROUND_SECONDS,
    WINDOW_SECONDS,
    Meter,
    Pauses,
    Window,
    check_limit,
)

LIMIT = 1000.0


def served(meter: Meter, nbytes: float, now: float) -> None:
    """Somebody asks and is granted at once."""
    meter.ask(now)
    meter.grant(nbytes, now)


@pytest.mark.parametrize(
    ("grants", "delay"),
    [
        pytest.param([(0, 500)], 0.5, id="one"),
        pytest.param([(0, 500), (0, 500)], 1.0, id="they-add-up"),
        pytest.param([(0, 500), (0.25, 500)], 0.75, id="time-pays"),
        pytest.param([(0, 500), (10, 500)], 0.5 - CREDIT_SECONDS, id="idle-time-buys-little"),
        pytest.param([(0, 500), (3600, 500)], 0.5 - CREDIT_SECONDS, id="an-hour-buys-no-more"),
        pytest.param([(1e9, 100)], 0.1, id="nothing-is-saved-before-the-first-use"),
    ],
)
def test_delay_after_grants(grants: list[tuple[float, int]], delay: float) -> None:
    meter = Meter(LIMIT)
    assert meter.delay(grants[0][0]) == 0.0
    for now, nbytes in grants:
        served(meter, nbytes, now)
    assert meter.delay(grants[-1][0]) == pytest.approx(delay)


def test_given_back_at_once_leaves_no_trace() -> None:
    meter = Meter(LIMIT)
    meter.give_back(5, 0.0)
    served(meter, 300, 0.0)
    due = meter.due()
    served(meter, 200, 0.1)
    meter.give_back(200, 0.1)
    assert meter.due() == pytest.approx(due)


def test_given_back_late_buys_no_credit() -> None:
    """Ten streams hold a grant for an hour and return it at one moment: no burst for anyone."""
    meter = Meter(LIMIT)
    for _ in range(10):
        served(meter, 100, 0.0)
    for _ in range(10):
        meter.give_back(100, 3600.0)
    served(meter, 100, 3600.0)
    assert meter.delay(3600.0) == pytest.approx(0.1 - CREDIT_SECONDS)


@pytest.mark.parametrize(
    ("start", "now", "delay"),
    [
        pytest.param(0.0, 0.0, 0.5, id="in-no-time"),
        pytest.param(0.0, 0.2, 0.3, id="took-a-while"),
        pytest.param(0.0, 5.0, 0.0, id="slower-than-the-limit"),
    ],
)
def test_recorded_bytes(start: float, now: float, delay: float) -> None:
    meter = Meter(LIMIT)
    meter.record(500, start, start)
    assert meter.delay(now) == pytest.approx(delay)


def test_recorded_bytes_buy_nothing_for_the_next() -> None:
    """A long slow transfer is no idle time, and none that anybody waited in, either."""
    meter = Meter(LIMIT)
    meter.record(10, 0.0, 5.0)
    served(meter, 100, 5.0)
    assert meter.delay(5.0) == pytest.approx(0.1 - CREDIT_SECONDS)


@pytest.mark.parametrize(
    ("before", "after", "delay"),
    [
        pytest.param(1000, 2000, 2.0, id="raised"),
        pytest.param(1000, 500, 8.0, id="lowered"),
        pytest.param(1000, 1000, 4.0, id="the-same"),
    ],
)
def test_what_moved_stays_owed_under_another_limit(
    before: float, after: float, delay: float
) -> None:
    meter = Meter(before)
    meter.record(5000, 0.0, 0.0)
    meter.change_limit(after, 1.0)
    assert meter.delay(1.0) == pytest.approx(delay)


def test_a_grant_under_a_higher_limit_keeps_nobody_waiting_for_long() -> None:
    meter = Meter(1e9)
    served(meter, 10_000_000, 0.0)
    meter.change_limit(100, 0.0)
    assert meter.delay(0.0) == 0.5
    meter = Meter(1)
    served(meter, 1, 0.0)
    meter.change_limit(0.1, 0.0)
    assert meter.delay(0.0) == 1.0, "nor for less than under the old one"


def test_an_idle_meter_gains_nothing_by_another_limit() -> None:
    meter = Meter(1e9)
    served(meter, 1, 0.0)
    meter.change_limit(10, 3600.0)
    served(meter, 100, 3600.0)
    assert meter.delay(3600.0) == pytest.approx(10 - CREDIT_SECONDS)
    Meter(5).change_limit(7, 0.0)


def test_what_is_owed_to_others_is_no_more_bytes_under_a_higher_limit() -> None:
    meter = Meter(1000)
    served(meter, 1, 0.0)
    meter.grant(1, 0.201)  # to one who has waited: 200 bytes might have moved
    meter.change_limit(100_000, 0.201)
    meter.grant(1000, 0.201)
    assert meter.delay(0.201) == pytest.approx(0.01 - 0.002, abs=0.0005)


def run_late(late: float, seconds: float) -> tuple[float, float]:
    """A sleeper that always wakes late: the part of the limit it gets, and the worst 250 ms."""
    meter = Meter(1_000_000)
    now, moves = 0.0, []
    while now < seconds:
        meter.ask(now)
        if (due := meter.due()) > now:
            now = due + late
            meter.overslept(due, now)
        turn = meter.turn_bytes(1.0, 0.0, now)
        meter.grant(turn, now)
        moves.append((now, turn))
    worst = max(sum(n for at, n in moves if first <= at < first + 0.25) for first, _ in moves)
    return sum(n for _, n in moves) / 1e6 / now, worst / 250_000


@pytest.mark.parametrize("late", [0.0, 0.0005, 0.002, 0.004, 0.008, 0.02, 0.05])
def test_whoever_always_wakes_late_gets_the_limit_all_the_same(late: float) -> None:
    used, worst = run_late(late, 10.0)
    assert used == pytest.approx(1.0, abs=0.002 + 2 * late / 10)
    assert worst <= 1.1 + late / 0.25


def test_a_single_pause_is_made_good_little_by_little() -> None:
    """All of it, up to a bound; and no 250 ms see a tenth more than their share."""
    for pause in (0.02, 0.1, 0.25):
        meter = Meter(1_000_000)
        now, moves, is_late = 0.0, [], False
        while now < 12.0:
            meter.ask(now)
            due = now = max(now, meter.due())
            if now > 1.0 and not is_late:
                is_late = True
                now += pause
            meter.overslept(due, now)
            turn = meter.turn_bytes(1.0, 0.0, now)
            meter.grant(turn, now)
            moves.append((now, turn))
        assert sum(n for _, n in moves) == pytest.approx(now * 1e6, rel=0.002)
        for first, _ in moves:
            assert sum(n for at, n in moves if first <= at < first + 0.25) <= 1.1 * 250_000


def test_no_more_is_owed_than_the_bound() -> None:
    meter = Meter(LIMIT)
    served(meter, 1, 0.0)
    meter.grant(2000, 3600.0)  # to one who has waited since
    assert meter.delay(3600.0) == pytest.approx(2 - MAX_OWED_SECONDS)


def test_whoever_is_busy_with_what_it_got_is_not_idle() -> None:
    """So what is owed stays owed, while one that has nothing to do loses it."""
    for gap, is_idle in ((0.005, False), (0.1, True)):
        meter = Meter(LIMIT)
        served(meter, 1, 0.0)
        meter.grant(8, 0.5)  # to one who has waited
        meter.ask(0.5 + gap)
        meter.grant(1000, 0.5 + gap)
        lag = 0.491 + (0.008 if is_idle else gap)
        assert meter.delay(0.5 + gap) == pytest.approx(1.0 - lag, abs=0.001)


@pytest.mark.parametrize(
    ("limit", "waiting", "turn"),
    [
        pytest.param(1_000_000, 0, 8000, id="alone"),
        pytest.param(1_000_000, 3, 2000, id="one-of-four"),
        pytest.param(1_000_000, 49, 2000, id="one-of-fifty"),
        pytest.param(1_000_000, 99, 1200, id="one-of-a-hundred"),
        pytest.param(1_000_000, 9999, MIN_TURN_BYTES, id="not-too-small"),
        pytest.param(100, 0, 100, id="nor-above-a-second"),
        pytest.param(0.5, 0, 1, id="at-least-one-byte"),
    ],
)
def test_a_turn(limit: float, waiting: float, turn: int) -> None:
    assert Meter(limit).turn_bytes(1.0, waiting, 0.0) == turn


@given(limit=st.floats(1, 1e10), waiting=st.floats(0, 2000), weight=st.floats(0.01, 100))
def test_a_round_of_turns_is_bounded(limit: float, waiting: float, weight: float) -> None:
    turn = Meter(limit).turn_bytes(weight, waiting, 0.0)
    streams = waiting + weight
    longest = max(ROUND_SECONDS, min(0.002 * streams, MAX_ROUND_SECONDS))
    assert turn <= max(limit * longest * weight / streams, MIN_TURN_BYTES * weight, 1) * (1 + 1e-9)


@pytest.mark.parametrize(
    ("waits", "owed"),
    [(0.0, 0.0), (0.01, 0.02), (0.02, 0.02), (0.1, 0.02), (0.25, 0.02), (0.26, 0.002), (60, 0.002)],
)
@pytest.mark.parametrize("times", [1, 10])
def test_what_hesitating_peers_cost_is_made_good_a_little(
    waits: float, owed: float, times: int
) -> None:
    """Of one that says nothing no more than of idleness, and of many no more than of one."""
    meter = Meter(1_000_000)
    now = 100.0
    for _ in range(times):
        meter.begin_fetching(now)
        now += waits
        meter.ask(now)
    assert now - meter.due() == pytest.approx(min(owed, waits * times), abs=1e-6)


@pytest.mark.parametrize(("peer", "seconds"), [(0.0, 0.002), (0.05, 0.05), (0.12, 0.12), (9, 0.12)])
def test_as_much_is_fetched_as_is_due_while_the_peer_is_waited_for(
    peer: float, seconds: float
) -> None:
    meter = Meter(1_000_000)
    assert meter.fetch_bytes(1.0, 1.0, peer) == int(1_000_000 * seconds)
    assert meter.fetch_bytes(1.0, 4.0, peer) == int(250_000 * seconds)
    assert meter.fetch_bytes(2.0, 4.0, peer) == int(500_000 * seconds)


def test_what_might_have_moved_already_is_shared_by_those_who_wait() -> None:
    """So that nobody is served twice while another is busy with what it got."""
    meter = Meter(1_000_000)
    meter.ask(0.105)
    meter.grant(0, 0.105)
    now = 0.155
    turns = []
    for waiting in (3, 2, 1, 0):
        turns.append(meter.turn_bytes(1.0, waiting, now))
        meter.grant(turns[-1], now)
    assert turns == pytest.approx([14_500] * 4, rel=0.01)
    assert meter.due() == pytest.approx(now + ROUND_SECONDS, abs=1e-5)


def test_no_window_holds_more_than_it_may_whatever_is_owed() -> None:
    """Not even after a second in which nothing moved: it waits until older grants are forgotten."""
    meter = Meter(1_000_000)
    served(meter, 1, 0.0)
    now, moves = 1.0, []
    while now < 3.0:
        turn = meter.turn_bytes(1.0, 0.0, now)
        meter.grant(turn, now)
        moves.append((now, turn))
        now = max(now, meter.due())
    for first, _ in moves:
        assert sum(n for at, n in moves if first <= at <= first + 0.25) <= PEAK_SECONDS * 1e6
    assert sum(n for _, n in moves) >= 2.0 * PEAK_SECONDS / WINDOW_SECONDS * 1e6 * 0.99


def test_a_window_of_large_turns_holds_one_more_than_its_share() -> None:
    """At limits so low that a turn is a good part of a window, or more than one."""
    for limit in (100, 640, 1000, 5000):
        meter = Meter(limit)
        meter.ask(0.0)
        now, moved = 0.0, 0
        while now < 60.0:
            turn = meter.turn_bytes(1.0, 0.0, now)
            meter.grant(turn, now)
            moved += turn
            now = max(now, meter.due())
        assert moved == pytest.approx(limit * now, rel=0.001)


WINDOWS = st.lists(
    st.tuples(st.sampled_from(["add", "add", "take back"]), st.floats(0, 0.1), st.floats(0, 0.2)),
    max_size=50,
)


@given(WINDOWS)
def test_a_window_remembers_what_was_granted(steps: list[tuple[str, float, float]]) -> None:
    """To a grain; and `free` tells when it will hold no more than so much."""
    window, now = Window(), 0.0
    grants: list[list[float]] = []
    for kind, seconds, pause in steps:
        now += pause
        if kind == "add":
            window.add(seconds, now)
            grants.append([now, seconds])
        else:
            window.take_back(seconds)
            while seconds > 0 and grants:
                part = min(seconds, grants[-1][1])
                grants[-1][1] -= part
                seconds -= part
                if not grants[-1][1]:
                    grants.pop()
        sure = sum(n for at, n in grants if at > now - WINDOW_SECONDS + 0.001)
        maybe = sum(n for at, n in grants if at > now - WINDOW_SECONDS - 0.002)
        assert sure - 1e-9 <= window.seconds(now) <= maybe + 1e-9
        later = copy.deepcopy(window)
        assert later.seconds(max(window.free(0.05), now)) <= 0.05 + 1e-9


def seen(*pauses: tuple[float, float], held: float = 0.0) -> Pauses:
    """After pauses of so many seconds that ended at these moments."""
    row = Pauses()
    for late_seconds, now in pauses:
        row.see(late_seconds, held, now)
    return row


def again(pause: float, free: float, times: int) -> list[tuple[float, float]]:
    """A loop that is held up again and again."""
    return [(pause, n * (pause + free)) for n in range(1, times + 1)]


@pytest.mark.parametrize(
    ("pauses", "forced"),
    [
        pytest.param([], 1.0, id="none"),
        pytest.param([(0.1, 1.0)], 1.0, id="one"),
        pytest.param(again(0.001, 0.2, 20), 1.0, id="a-quiet-loop"),
        pytest.param(again(0.02, 0.005, 80), 1.07, id="20-of-25"),
        pytest.param(again(0.05, 0.005, 40), 1.1, id="50-of-55"),
        pytest.param(again(0.1, 0.1, 10), 1.2, id="100-of-200"),
        pytest.param(again(0.15, 0.15, 10), 1.2, id="150-of-300"),
        pytest.param(again(0.25, 0.25, 6), 2.0, id="250-of-500"),
        pytest.param([(0.1, 1.0), (0.1, 1.2)], 1.0, id="too-few-to-tell"),
        pytest.param([*again(0.1, 0.1, 10), (0.1, 9.0)], 1.0, id="long-ago"),
    ],
)
def test_what_pauses_force(pauses: list[tuple[float, float]], forced: float) -> None:
    assert seen(*pauses).window_seconds == pytest.approx(forced * 0.25, rel=0.035)


def test_what_was_held_back_is_let_through_in_part_and_within_what_a_pause_can_force() -> None:
    pauses = again(0.1, 0.1, 10)
    less, more = seen(*pauses), seen(*pauses, held=0.1)
    assert less.window_seconds < more.window_seconds < less.window_seconds + 0.01
    assert seen(*pauses, held=60.0).window_seconds <= WINDOW_SECONDS + 0.1


def test_pauses_are_forgotten() -> None:
    row = seen((0.1, 1.0), (0.1, 1.2), (0.1, 1.4))
    assert (row.longest, row.slack_seconds(1.65)) == (0.1, 0.2)
    assert row.slack_seconds(4.0) == 0.0
    row.see(0.0, 0.0, 4.0)
    assert row.longest == 0.0


@pytest.mark.parametrize("limit", [0, -1, -0.5, 0.0, math.nan, math.inf, -math.inf, 10**400])
def test_limits_that_let_nothing_through(limit: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        check_limit(limit)


@pytest.mark.parametrize("limit", ["5", b"5", [5], 5j, Decimal(5), object(), True])
def test_what_is_no_limit(limit: Any) -> None:
    with pytest.raises(TypeError, match="number of bytes per second"):
        check_limit(limit)


@pytest.mark.parametrize("limit", [None, 1, 0.001, 1 << 80, Fraction(1, 3)])
def test_what_is_one(limit: Any) -> None:
    check_limit(limit)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["grant", "give back", "pass", "late", "change"]),
        st.integers(1, 10_000),
        st.floats(0, 0.5),
    ),
    max_size=60,
)


@given(limit=st.floats(100, 1e9), steps=STEPS)
def test_never_more_than_the_limit_and_what_is_owed(
    limit: float, steps: list[tuple[str, int, float]]
) -> None:
    """Whatever is asked for when it is due, returned and changed: what moved is paid in time."""
    meter = Meter(limit)
    now, moved, paid = 0.0, 0.0, 0.0
    held: list[int] = []
    for kind, nbytes, seconds in steps:
        if kind == "grant":
            wait = max(0.0, meter.due() - now)
            now, paid = now + wait, paid + wait * meter.limit
            meter.ask(now)
            wait = max(0.0, meter.due() - now)
            now, paid = now + wait, paid + wait * meter.limit
            meter.grant(nbytes, now)
            held.append(nbytes)
            moved += nbytes
        elif kind == "give back" and held:
            meter.give_back(held[-1], now)
            moved -= held.pop()
        elif kind == "late":
            wait = max(0.0, meter.due() - now) + seconds
            now, paid = now + wait, paid + wait * meter.limit
            meter.overslept(now - seconds, now)
        elif kind == "pass":
            now, paid = now + seconds, paid + seconds * meter.limit
        elif not held:  # what is held is given back before a limit changes
            moved, paid = moved - paid, 0.0
            meter.change_limit(float(nbytes), now)
            moved = min(moved, meter.delay(now) * meter.limit)
            assert meter.limit == nbytes
        owed = meter.delay(now) * meter.limit
        credit = (CREDIT_SECONDS + MAX_OWED_SECONDS) * meter.limit
        assert moved - paid <= owed + credit + 1e-6 * (moved + paid + 1)
        assert owed >= 0.0
