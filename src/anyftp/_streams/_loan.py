"""What belongs to an event loop is lent to a worker thread for a while; others wait meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from anyio.lowlevel import checkpoint


class Loan:
    """Who has a thing, and who waits for it to come back.

    Attributes:
        is_out: whether somebody has it.
    """

    def __init__(self) -> None:
        self.is_out: bool = False
        self._returned: anyio.Event | None = None
        self._nwaiting = 0

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Have it. Who has waited until it was back comes first, were it taken again at once.

        Cancellation: safe.
        """
        while self._nwaiting and not self.is_out:  # they are on their way
            await checkpoint()
        await self.until_back()
        self._returned = anyio.Event()
        self.is_out = True
        try:
            yield
        finally:
            self.is_out = False
            self._returned.set()

    async def until_back(self) -> None:
        """Wait until nobody has it; no turn of the event loop if that is so. Cancellation: safe."""
        while self.is_out and self._returned is not None:
            self._nwaiting += 1
            try:
                await self._returned.wait()
            finally:
                self._nwaiting -= 1
