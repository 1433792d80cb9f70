"""What is kept for several processes, and the steps in which it changes.

Each *member* (a process) holds this many places in each *group*. They count as long as its lease
does, which it renews; so whoever is killed gives back all it had. Beside that each group has a
*number*, which nobody holds and which stays: the bytes that a quota's files take. A group is full
when its number and what all members hold come to its limit.

A member tells what it holds in the end rather than how much more: what was lost on the way is put
right the next time, and to say it twice does no harm.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

import anyio

#: Seconds for which a member's places count after it was heard of last. Who is killed is to have
#: given back all within five, as far as somebody who waits for it is concerned, who looks again.
LEASE_SECONDS = 4.5
#: Failed logins of one network that are remembered, and for how long.
FAILURES, FAILURE_SECONDS = 100, 86_400.0


class LedgerLost(OSError):
    """Nobody can be asked at the moment."""


def reason_of(error: BaseException) -> str:
    """Why nobody can be asked: what lies under the error of a library, which says no more."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error) or type(error).__name__  # a time-out has no words


def is_cancelled() -> bool:
    """Whether what fails now fails because it is cancelled: a library's own tasks go first."""
    return anyio.current_effective_deadline() == -math.inf


class Claim(NamedTuple):
    """What a member wants to hold in a group.

    Attributes:
        amount: what it then holds there in all.
        limit: of the group; None for no limit.
    """

    amount: int
    limit: int | None


class Change(NamedTuple):
    """What becomes of a group when something is settled.

    Attributes:
        amount: what the member then holds there in all.
        more: what is added to the group's number, if it has one: what nobody has counted, or what
            was forgotten since, is to be counted first.
    """

    amount: int
    more: int


class Renewal(NamedTuple):
    """What a member hears when it renews its lease.

    Attributes:
        is_known: whether anything was known of it; nothing is to one who comes for the first time,
            and to all where the ledger was forgotten.
        bans: the networks that are kept out, and for how many seconds more.
    """

    is_known: bool
    bans: Mapping[str, float]


class Ledger(Protocol):
    """Where it is kept. Each method is one step: others see all of it or nothing."""

    async def take(self, member: str, claims: Mapping[str, Claim], network: str) -> str | None:
        """Hold what is claimed if no group is too full for it; else give the first that is.

        Args:
            network: "" or one that must not be banned; where it is, the answer is `BANNED`.

        Cancellation: it may be held or not.
        """

    async def settle(self, member: str, changes: Mapping[str, Change]) -> None:
        """Hold this much, and add to numbers. Cancellation: it may be done or not."""

    async def renew(self, member: str, held: Mapping[str, int]) -> Renewal:
        """Hold this much for one more lease.

        Cancellation: it may be done or not.
        """

    async def leave(self, member: str, groups: Collection[str]) -> None:
        """Hold nothing any more, in whatever groups it was. Cancellation: it may be done or not."""

    async def fail(self, network: str) -> Sequence[float]:
        """Note a failed login; the ages of those that are remembered, the oldest first.

        Cancellation: it may be done or not.
        """

    async def ban(self, network: str, seconds: float) -> None:
        """Keep a network out. Cancellation: it may be done or not."""

    async def lift(self, network: str) -> None:
        """Let it in, and forget its failures. Cancellation: it may be done or not."""

    async def numbers(self, groups: Collection[str]) -> Sequence[tuple[int | None, int]]:
        """The number of each group, None if it has none, and what is held there by all.

        Cancellation: safe.
        """

    async def begin(self, numbers: Mapping[str, int]) -> None:
        """Give numbers to groups that have none. Cancellation: it may be done or not."""
