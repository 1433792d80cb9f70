"""The arithmetic of a limit: tables first, then anything goes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._throttle._account import (
    CREDIT_SECONDS,
    MAX_OWED_SECONDS,
    MAX_ROUND_SECONDS,
    MIN_TURN_BYTES,
    ROUND_SECONDS,
    Account,
    check_limit,
)

LIMIT = 1000.0
CREDIT = LIMIT * CREDIT_SECONDS


@pytest.mark.parametrize(
    ("grants", "delay"),
    [
        pytest.param([(0, 500)], 0.5, id="one"),
        pytest.param([(0, 500), (0, 500)], 1.0, id="they-queue"),
        pytest.param([(0, 500), (0.25, 500)], 0.75, id="time-pays-off"),
        pytest.param([(0, 500), (10, 500)], 0.5 - CREDIT_SECONDS, id="idle-time-buys-little"),
        pytest.param([(0, 500), (3600, 500)], 0.5 - CREDIT_SECONDS, id="an-hour-buys-no-more"),
        pytest.param([(5, 100), (4, 100)], 0.2, id="a-clock-that-goes-back"),
    ],
)
def test_delay_after_grants(grants: list[tuple[float, int]], delay: float) -> None:
    account = Account(LIMIT)
    for now, nbytes in grants:
        account.reserve(nbytes, now)
    assert account.delay(grants[-1][0]) == pytest.approx(delay)


def test_the_first_grant_has_no_credit_to_spend() -> None:
    account = Account(LIMIT)
    assert account.reserve(100, 1e9) == 0.0
    assert account.delay(1e9) == pytest.approx(0.1)


def test_a_grant_begins_when_those_before_it_are_paid() -> None:
    account = Account(LIMIT)
    assert [account.reserve(100, 0.0) for _ in range(3)] == pytest.approx([0.0, 0.1, 0.2])


def test_released_at_once_leaves_no_trace() -> None:
    account = Account(LIMIT)
    account.reserve(300, 0.0)
    account.reserve(200, 0.1)
    account.release(200, account.version)
    assert account.delay(0.1) == pytest.approx(0.2)


def test_released_late_buys_no_credit() -> None:
    """Ten streams hold a grant for an hour and return it at one moment: no burst for anyone."""
    account = Account(LIMIT)
    for _ in range(10):
        account.reserve(100, 0.0)
    account.delay(3600.0)
    for _ in range(10):
        account.release(100, account.version)
    assert account.reserve(100, 3600.0) == 0.0
    assert account.delay(3600.0) == pytest.approx(0.1 - CREDIT_SECONDS)


def test_what_was_held_through_a_pause_is_made_good_little_by_little() -> None:
    """Each returns its grant and takes another, as streams do: no burst; 50 ms worth at most."""
    account = Account(LIMIT)
    for _ in range(10):
        account.reserve(100, 0.0)
    account.delay(3600.0)
    delays = []
    for _ in range(10):
        account.release(100, account.version, is_stale=True)
        delays.append(account.reserve(100, 3600.0))
    assert delays == pytest.approx([max(0.0, 0.1 * n - CREDIT_SECONDS) for n in range(10)])
    assert account._owed_bytes == LIMIT * MAX_OWED_SECONDS
    assert account.delay(3600.5) == pytest.approx(0.5 - CREDIT_SECONDS - 0.01)
    void = account.version
    account.change_limit(LIMIT)
    account.release(100, void, is_stale=True)
    assert account._owed_bytes == 0.0


def test_a_changed_limit_voids_what_was_granted() -> None:
    account = Account(LIMIT)
    account.reserve(5000, 0.0)
    version = account.version
    account.change_limit(100.0)
    assert account.delay(0.0) == 0.0
    account.reserve(50, 0.0)
    account.release(5000, version)
    assert account.delay(0.0) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("start", "now", "delay"),
    [
        pytest.param(0.0, 0.0, 0.5, id="in-no-time"),
        pytest.param(0.0, 0.2, 0.3, id="took-a-while"),
        pytest.param(0.0, 5.0, 0.0, id="slower-than-the-limit"),
        pytest.param(9.0, 0.2, 0.5, id="start-in-the-future"),
    ],
)
def test_recorded_bytes(start: float, now: float, delay: float) -> None:
    account = Account(LIMIT)
    account.record(500, start, now)
    assert account.delay(now) == pytest.approx(delay)


def test_slept_by_other_means_is_past_whatever_the_clock_says() -> None:
    account = Account(LIMIT)
    for n in range(1, 5):
        account.reserve(500, 0.0)
        due = account.clock(0.0) + account.delay(0.0)
        assert due == pytest.approx(0.5 * n)
        account.wake(due, 0.0)
        assert account.clock(0.0) == pytest.approx(due)
        assert account.delay(0.0) == 0.0


def test_two_sleepers_by_other_means_count_the_same_seconds_once() -> None:
    account = Account(LIMIT)
    account.reserve(1000, 0.0)
    dues = [account.clock(0.0) + account.reserve(1000, 0.0) for _ in range(2)]
    assert dues == pytest.approx([1.0, 2.0])
    for due in dues:
        account.wake(due, 0.0)
    assert account.clock(0.0) == pytest.approx(2.0)
    assert account.delay(0.0) == pytest.approx(1.0)


def test_skipped_seconds_pay_and_go_on_counting_once() -> None:
    account = Account(LIMIT)
    account.reserve(2000, 0.0)
    account.skip(0.5)
    assert account.delay(0.0) == pytest.approx(1.5)
    assert account.delay(1.0) == pytest.approx(0.5)
    account.record(1000, 1.0, 1.0)
    assert account.delay(1.0) == pytest.approx(1.5)


def test_a_coarse_clock_that_wakes_early_adds_up_to_nothing() -> None:
    """An event loop that rounds to milliseconds wakes half of one too early, again and again."""
    account = Account(LIMIT)
    now = 0.0
    for _ in range(1000):
        delay = account.reserve(10, now)
        due = account.clock(now) + delay
        if delay > 0.0:
            now = max(now, due - 0.0004)
        account.wake(due, now)
    assert now == pytest.approx(9.99, abs=0.001)
    assert account.clock(now) == now


def test_late_waking_is_made_good_little_by_little() -> None:
    """Each wake comes 20 ms late; over ten seconds the average is the limit all the same."""
    account = Account(LIMIT)
    now, moved = 0.0, 0
    while now < 10.0:
        delay = account.reserve(10, now)
        due = now + delay
        if delay > 0.0:
            now = due + 0.02
        account.wake(due, now)
        moved += 10
    assert moved == pytest.approx(LIMIT * now, rel=0.35)
    assert account._owed_bytes <= LIMIT * MAX_OWED_SECONDS


@pytest.mark.parametrize(
    ("limit", "waiting", "turn"),
    [
        pytest.param(1e6, 0, int(1e6 * ROUND_SECONDS), id="alone"),
        pytest.param(1e6, 4, int(1e6 * ROUND_SECONDS / 5), id="one-of-five"),
        pytest.param(1e6, 99, int(1e6 * MAX_ROUND_SECONDS / 100), id="one-of-a-hundred"),
        pytest.param(1e6, 9999, MIN_TURN_BYTES, id="not-too-small"),
        pytest.param(100, 0, 100, id="nor-above-a-second"),
        pytest.param(0.5, 0, 1, id="at-least-one-byte"),
    ],
)
def test_turns(limit: float, waiting: int, turn: int) -> None:
    account = Account(limit)
    account.enter_queue(float(waiting))
    assert account.turn_bytes() == turn


def test_turns_by_weight() -> None:
    for limit, waiting in ((1e6, 3.0), (10_000, 50.0), (1e9, 900.0)):
        account = Account(limit)
        account.enter_queue(waiting)
        small, large = account.turn_bytes(1.0), account.turn_bytes(3.0)
        assert large / small == pytest.approx(3.0, rel=0.6)
        assert large > 1.5 * small


def test_queues_never_get_negative() -> None:
    account = Account(LIMIT)
    account.enter_queue(0.1)
    account.leave_queue(0.1 + 1e-12)
    assert account.turn_bytes() == Account(LIMIT).turn_bytes()


@pytest.mark.parametrize("limit", [0, -1, -0.5, 0.0, math.nan, math.inf])
def test_limits_that_let_nothing_through(limit: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        check_limit(limit)


steps = st.lists(
    st.tuples(
        st.sampled_from(["reserve", "release", "record", "pass"]),
        st.integers(1, 10_000),
        st.floats(0, 10),
    ),
    max_size=60,
)


@given(limit=st.floats(1, 1e9), steps=steps)
def test_never_more_than_the_limit_and_the_credit(
    limit: float, steps: list[tuple[str, int, float]]
) -> None:
    """Whatever is asked for, returned and slept: what may have moved by now is bounded."""
    account = Account(limit)
    now, granted, held = 0.0, 0.0, [0]
    for kind, nbytes, seconds in steps:
        if kind == "reserve":
            account.reserve(nbytes, now)
            held.append(nbytes)
            granted += nbytes
        elif kind == "release" and len(held) > 1:
            taken = held.pop()
            account.release(taken, account.version)
            granted -= taken
        elif kind == "record":
            account.record(nbytes, now - seconds, now)
            granted += nbytes
        else:
            now += seconds
        paid = now + account.delay(now)
        # `record` may date back ten seconds before the first grant.
        assert granted <= limit * (paid + CREDIT_SECONDS + 10) * (1 + 1e-9) + 1e-6
        assert account.delay(now) >= 0.0
