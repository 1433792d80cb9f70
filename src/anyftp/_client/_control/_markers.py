"""Questions whose answers show where the replies to what was sent before them end.

Nobody can say how many replies a command brings that was sent in the course of a transfer, nor
whether one comes to a transfer that was given up. `ReplyLedger` has the theory.
"""

from __future__ import annotations

import anyio
from anyio.lowlevel import checkpoint_if_cancelled

from anyftp._client._control._control_connection import ControlConnection, Timeout
from anyftp._protocol import Reply, confirmation_among


async def read_up_to_marker(control: ControlConnection, timeout: Timeout) -> list[Reply]:
    """Ask what no other command answers; gives the final replies that came before that.

    Raises and Cancellation: as `ControlConnection.receive_final`.
    """
    await control.wire.transmit(control.wire.encode(control.ledger.mark()))
    replies: list[Reply] = []
    while True:
        reply = await control.receive_final(timeout)
        if not control.ledger.is_marked:
            return replies
        replies.append(reply)


async def confirmation_past_asides(control: ControlConnection, timeout: Timeout) -> Reply:
    """Receive the final reply of a transfer, past those to commands sent in its course.

    Raises and Cancellation: as `ControlConnection.receive_final`.
    """
    replies = await read_up_to_marker(control, timeout)
    if not replies:
        raise control.disconnect("the server did not confirm a transfer")
    return confirmation_among(replies)


async def receive_overdue(control: ControlConnection, subject: str, patience: float) -> None:
    """Receive a final reply that may come by now, or may never; then a marker is sent.

    Args:
        subject: what it would be the reply to.
        patience: seconds after which it will hardly come any more.

    Raises:
        ConnectionLost: the connection is gone.

    Cancellation: safe; the reply counts as owed.
    """
    control.ledger.sent(subject)
    with anyio.move_on_after(patience):
        await control.receive_final(None)
    if control.is_owed:
        await read_up_to_marker(control, None)


async def send_marker(control: ControlConnection, verb: str, code: str) -> None:
    """Send a command in the course of what may bring any number of replies.

    Args:
        code: answers it, and nothing that was sent before.

    Raises:
        ConnectionLost: the connection is gone.

    Cancellation: safe; a line is sent whole or not at all.
    """
    line = control.wire.encode(verb)
    await checkpoint_if_cancelled()
    control.wire.check_connected()
    control.ledger.mark_by(verb, code)
    await control.wire.transmit(line)


async def receive_marked(control: ControlConnection, timeout: Timeout) -> Reply:
    """Receive the answer to a marker, past the replies to what was sent before it.

    Raises and Cancellation: as `ControlConnection.receive_final`.
    """
    while True:
        reply = await control.receive_final(timeout)
        if not control.ledger.is_marked:
            return reply
