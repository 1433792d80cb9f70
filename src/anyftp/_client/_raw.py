"""Commands, replies and data connections one by one, for layers with rules of their own."""

from __future__ import annotations

from collections.abc import Sequence

from anyftp._client._dial import connect_data
from anyftp._client._options import PassiveCommand
from anyftp._client._session import Session
from anyftp._client._transfer import Transfer
from anyftp._client._wire import as_optimistic, close_forcefully
from anyftp._protocol import Reply
from anyftp._streams import OptimisticStream


async def send_command(session: Session, verb: str, argument: str) -> None:
    """Send a command; its replies are somebody else's business. Cancellation: safe."""
    await session.make_way()
    await session.control.send(verb, argument)
    session.forget(verb)


async def receive_reply(session: Session) -> Reply:
    """Receive one reply; a transfer closed by hand is over with its final one.

    Cancellation: safe.
    """
    reply = await session.control.receive()
    transfer = session.transfer
    if isinstance(transfer, Transfer) and not session.control.is_owed:
        session.transfer = None
        await close_forcefully(transfer.channel)
    return reply


async def open_data_connection(
    session: Session, kind: str | None, commands: Sequence[PassiveCommand] | None
) -> OptimisticStream:
    """Have the type in force and dial a passive port. Cancellation: safe."""
    await session.make_way()
    if kind is not None:
        await session.use_type(kind)
    return as_optimistic(await connect_data(session, commands))
