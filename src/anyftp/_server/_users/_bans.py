"""Keeping out addresses that guess at passwords; the time is passed in."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass, fields
from typing import TypeVar

from anyftp._counts import Counts
from anyftp._protocol import network_of

_T = TypeVar("_T")

logger = logging.getLogger("anyftp.server")

#: Addresses that are remembered; beyond, the oldest is forgotten.
_MAX_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BanPolicy:
    """When an address is kept out (IPv6: its /64), in all sessions together.

    Attributes:
        failures: refused logins after which it is.
        within: seconds in which they have to come.
        seconds: how long nobody from there is let in.

    Raises:
        ValueError: one of them is not above 0.
    """

    failures: int = 10
    within: float = 600.0
    seconds: float = 3600.0

    def __post_init__(self) -> None:
        for each in fields(self):
            if not getattr(self, each.name) > 0:
                raise ValueError(f"{each.name} must be above 0, not {getattr(self, each.name)}")


class Bans:
    """Which addresses are kept out, and until when.

    Args:
        shared: what is counted together with other servers, of which bans are seen here too.
    """

    def __init__(self, shared: Counts | None = None) -> None:
        self._shared = shared
        self._failures: dict[str, deque[float]] = {}
        self._until: dict[str, float] = {}

    def record(self, host: str, now: float, policy: BanPolicy | None) -> bool:
        """Take note of a refused login; whether the address is banned for it."""
        if policy is None:
            return False
        network = network_of(host)
        recent = self._failures.pop(network, None) or deque(maxlen=policy.failures)
        if recent.maxlen != policy.failures:
            recent = deque(recent, maxlen=policy.failures)
        recent.append(now)
        if len(recent) < policy.failures or now - recent[0] > policy.within:
            _remember(self._failures, network, recent)
            return False
        _remember(self._until, network, now + policy.seconds)
        tell_of_ban(host, policy, len(recent))
        return True

    def holds(self, host: str, now: float) -> bool:
        """Whether an address is banned."""
        until = self._until.get(network_of(host))
        return until is not None and now < until

    def seconds_left(self, now: float) -> dict[str, float]:
        """The networks that are banned, and for how long yet."""
        own = {network: until - now for network, until in self._until.items() if until > now}
        return own if self._shared is None else {**self._shared.bans(), **own}

    def lift(self, host: str) -> bool:
        """Let an address, or a network of `seconds_left`, in again; whether it was banned."""
        network = network_of(host)
        self._failures.pop(network, None)
        was_shared = self._shared is not None and self._shared.lift(network)
        return self._until.pop(network, None) is not None or was_shared


def tell_of_ban(host: str, policy: BanPolicy, nfailures: int) -> None:
    """Write it to the log."""
    logger.warning("banned %s for %g s: %d failed logins", host, policy.seconds, nfailures)


def _remember(table: dict[str, _T], network: str, value: _T) -> None:
    table[network] = value
    if len(table) > _MAX_REMEMBERED:
        del table[next(iter(table))]
