"""Going on after failures, where the user has given a `RetryPolicy`.

Two things are done, and only between commands that belong together. A control connection found
dead before a command goes out is replaced: nothing was sent, so any command may follow. And what
can be done twice without harm is tried again when it has failed: commands that only ask, and whole
files. What may have changed something (MKD, DELE, RNTO) is not: nobody knows whether it has.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

from anyftp._client._options._retry_policy import RetryPolicy, Tries
from anyftp._client._session._session import Session
from anyftp._errors import (
    ChecksumError,
    ConnectionLost,
    DataConnectionError,
    FTPTimeoutError,
    SourceChangedError,
    TransientReplyError,
)

T = TypeVar("T")

_MAY_PASS = (
    ChecksumError,  # what came, or was kept, is thrown away by now
    ConnectionLost,
    DataConnectionError,
    FTPTimeoutError,
    SourceChangedError,
    TransientReplyError,
)


class Persistence:
    """One session's second chances.

    Args:
        restore: connects anew and brings the session to where it was.
    """

    def __init__(
        self,
        session: Session,
        policy: RetryPolicy,
        restore: Callable[[Session], Awaitable[None]],
    ) -> None:
        self._session = session
        self._policy = policy
        self._restore = restore
        self._is_repeating = False

    async def revive(self) -> None:
        """Replace a control connection that is dead.

        Raises:
            ConnectionLost, FTPTimeoutError: in vain.

        Cancellation: safe.
        """
        session = self._session
        if session.is_abandoned:
            return  # whoever sends something hears that the client is closed
        if session.is_logged_in and not session.control.is_alive():
            await self.repeat(lambda: self._restore(session))

    async def repeat(self, attempt: Callable[[], Awaitable[T]], tries: Tries | None = None) -> T:
        """Do something until it succeeds, fails for good, or has failed too often.

        Args:
            tries: of all sessions that have had it to do. A connection that cannot be had is no
                try, but is not waited for more often either.

        Cancellation: safe.
        """
        if self._is_repeating:
            return await attempt()
        self._is_repeating = True
        try:
            for delay in self._policy.delays():
                try:
                    return await self._try(attempt, tries)
                except _MAY_PASS:
                    is_over = tries is not None and self.is_spent(tries)
                    if self._session.is_abandoned or is_over:
                        raise
                    self._cut_losses()
                await anyio.sleep(delay)
            return await self._try(attempt, tries)
        finally:
            self._is_repeating = False

    def is_spent(self, tries: Tries) -> bool:
        """Whether something has been tried as often as it may."""
        return tries.count >= self._policy.attempts

    async def _try(self, attempt: Callable[[], Awaitable[T]], tries: Tries | None) -> T:
        if tries is not None:
            await self.revive()
            tries.count += 1
        return await attempt()

    def _cut_losses(self) -> None:
        """Have a server that owes a reply after its time-out asked over a new connection."""
        control, asked = self._session.control, self._session.unsettled.port_asked
        if self._session.transfer is None and control.ledger.oldest not in (None, asked):
            control.disconnect("a reply did not come in time")
