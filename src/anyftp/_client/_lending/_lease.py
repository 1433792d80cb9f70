"""Places at a server that several processes share: each connection of a pool takes one.

Whoever finds none free says so, and asks again until one is. A pool that hears of it closes what it
keeps for later, so that nobody waits for connections that nobody uses.
"""

from __future__ import annotations

from collections.abc import Callable

import anyio

from anyftp._counts import LOST, Counts
from anyftp._errors import ConnectionLost

#: Seconds between two tries, at first and in the end.
_FIRST_SECONDS, _LAST_SECONDS = 0.01, 0.2


class Lease:
    """The places of one pool.

    Args:
        server: which one.
        size: places of all processes together.
        give_up: called when others wait.

    Attributes:
        size: as given; it holds for what is taken from then on.
    """

    def __init__(self, counts: Counts, server: str, size: int, give_up: Callable[[], None]) -> None:
        self._counts = counts
        self._group = f"connections to {server}"
        self._waiting = f"waiting for {server}"
        self.size = size
        counts.watch(self._waiting, give_up)

    async def take(self, is_needless: Callable[[], bool]) -> bool:
        """Wait for a place; False if it became needless meanwhile.

        Raises:
            ConnectionLost: nobody can be asked for one.

        Cancellation: safe; none is taken.
        """
        if await self._is_taken():
            return True
        await self._counts.take({self._waiting: None})
        seconds = _FIRST_SECONDS
        try:
            while not is_needless():
                if await self._is_taken():
                    return True
                await anyio.sleep(seconds)
                seconds = min(2 * seconds, _LAST_SECONDS)
            return False
        finally:
            self._counts.give_back_soon([self._waiting])

    async def _is_taken(self) -> bool:
        refusal = await self._counts.take({self._group: self.size})
        if refusal == LOST:
            raise ConnectionLost(f"nobody can be asked for one of the {self._group}")
        return refusal is None

    def leave(self) -> None:
        """Give one back."""
        self._counts.give_back_soon([self._group])

    def close(self) -> None:
        """Hear of nothing any more."""
        self._counts.unwatch(self._waiting)
