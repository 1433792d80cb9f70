"""Getting back in step after a transfer was given up: ABOR, and what servers make of it."""

from __future__ import annotations

import socket
from contextlib import suppress

import anyio
from anyio.abc import SocketAttribute

from anyftp._client._control._control_connection import ControlConnection
from anyftp._client._control._markers import read_up_to_marker
from anyftp._errors import ConnectionLost, RemoteProtocolError
from anyftp._protocol import found_nothing_to_abort
from anyftp._streams import TLSStream

#: IAC IP, and IAC DM whose DM is urgent (RFC 854).
_INTERRUPT, _SYNCH = b"\xff\xf4", b"\xff\xf2"

#: Seconds in which a server notices that a data connection has been closed.
_MOMENT = 0.2


async def abort(control: ControlConnection) -> bool:
    """Get back in step after a transfer was given up and its data connection closed.

    Most servers notice the end of the data connection and say how the transfer ended: one
    command, one reply. If that does not come in a moment, ABOR is sent, unless the options
    forbid it or `send_abort` has been called before. To send it at once is fine only once
    data flow: pyftpdlib, if it has not accepted the data connection yet, answers 225 and
    later sends the data of the transfer given up over the data connection of the next.

    Servers answer ABOR with 426 and 226, with one of them, or with 225; none of these says
    how many replies are still to come. So unless both have come together, a marker is sent after
    the first: its answer is the answer to nothing else, and what precedes it is read off.

    Where all this takes longer than `close_timeout` the connection is given up; the next
    command says so.

    Returns:
        Whether the server has not said how the transfer ended, only that there is none (225).

    Cancellation: not interrupted; it is bounded.
    """
    if not control.is_connected:
        return False
    control.ledger.take_asides()
    patience = control.options.close_timeout
    is_unanswered = False
    # Errors mean that it is known by now to be disconnected; the next command will say so.
    with (
        suppress(ConnectionLost, RemoteProtocolError),
        anyio.move_on_after(patience, shield=True),
    ):
        if not control.ledger.owes("ABOR"):
            with anyio.move_on_after(
                min(_MOMENT, patience / 2) if may_abort(control) else patience
            ):
                await control.receive_final(None)
            if control.is_owed:
                await send_abort(control)
        if control.is_owed:
            is_unanswered = await _get_in_step(control)
    if control.is_owed and control.is_connected:
        control.disconnect("the server did not answer the end of a transfer that was given up")
    return is_unanswered


async def send_abort(control: ControlConnection) -> None:
    """Send ABOR, where the options allow it; its reply is owed too.

    Raises:
        ConnectionLost: the connection is gone.

    Cancellation: not interrupted; it is bounded.
    """
    if may_abort(control) and control.is_connected:
        if control.habits.telnet_abort:
            await _interrupt(control)
        control.ledger.sent("ABOR")
        await control.wire.transmit(control.wire.encode("ABOR"))


async def abort_first(control: ControlConnection) -> None:
    """Send ABOR and hear the server's word on it while the data connection is still open.

    For servers that end the session when a data connection breaks; those that answer only
    when it has been closed keep us waiting for half of `close_timeout`.

    Cancellation: not interrupted; it is bounded.
    """
    with (
        suppress(ConnectionLost, RemoteProtocolError),
        anyio.move_on_after(control.options.close_timeout / 2, shield=True),
    ):
        await send_abort(control)
        if control.ledger.owes("ABOR"):
            await control.receive_final(None)


def may_abort(control: ControlConnection) -> bool:
    """Whether ABOR may be sent."""
    return control.options.send_abort and control.habits.send_abort is not False


async def _interrupt(control: ControlConnection) -> None:
    """Say Telnet's IP and Synch (RFC 959, 4.1.3), for servers deaf during transfers."""
    raw = control.stream.extra(SocketAttribute.raw_socket, None)
    if raw is None or isinstance(control.stream, TLSStream):
        return await control.wire.transmit(_INTERRUPT + _SYNCH)
    await control.wire.transmit(_INTERRUPT)
    with suppress(OSError):
        raw.send(_SYNCH, socket.MSG_OOB)
    return None


async def _get_in_step(control: ControlConnection) -> bool:
    replies = [await control.receive_final(None), *control.take_received()]
    # Another one follows 426, even where the transfer was over before ABOR came.
    if control.is_owed or replies[-1].code.startswith("4"):
        replies += await read_up_to_marker(control, None)
    return found_nothing_to_abort(replies)
