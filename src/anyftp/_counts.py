"""What several processes count together: places, failed logins, who is kept out.

A server counts for itself in any case; what it shares with others is asked for beside that. A pool
of clients takes places at the server that it connects to. `anyftp.shared.SharedCounts` keeps all of
it, in a file or in Redis.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

#: What `Counts.take` gives where the network is kept out, and where nobody can be asked.
BANNED: Final = "banned"
LOST: Final = "lost"


class Counts(ABC):
    """Counts that are kept together with others."""

    @abstractmethod
    async def take(self, limits: Mapping[str, int | None], *, network: str = "") -> str | None:
        """Take one place in each group, or none at all.

        Args:
            limits: by the name of each group, how many places all may take there together.
            network: must not be banned.

        Returns:
            None if the places are ours; else the group that is full, or `BANNED`, or `LOST`.

        Cancellation: must be safe; no place is taken then.
        """

    @abstractmethod
    async def give_back(self, groups: Collection[str]) -> None:
        """Give back one place in each group. Cancellation: must be safe; done nonetheless."""

    @abstractmethod
    def give_back_soon(self, groups: Collection[str]) -> None:
        """As `give_back`, without waiting; others see it in a moment."""

    @abstractmethod
    def watch(self, group: str, callback: Callable[[], None]) -> None:
        """Have a function called, about once a second, while others hold places in a group."""

    @abstractmethod
    def unwatch(self, group: str) -> None:
        """Have it called no more."""

    @abstractmethod
    async def fail(self, network: str) -> Sequence[float]:
        """Note a failed login; gives the ages, in seconds, of the last ones, this one's last.

        Cancellation: must be safe.
        """

    @abstractmethod
    async def ban(self, network: str, seconds: float) -> None:
        """Keep a network out. Cancellation: must be safe."""

    @abstractmethod
    def bans(self) -> Mapping[str, float]:
        """The networks that are kept out, as far as is known by now, and for how many seconds."""

    @abstractmethod
    def lift(self, network: str) -> bool:
        """Let a network in again, in a moment; whether it is known to have been kept out."""
