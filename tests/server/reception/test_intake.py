"""How fast commands may come."""

from __future__ import annotations

import math

import pytest

from anyftp._server._reception._intake import CommandRate
from anyftp._server._refusals import Dismissed


@pytest.mark.parametrize("now", [0.0, 5.0, 1e6])
def test_a_second_s_worth_at_once_then_one_after_the_other(now: float) -> None:
    rate = CommandRate(10.0)
    assert [rate.delay(now) for _ in range(10)] == [0.0] * 10
    assert rate.delay(now) == pytest.approx(0.1)
    assert rate.delay(now) == pytest.approx(0.2)


def test_idling_saves_up_no_more_than_a_second() -> None:
    rate = CommandRate(10.0)
    rate.delay(0.0)
    delays = [rate.delay(3600.0) for _ in range(12)]
    assert delays == [*[0.0] * 10, pytest.approx(0.1), pytest.approx(0.2)]


def test_a_sleep_that_lasts_too_long_is_no_pause() -> None:
    assert 30.0 < seconds_until_dismissed(CommandRate(1000.0), oversleeping=2.0) < 32.0


def test_no_limit() -> None:
    rate = CommandRate(None)
    assert not any(rate.delay(0.0) for _ in range(100_000))


def test_who_never_lets_up_is_dismissed() -> None:
    assert 30.0 < seconds_until_dismissed(CommandRate(10.0)) < 32.0


def seconds_until_dismissed(rate: CommandRate, *, oversleeping: float = 1.0) -> float:
    """Give commands without a break until that is too much."""
    now = 0.0
    try:
        while now < 100.0:
            now += rate.delay(now) * oversleeping
    except Dismissed:
        return now
    raise AssertionError("nobody was dismissed")


def test_who_lets_up_in_between_is_not() -> None:
    rate = CommandRate(10.0)
    now = 0.0
    for _ in range(100):
        for _ in range(20):
            now += rate.delay(now)
        now += 1.1
    assert now > 100.0


def test_before_the_login() -> None:
    rate = CommandRate.before_login()
    assert rate.is_before_login
    assert sum(rate.delay(0.0) == 0.0 for _ in range(100)) == 20


def test_one_without_end_of_patience_only_waits() -> None:
    rate = CommandRate(10.0, patience=math.inf)
    with pytest.raises(AssertionError, match="nobody was dismissed"):
        seconds_until_dismissed(rate)
