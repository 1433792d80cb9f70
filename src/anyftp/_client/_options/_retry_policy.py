"""How often to try again, and how long to wait before."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from anyftp._errors import LocalProtocolError


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Try again what may succeed later.

    That is after a connection lost, a time-out, a refusal of the kind 4yz, and a copy of a file
    whose checksum is another than its original's.

    Attributes:
        attempts: how often to try in all; a file of a tree, by however many connections.
        first_delay_seconds: the wait after the first failure.
        factor: by how much each wait is longer than the one before.
        max_delay_seconds: the longest wait.
        jitter: a number between 0 and 1 each time: the wait is that part of its upper half, so that
            many clients do not come back in the same moment.

    Raises:
        LocalProtocolError: no attempt at all, a negative time, or a factor below 1.
    """

    attempts: int = 5
    first_delay_seconds: float = 1.0
    factor: float = 2.0
    max_delay_seconds: float = 60.0
    jitter: Callable[[], float] = random.random

    def __post_init__(self) -> None:
        least = {"attempts": 1, "first_delay_seconds": 0, "factor": 1, "max_delay_seconds": 0}
        for name, bound in least.items():
            value = getattr(self, name)
            if not value >= bound:
                raise LocalProtocolError(f"{name} must be at least {bound}, not {value}")

    def delays(self) -> Iterator[float]:
        """The wait after each failure but the last, in seconds."""
        delay = self.first_delay_seconds
        for _ in range(self.attempts - 1):
            yield min(delay, self.max_delay_seconds) * (1 + self.jitter()) / 2
            delay = min(delay * self.factor, self.max_delay_seconds)


class Tries:
    """How often one thing has been tried, by whichever session.

    Attributes:
        count: attempts that have begun over a connection.
    """

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count: int = 0
