"""Counting bytes and their present rate."""

from __future__ import annotations

import pytest

from anyftp._throttle._tally import Tally


def test_the_rate_is_that_of_the_last_second() -> None:
    tally = Tally()
    assert tally.rate(0.0) == 0.0
    for n in range(100):  # 1000 bytes a second for 10 s, then twice that
        tally.add(100, n / 10)
    assert tally.rate(10.0) == pytest.approx(1000, rel=0.25)
    for n in range(100):
        tally.add(200, 10 + n / 10)
    assert tally.rate(20.0) == pytest.approx(2000, rel=0.25)
    assert tally.total == 30_000
    assert tally.rate(22.0) == 0.0


def test_what_did_not_move_does_not_count() -> None:
    tally = Tally()
    tally.add(1000, 0.0)
    tally.add(-400, 0.1)
    assert tally.total == 600
    assert tally.rate(0.5, unmoved=100) == pytest.approx(1000)
    assert tally.rate(0.5, unmoved=10_000) == 0.0
