"""One data connection, from the reply 150 to its close.

The reply 150 goes out before the connection is waited for: some clients connect only then, and
all of them shake hands only then. Only a clean end of an upload is an end: FIN, and with TLS
close_notify before it. Anything else is a 426, and the caller leaves its file uncommitted.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import anyio

from anyftp._protocol import Reply, TransferMode
from anyftp._server._deflate import BrokenDeflateError, DeflateStream
from anyftp._server._refusals import Refused
from anyftp._server._session import Session
from anyftp._streams import SocketStream, ThrottleStreamIO, TLSStream, TruncatedStreamError

#: An upload has ended with the client's close_notify already. A download has been handed over by
#: then, and some clients close only after the reply 226: they are not waited for any longer.
_FAREWELL_SECONDS = 0.5


@asynccontextmanager
async def data_connection(
    session: Session, announcement: str | None
) -> AsyncIterator[ThrottleStreamIO]:
    """Announce a transfer, make its data connection, close it afterwards.

    Leaving normally closes with all due farewells, leaving by an exception closes at once.

    Raises:
        Refused: 425 or 522 if the connection is not made, 426 if it breaks or stalls.

    Cancellation: closes the connection at once.
    """
    port = session.take_port()
    try:
        if announcement is not None:
            await session.control.send(Reply("150", (announcement,)))
        socket_stream = await port.connect(session.peer_host, session.options.accept_timeout)
    finally:
        port.close()
    stream = await _wrap(session, socket_stream)
    try:
        yield stream
        await stream.aclose()
    except BrokenDeflateError as error:
        raise Refused("426", f"MODE Z: {error}; transfer aborted.") from error
    except TruncatedStreamError as error:
        raise Refused("426", "The data connection ended without TLS close_notify.") from error
    except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
        raise Refused("426", "The data connection broke, transfer aborted.") from error
    except TimeoutError as error:
        raise Refused("426", "The data connection stalled, transfer aborted.") from error
    finally:
        stream.close()


async def _wrap(session: Session, stream: SocketStream) -> ThrottleStreamIO:
    stall = session.options.stall_timeout
    inner = await _shake_hands(session, stream) if session.protects_data else stream
    throttled = ThrottleStreamIO(inner, session.throttles, timeout=stall)
    if session.state.mode is TransferMode.STREAM:
        return throttled
    return ThrottleStreamIO(DeflateStream(session, throttled))


async def _shake_hands(session: Session, stream: SocketStream) -> TLSStream:
    assert session.tls_context is not None
    try:
        secure = await TLSStream.wrap(
            stream,
            cast("ssl.SSLContext", _WithoutTickets(session.tls_context)),
            server_side=True,
            handshake_timeout=session.options.handshake_timeout,
        )
    except (ssl.SSLError, anyio.BrokenResourceError, TimeoutError) as error:
        raise Refused("425", "TLS on the data connection failed.") from error
    secure.close_timeout = _FAREWELL_SECONDS
    if session.options.require_session_reuse and not secure.session_reused:
        secure.close()
        raise Refused("522", "The data connection must resume the control connection's session.")
    return secure


class _WithoutTickets:
    """Stands in for a server's context; its connections send no TLS 1.3 session tickets.

    curl and lftp close an upload with the tickets unread. Their kernel then resets the connection,
    and ours throws away what it has received and not handed over: the upload is cut at random.
    Tickets are of no use here: data connections resume the control connection's session.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """As SSLContext.wrap_bio; OpenSSL copies the number of tickets when it is called."""
        context = self._context
        tickets, context.num_tickets = context.num_tickets, 0
        try:
            return context.wrap_bio(incoming, outgoing, server_side, server_hostname, session)
        finally:
            context.num_tickets = tickets
