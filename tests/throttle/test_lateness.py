"""How late a loop wakes sleepers: single pauses, pauses in a row, small ones between large ones."""

from __future__ import annotations

import math

import pytest

from anyftp._throttle._lateness import HASTE, Lateness


def seen(*pauses: tuple[float, float]) -> Lateness:
    """After pauses of so many seconds that ended at these moments."""
    lateness = Lateness()
    for late_seconds, now in pauses:
        lateness.see(late_seconds, now)
    return lateness


@pytest.mark.parametrize(
    ("pauses", "now", "haste"),
    [
        pytest.param([], 0.0, HASTE, id="none"),
        pytest.param([(0.1, 1.0)], 1.0, HASTE, id="one"),
        pytest.param([(0.1, 1.0), (0.1, 1.2)], 1.2, 2.12, id="half-of-the-time"),
        pytest.param([(0.02, 1.0), (0.02, 1.025)], 1.025, 5.3, id="four-fifths-of-it"),
        pytest.param([(0.02, 1.0), (0.02, 1.02)], 1.02, math.inf, id="all-of-it"),
        pytest.param([(0.1, 1.0), (0.1, 1.2)], 1.61, HASTE, id="it-is-over"),
        pytest.param([(0.1, 1.0), (0.1, 3.0)], 3.0, HASTE, id="too-far-apart"),
        pytest.param([(0.01, 1.0), (0.1, 1.2)], 1.2, HASTE, id="not-alike"),
        pytest.param([(0.1, 1.0), (0.01, 1.1), (0.1, 1.2)], 1.2, 2.12, id="a-small-one-between"),
        pytest.param([(0.001, 1.0), (0.001, 1.01)], 1.01, HASTE, id="a-quiet-loop"),
        pytest.param([(0.1, 1.0), (0.1, 1.0)], 1.0, HASTE, id="in-no-time"),
    ],
)
def test_haste(pauses: list[tuple[float, float]], now: float, haste: float) -> None:
    assert seen(*pauses).haste(now) == pytest.approx(haste)


def test_slack_is_the_last_pause_for_a_while() -> None:
    assert seen().slack_seconds(0.0) == 0.0
    lateness = seen((0.1, 5.0))
    assert lateness.slack_seconds(5.5) == 0.1
    assert lateness.slack_seconds(6.5) == 0.0
