"""The further sessions of a client that is nobody's but its user's."""

from __future__ import annotations

import sys

from anyftp._client._lending._lender import Lender
from anyftp._client._session._lifecycle import leave, open_sibling
from anyftp._client._session._session import Session, SessionLender


def lender_of(session: Session, here: str) -> SessionLender:
    """Where to borrow further sessions: of the pool that has lent this one, or of its own kind.

    Args:
        here: the folder that it is in.
    """
    lender = session.lender
    if lender is None:
        lender = session.lender = FurtherSessions(session)
    if isinstance(lender, FurtherSessions):
        lender.here = here
    return lender


class FurtherSessions(Lender):
    """Sessions like one that somebody has, each closed after its use.

    Attributes:
        here: the folder that it is in.
    """

    here = ""

    def __init__(self, session: Session) -> None:
        super().__init__(sys.maxsize)
        self._session = session

    @property
    def _has_others(self) -> bool:
        return True  # the one that they are like

    async def _open(self) -> Session:
        return await open_sibling(self._session, self.here)

    async def give_back(self, session: Session) -> None:
        """Say goodbye and close. Cancellation: closes at once."""
        try:
            await leave(session)
        finally:
            self._let_go()
