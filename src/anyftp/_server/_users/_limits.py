"""Counting: connections by address, sessions and bytes by user, wrong passwords by address."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from anyftp._protocol import network_of
from anyftp._server._users._company import Guest
from anyftp._server._users._users import User
from anyftp._throttle import StreamThrottle, Throttle

#: Addresses whose failures are remembered; beyond, the oldest is forgotten.
_MAX_REMEMBERED = 10_000


class ConnectionCount:
    """How many connections there are, in all and from each address (IPv6: from each /64)."""

    def __init__(self) -> None:
        self._by_network: Counter[str] = Counter()
        self._entered = 0

    def refusal(self, host: str, limit: int, limit_per_address: int) -> str | None:
        """Why one more connection from host is too many; None if it is not."""
        if self._by_network.total() >= limit:
            return "Too many connections, try again later."
        if self._by_network[network_of(host)] >= limit_per_address:
            return "Too many connections from your address."
        return None

    def enter(self, host: str) -> Place:
        """Count one more; its place is to be left when the connection ends."""
        self._by_network[network_of(host)] += 1
        self._entered += 1
        return Place(self._by_network, host, self._entered)


class Place:
    """One connection's place among those that are counted.

    Attributes:
        host: the peer's address.
        number: counts the places ever taken, from 1.
        guest: its places among those of other servers.
    """

    __slots__ = ("_by_network", "_is_taken", "_network", "guest", "host", "number")

    def __init__(self, by_network: Counter[str], host: str, number: int) -> None:
        self.host = host
        self.number = number
        self._network = network_of(host)
        self._by_network = by_network
        self._is_taken = True
        self.guest: Guest | None = None

    def leave(self) -> None:
        """Count one less; more than once is fine."""
        if self._is_taken:
            self._is_taken = False
            self._by_network[self._network] -= 1
            if self._by_network[self._network] <= 0:
                del self._by_network[self._network]


@dataclass(slots=True)
class _Presence:
    throttle: StreamThrottle
    sessions: int = 0


class UserCount:
    """Which users are logged in how often, and the throttle that each one's sessions share."""

    def __init__(self) -> None:
        self._present: dict[str | None, _Presence] = {}

    def enter(self, user: User) -> StreamThrottle | None:
        """Count one more session; None if that is too many."""
        present = self._present.get(user.name)
        if present is None:
            present = self._present[user.name] = _Presence(user.make_throttle())
        if user.max_connections is not None and present.sessions >= user.max_connections:
            return None
        present.sessions += 1
        return present.throttle

    def throttle_of(self, name: str | None) -> StreamThrottle | None:
        """The throttle of a user who is logged in."""
        present = self._present.get(name)
        return None if present is None else present.throttle

    def leave(self, user: User) -> None:
        """Count one less."""
        present = self._present[user.name]
        present.sessions -= 1
        if not present.sessions:
            del self._present[user.name]


class Failures:
    """Wrong passwords by address, over all connections.

    One that logs in at last is not forgiven for it: whoever has an account could else guess at
    the others' for ever. Time forgives, one failure after the other.

    Args:
        delay: seconds that the first failure costs; each further one costs twice as much, up to 32
            times that.
        forgiven_after: seconds after which one failure is forgotten.
    """

    MAX_DELAY = 30.0

    def __init__(self, delay: float = 1.0, forgiven_after: float = 60.0) -> None:
        self._delay = delay
        self.forgiven_after = forgiven_after
        self._by_network: dict[str, tuple[int, float]] = {}

    def record(self, host: str, now: float, already: int = 0) -> float:
        """Take note of a failure; returns the seconds to wait before saying so.

        Args:
            already: how many others know of that are not forgiven.
        """
        network = network_of(host)
        count, last = self._by_network.pop(network, (0, now))
        count = max(already, count - int((now - last) / self.forgiven_after))
        self._by_network[network] = (count + 1, now)
        if len(self._by_network) > _MAX_REMEMBERED:
            del self._by_network[next(iter(self._by_network))]
        return min(self._delay * (1 << min(count, 5)), self.MAX_DELAY)


def is_limited(throttle: StreamThrottle) -> bool:
    """Whether a throttle does anything: it has a limit, or is one of the user's own."""
    return any(type(each) is not Throttle or each.limit is not None for each in throttle)
