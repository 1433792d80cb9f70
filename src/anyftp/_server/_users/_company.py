"""A server among others: it asks them too before it lets somebody in."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import anyio

from anyftp._counts import BANNED, LOST, Counts
from anyftp._protocol import network_of
from anyftp._server._users._bans import BanPolicy, tell_of_ban
from anyftp._server._users._users import User

#: Seconds that giving back may take.
_SECONDS = 5.0

_EVERYBODY = "connections"

_REASONS = {
    _EVERYBODY: "Too many connections, try again later.",
    BANNED: "Your address is banned for a while.",
    LOST: "Nobody can be let in for the moment, try again later.",
}


class Guest:
    """The places that one connection has in the counts of all servers."""

    def __init__(self, counts: Counts, host: str) -> None:
        self._counts = counts
        self._network = network_of(host)
        self._held: list[str] = []
        self._user: str | None = None

    async def enter(self, limit: int, limit_per_address: int) -> str | None:
        """Why the connection cannot be let in; None if it is. Cancellation: it is not."""
        address = f"address {self._network}"
        limits = {_EVERYBODY: limit, address: limit_per_address}
        refusal = await self._counts.take(limits, network=self._network)
        if refusal is None:
            self._held += limits
            return None
        return _REASONS.get(refusal, "Too many connections from your address.")

    async def log_in(self, user: User) -> bool:
        """Whether one more session of a user may be. Cancellation: it may not."""
        await self.log_out()
        group = f"user {user.name}" if user.name is not None else "anonymous"
        if await self._counts.take({group: user.max_connections}) is not None:
            return False
        self._user = group
        return True

    async def log_out(self) -> None:
        """Nobody is logged in any more. Cancellation: done nonetheless."""
        if self._user is not None:
            group, self._user = self._user, None
            await self._give_back([group])

    async def leave(self) -> None:
        """Give back every place; more than once is fine. Cancellation: done nonetheless."""
        held, self._held = self._held, []
        if self._user is not None:
            held.append(self._user)
            self._user = None
        if held:
            await self._give_back(held)

    async def _give_back(self, groups: list[str]) -> None:
        with anyio.move_on_after(_SECONDS, shield=True):
            await self._counts.give_back(groups)

    async def fail(self, policy: BanPolicy | None, forgiven_after: float) -> tuple[bool, int]:
        """Note a failed login; whether it leads to a ban, and how many count that came before.

        Cancellation: safe.
        """
        ages = await self._counts.fail(self._network)
        is_banned = policy is not None and is_guessing(ages, policy)
        if policy is not None and is_banned:
            await self._counts.ban(self._network, policy.seconds)
            tell_of_ban(self._network, policy, len(ages))
        return is_banned, still_counted(ages, forgiven_after)


def is_guessing(ages: Sequence[float], policy: BanPolicy) -> bool:
    """Whether failed logins of these ages are too many."""
    return sum(age <= policy.within for age in ages) >= policy.failures


def still_counted(ages: Sequence[float], forgiven_after: float) -> int:
    """How many failures before the last are not forgiven yet: one is in each forgiven_after."""
    count = 0
    for older, younger in pairwise(ages):
        count = max(0, count + 1 - int((older - younger) / forgiven_after))
    return count
