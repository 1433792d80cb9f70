"""How long a policy waits, and which ones make no sense."""

from __future__ import annotations

from typing import Any

import pytest

from anyftp import RetryPolicy
from anyftp._errors import (
    LocalProtocolError,
)

pytestmark = pytest.mark.anyio


# The policy


def test_waits_grow_up_to_a_bound() -> None:
    policy = RetryPolicy(7, 1, 3, 20, jitter=lambda: 1.0)
    assert list(policy.delays()) == [1, 3, 9, 20, 20, 20]


def test_chance_takes_up_to_half_of_a_wait() -> None:
    assert list(RetryPolicy(3, 8, jitter=lambda: 0.0).delays()) == [4, 8]
    delays = [next(RetryPolicy(2, 8).delays()) for _ in range(100)]
    assert all(4 <= delay <= 8 for delay in delays)
    assert len(set(delays)) > 50


@pytest.mark.parametrize(
    "settings",
    [
        {"attempts": 0},
        {"first_delay_seconds": -1},
        {"max_delay_seconds": -1},
        {"factor": 0.5},
    ],
    ids=str,
)
def test_policies_without_sense(settings: dict[str, Any]) -> None:
    with pytest.raises(LocalProtocolError, match="must be at least"):
        RetryPolicy(**settings)
