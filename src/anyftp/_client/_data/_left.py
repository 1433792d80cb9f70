"""Transfers that are broken off: what is said to the server first, and who hears the end."""

from __future__ import annotations

from contextlib import suppress

import anyio
from anyio.lowlevel import checkpoint_if_cancelled

from anyftp._client._control._back_in_step import abort_first, send_abort
from anyftp._client._session._dial import ask_port_behind_abort, hear_port
from anyftp._client._session._session import Session
from anyftp._errors import ConnectionLost
from anyftp._protocol import Reply
from anyftp._streams import OptimisticStream, TLSStream


def is_in_motion(channel: OptimisticStream) -> bool:
    """Whether the server has accepted the data connection: it sends, or has shaken hands."""
    if isinstance(channel, TLSStream):
        return True
    try:
        return bool(channel.try_receive_into(memoryview(bytearray(1))))
    except (anyio.BrokenResourceError, anyio.ClosedResourceError):
        return False


async def announce_end(session: Session, *, is_flowing: bool) -> None:
    """Say ABOR while the data connection is open, where that is better than afterwards.

    Cancellation: not interrupted; it is bounded.
    """
    control = session.control
    if session.learnt.habits.abort_before_close:
        await abort_first(control)
    elif is_flowing:
        # proftpd ends the session when the data connection is closed first.
        with suppress(ConnectionLost):
            await send_abort(control)


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
