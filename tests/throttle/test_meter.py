"""The arithmetic of a limit: tables first, then anything goes."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._throttle._lateness import HASTE
from anyftp._throttle._meter import (
    CREDIT_SECONDS,
    MAX_OWED_SECONDS,
    MAX_ROUND_SECONDS,
    MIN_TURN_BYTES,
    PEAK_CREDIT_SECONDS,
    ROUND_SECONDS,
    Meter,
    check_limit,
)

LIMIT = 1000.0


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
        meter.grant(nbytes, now)
    assert meter.delay(grants[-1][0]) == pytest.approx(delay)


def test_given_back_at_once_leaves_no_trace() -> None:
    meter = Meter(LIMIT)
    meter.give_back(5, 0.0)
    meter.grant(300, 0.0)
    due = meter.due()
    meter.grant(200, 0.1)
    meter.give_back(200, 0.1)
    assert meter.due() == pytest.approx(due)


def test_given_back_late_buys_no_credit() -> None:
    """Ten streams hold a grant for an hour and return it at one moment: no burst for anyone."""
    meter = Meter(LIMIT)
    for _ in range(10):
        meter.grant(100, 0.0)
    for _ in range(10):
        meter.give_back(100, 3600.0)
    meter.grant(100, 3600.0)
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
    meter.record(500, start)
    assert meter.delay(now) == pytest.approx(delay)


def test_recorded_bytes_buy_nothing_for_the_next() -> None:
    """A long slow transfer is no idle time, and none that anybody waited in, either."""
    meter = Meter(LIMIT)
    meter.record(10, 0.0)
    meter.grant(100, 5.0)
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
    meter.record(5000, 0.0)
    meter.change_limit(after, 1.0)
    assert meter.delay(1.0) == pytest.approx(delay)


def test_a_grant_under_a_higher_limit_keeps_nobody_waiting_for_long() -> None:
    meter = Meter(1e9)
    meter.grant(10_000_000, 0.0)
    meter.change_limit(100, 0.0)
    assert meter.delay(0.0) == 0.5
    meter = Meter(1)
    meter.grant(1, 0.0)
    meter.change_limit(0.1, 0.0)
    assert meter.delay(0.0) == 1.0, "nor for less than under the old one"


def test_an_idle_meter_gains_nothing_by_another_limit() -> None:
    meter = Meter(1e9)
    meter.grant(1, 0.0)
    meter.change_limit(10, 3600.0)
    meter.grant(100, 3600.0)
    assert meter.delay(3600.0) == pytest.approx(10 - CREDIT_SECONDS)
    Meter(5).change_limit(7, 0.0)


def test_what_is_owed_to_others_is_no_more_bytes_under_a_higher_limit() -> None:
    meter = Meter(1000)
    meter.grant(1, 0.0)
    meter.waited(0.001, 0.201)  # 200 bytes might have moved
    meter.grant(1, 0.201)
    meter.change_limit(100_000, 0.201)
    meter.grant(1000, 0.201)
    assert meter.delay(0.201) == pytest.approx(0.01 - 0.002, abs=0.0005)


def run_late(late: float, seconds: float) -> tuple[float, float]:
    """A sleeper that always wakes late: the part of the limit it gets, and the worst 250 ms."""
    meter = Meter(1_000_000)
    now, moves = 0.0, []
    while now < seconds:
        if (due := meter.due()) > now:
            since, now = now, due + late
            meter.overslept(due, now)
            meter.waited(since, now)
        turn = meter.turn_bytes(1.0, 0.0)
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
            since = now
            due = now = max(now, meter.due())
            if now > 1.0 and not is_late:
                is_late = True
                now += pause
            meter.overslept(due, now)
            meter.waited(since, now)
            turn = meter.turn_bytes(1.0, 0.0)
            meter.grant(turn, now)
            moves.append((now, turn))
        assert sum(n for _, n in moves) == pytest.approx(now * 1e6, rel=0.002)
        for first, _ in moves:
            assert sum(n for at, n in moves if first <= at < first + 0.25) <= 1.1 * 250_000


def test_no_more_is_owed_than_the_bound() -> None:
    meter = Meter(LIMIT)
    meter.grant(1, 0.0)
    meter.waited(0.0, 3600.0)
    meter.grant(1000, 3600.0)
    assert meter.delay(3600.0) == pytest.approx(1 - CREDIT_SECONDS - MAX_OWED_SECONDS)
    peak = 1 / HASTE - PEAK_CREDIT_SECONDS
    assert meter.due() == pytest.approx(3600.0 + peak)


@pytest.mark.parametrize(
    ("limit", "waiting", "turn"),
    [
        pytest.param(1 << 20, 0, 8192, id="alone"),
        pytest.param(1 << 20, 4, 2048, id="one-of-five"),
        pytest.param(1 << 20, 99, 2048, id="one-of-a-hundred"),
        pytest.param(1 << 20, 9999, MIN_TURN_BYTES, id="not-too-small"),
        pytest.param(100, 0, 64, id="nor-above-a-second"),
        pytest.param(0.5, 0, 1, id="at-least-one-byte"),
    ],
)
def test_turns_are_powers_of_two(limit: float, waiting: float, turn: int) -> None:
    assert Meter(limit).turn_bytes(1.0, waiting) == turn


@given(limit=st.floats(1, 1e10), waiting=st.floats(0, 2000), weight=st.floats(0.01, 100))
def test_a_round_of_turns_is_bounded(limit: float, waiting: float, weight: float) -> None:
    turn = Meter(limit).turn_bytes(weight, waiting)
    assert turn & (turn - 1) == 0
    streams = waiting + weight
    longest = min(max(ROUND_SECONDS, 0.002 * streams), MAX_ROUND_SECONDS)
    assert turn <= max(limit * longest * weight / streams, MIN_TURN_BYTES * weight, 1)


@pytest.mark.parametrize("limit", [0, -1, -0.5, 0.0, math.nan, math.inf, -math.inf, 10**400])
def test_limits_that_let_nothing_through(limit: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        check_limit(limit)


@pytest.mark.parametrize("limit", ["5", b"5", [5], 5j, Decimal(5), object()])
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
            meter.waited(now - seconds, now)
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
