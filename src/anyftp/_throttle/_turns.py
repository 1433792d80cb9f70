"""Turns for those who wait first and record afterwards, as the hooks of throttles do.

`Throttle.wait` is told neither who waits nor for how much, and `Throttle.append` comes when all is
over. If each wait stood for one block, a stream of small blocks would get next to nothing beside
one of large blocks, and if it stood for none, all who wait would move at once. So a wait draws a
lot, as a `Share` does, which lasts for as many blocks as fit in. A stream says by a context
variable that it is the one that waits; the lot of anybody else is given back when the wait is over.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from anyio.lowlevel import checkpoint

from anyftp._throttle._share import Share

if TYPE_CHECKING:
    from anyftp._throttle._throttle import Throttle

_ANY_SIZE = 1 << 60


class Turns:
    """The lots of one direction of one stream, one for each throttle.

    Args:
        weight: as for `Share`.
    """

    def __init__(self, weight: float = 1.0) -> None:
        self._weight = weight
        self._shares: dict[int, Share] = {}

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Whoever waits or records within the block does it for this stream."""
        token = _turns.set(self)
        try:
            yield
        finally:
            _turns.reset(token)

    def share(self, throttle: Throttle) -> Share:
        """The lot under one throttle."""
        share = self._shares.get(id(throttle))
        if share is None:
            share = self._shares[id(throttle)] = Share(self._weight)
        return share

    def close(self) -> None:
        """Give back all lots."""
        for share in self._shares.values():
            share.close()


_turns: ContextVar[Turns | None] = ContextVar("turns of the stream that waits", default=None)


async def until_turn(throttle: Throttle) -> None:
    """Wait for a turn of whoever is waiting. Cancellation: safe; neither debt nor credit stay."""
    turns = _turns.get()
    share = Share(appetite=_ANY_SIZE) if turns is None else turns.share(throttle)
    waited_before = share.seconds
    try:
        share.give_back(await share.grant([throttle], 1))
    finally:
        if turns is None:
            share.close()
    if share.seconds == waited_before:
        await checkpoint()


def spend(throttle: Throttle, nbytes: int) -> None:
    """Take bytes out of the lot of whoever is recording them."""
    turns = _turns.get()
    if turns is not None:
        turns.share(throttle).spend(nbytes)
