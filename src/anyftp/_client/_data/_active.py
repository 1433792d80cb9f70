"""Active mode: the server connects to us (PORT, RFC 959, 4.1.2; EPRT, RFC 2428, 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anyio.abc import SocketAttribute

from anyftp._client._session._session import Session
from anyftp._errors import (
    DataConnectionError,
    LocalProtocolError,
    PermanentReplyError,
)
from anyftp._protocol import format_eprt, format_port, plain_host, reply_error
from anyftp._streams import SocketStream

if TYPE_CHECKING:
    from anyftp._net import Listener


async def listen_for_data(session: Session) -> Listener:
    """Listen where the control connection ends on our side, and tell the server the port.

    EPRT is tried first, then PORT where the address is of IPv4; what worked is remembered.

    Raises:
        ReplyError: the server refused both.
        NoDataPort: every port allowed is in use.
        DataConnectionError: we cannot listen.
        LocalProtocolError: the control connection is no socket of ours.

    Cancellation: safe; nothing stays open.
    """
    from anyftp._net import listen_tcp  # most clients never listen

    local = session.control.stream.extra(SocketAttribute.local_address, None)
    if not isinstance(local, tuple):
        raise LocalProtocolError(
            "active must be False: the control connection is not a TCP socket of this process"
        )
    try:
        listener = await listen_tcp(local[0], ports=session.options.active_ports)
    except OSError as error:
        raise DataConnectionError(f"cannot listen for data on {local[0]}: {error}") from error
    try:
        await _announce(session, session.options.active_host or local[0], listener.port)
    except BaseException:
        listener.close()
        raise
    return listener


async def _announce(session: Session, host: str, port: int) -> None:
    arguments = {"EPRT": format_eprt(host, port)}
    if ":" not in plain_host(host):
        arguments["PORT"] = format_port(host, port)
    known = session.learnt.active
    commands = [known] if known in arguments else list(arguments)
    failure: PermanentReplyError | None = None
    for command in commands:
        reply = await session.control.exchange(command, arguments[command])
        if reply.is_positive:
            session.learnt.active = command
            return
        refusal = reply_error(reply.code, reply.lines, expected=("2xx",), command=command)
        if not isinstance(refusal, PermanentReplyError):
            raise refusal
        failure = refusal
    assert failure is not None
    raise failure


async def accept_from_server(session: Session, listener: Listener) -> SocketStream:
    """Wait for the server's connection; anybody else's is closed (RFC 2577, 6).

    Cancellation: safe; nothing stays open but the listener.
    """
    remote = session.control.stream.extra(SocketAttribute.remote_address)
    server = plain_host(str(remote[0]))
    while True:
        stream = await listener.accept()
        if plain_host(stream.remote_address[0]) == server:
            return stream
        stream.close()
