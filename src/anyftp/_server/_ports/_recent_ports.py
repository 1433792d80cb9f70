"""Ports of listeners that were closed before anybody came.

Whoever was told such a port may still dial it: its connection was cut, say, and it does not know
yet. Were the port another session's by then, that session would take a stranger from the same
address for its own client, and an upload that the stranger ends at once for a whole file of no
bytes. So a port that nobody has come to rests before it is used again, where others are left.
Arithmetic; the time is passed in.
"""

from __future__ import annotations

import math
from collections.abc import Collection

#: Seconds that a port rests; clients dial within moments, or give up after as long.
REST_SECONDS = 60.0
#: Ports that are remembered: more than a system gives out by itself.
_MOST = 32_768


class RecentPorts:
    """The ports that rest."""

    def __init__(self) -> None:
        self._closed: dict[int, float] = {}

    def add(self, port: int, now: float) -> None:
        """A listener was closed before anybody came."""
        self._closed.pop(port, None)
        self._closed[port] = now
        oldest = next(iter(self._closed))
        while len(self._closed) > _MOST or not self.is_resting(oldest, now):
            del self._closed[oldest]
            oldest = next(iter(self._closed))

    def is_resting(self, port: int, now: float) -> bool:
        """Whether a port had better not be used yet."""
        return now < self._closed.get(port, -math.inf) + REST_SECONDS

    def rested(self, ports: Collection[int], now: float) -> Collection[int]:
        """Those of some ports that may be used."""
        if not self._closed:
            return ports
        return [port for port in ports if not self.is_resting(port, now)]

    def resting(self, ports: Collection[int], now: float) -> list[int]:
        """Those that had better not, the one closed first at the beginning."""
        wanted = set(ports)
        return [port for port in self._closed if port in wanted and self.is_resting(port, now)]
