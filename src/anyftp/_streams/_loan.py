"""What belongs to an event loop is lent to a worker thread for a while; others wait meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from anyio.lowlevel import checkpoint


class Loan:
    """Who has a thing, and who waits for it to come back."""

    def __init__(self) -> None:
        self._returned: anyio.Event | None = None
        self._nwaiting = 0

    @property
    def is_out(self) -> bool:
        """Whether somebody has it."""
        return self._returned is not None

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Have it. Who has waited until it was back comes first, were it taken again at once.

        Cancellation: safe.
        """
        while self._nwaiting and self._returned is None:  # they are on their way
            await checkpoint()
        await self.until_back()
        self._returned = returned = anyio.Event()
        try:
            yield
        finally:
            self._returned = None
            returned.set()

    async def until_back(self) -> None:
        """Wait until nobody has it; no turn of the event loop if that is so. Cancellation: safe."""
        while self._returned is not None:
            self._nwaiting += 1
            try:
                await self._returned.wait()
            finally:
                self._nwaiting -= 1
