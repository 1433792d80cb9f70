"""How late a loop wakes sleepers: single pauses, pauses in a row, small ones between large ones."""

from __future__ import annotations

import pytest

from anyftp._throttle._lateness import HASTE, Lateness


def seen(*pauses: tuple[float, float]) -> Lateness:
    """After pauses of so many seconds that ended at these moments."""
    lateness = Lateness()
    for late_seconds, now in pauses:
        lateness.see(late_seconds, now)
    return lateness


@pytest.mark.parametrize(
    ("pauses", "haste", "burst_seconds"),
    [
        pytest.param([], HASTE, 0.0, id="none"),
        pytest.param([(0.1, 1.0)], HASTE, 0.0, id="one"),
        pytest.param([(0.1, 1.0), (0.1, 1.2)], 2.12, 0.0, id="half-of-the-time"),
        pytest.param([(0.02, 1.0), (0.02, 1.025)], 1.06, 0.02, id="but-a-moment-is-free"),
        pytest.param([(0.02, 1.0), (0.02, 1.02)], 1.06, 0.02, id="all-of-the-time"),
        pytest.param([(0.1, 1.0), (0.1, 1.2), (0.0, 2.01)], HASTE, 0.0, id="it-is-over"),
        pytest.param([(0.1, 1.0), (0.1, 3.0)], HASTE, 0.0, id="too-far-apart"),
        pytest.param([(0.01, 1.0), (0.1, 1.02)], 1.06, 0.01, id="the-smaller-one-may-recur"),
        pytest.param([(0.1, 1.0), (0.01, 1.1), (0.1, 1.2)], 1.927, 0.0, id="a-small-one-between"),
        pytest.param([(0.1, 1.0), (0.1, 1.2), (0.1, 1.6)], 1.817, 0.0, id="one-was-not-seen"),
        pytest.param([(0.001, 1.0), (0.001, 1.01)], HASTE, 0.0, id="a-quiet-loop"),
        pytest.param([(0.1, 1.0), (0.1, 1.0)], HASTE, 0.0, id="in-no-time"),
    ],
)
def test_what_is_expected_after_pauses(
    pauses: list[tuple[float, float]], haste: float, burst_seconds: float
) -> None:
    lateness = seen(*pauses)
    assert lateness.haste == pytest.approx(haste, rel=0.001)
    assert lateness.burst_seconds == pytest.approx(burst_seconds)


def test_slack_is_twice_the_last_pause_for_a_while() -> None:
    assert seen().slack_seconds(0.0) == 0.0
    lateness = seen((0.1, 5.0))
    assert lateness.slack_seconds(5.5) == 0.2
    assert lateness.slack_seconds(6.5) == 0.0


def test_a_large_pause_is_forgotten_among_many_small_ones() -> None:
    small = [(0.01, 1.0 + n / 50) for n in range(1, 40)]
    assert seen((0.2, 1.0), *small).burst_seconds == 0.01
