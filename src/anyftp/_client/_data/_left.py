"""A transfer that was broken off and whose end has not been heard yet."""

from __future__ import annotations

from anyio.lowlevel import checkpoint_if_cancelled

from anyftp._client._session._dial import ask_port_behind_abort, hear_port
from anyftp._client._session._session import Session
from anyftp._protocol import Reply


class LeftTransfer:
    """In place of a transfer whose data connection is closed: the next command hears its end.

    Meanwhile the server says what it has to say, and opens the next port, if it can be asked ahead.
    """

    final: Reply | None = None
    is_moving = False

    def __init__(self, session: Session) -> None:
        self._session = session
        session.transfer = self

    async def ask_ahead(self) -> None:
        """Ask for the next port where ABOR has been sent.

        Raises:
            ConnectionLost: the connection is gone.

        Cancellation: safe.
        """
        if self._session.control.ledger.owes("ABOR"):
            await ask_port_behind_abort(self._session)

    async def make_way(self) -> None:
        """Hear how it ended. Cancellation: not interrupted; it is bounded."""
        await self.abandon_transfer()

    async def abandon_transfer(self) -> None:
        """Hear how it ended. Cancellation: not interrupted; it is bounded."""
        session = self._session
        session.transfer = None
        if session.unsettled.port_asked is None:
            await session.abort(may_be_lost=False)
        else:
            await hear_port(session)

    def close(self) -> None:
        """Its data connection is closed by now."""

    async def aclose(self) -> None:
        """Its data connection is closed by now. Cancellation: safe."""
        await checkpoint_if_cancelled()
