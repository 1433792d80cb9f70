"""One data connection, from the reply 150 to its close.

The reply 150 goes out before the connection is waited for: some clients connect only then, and
all of them shake hands only then. Only a clean end of an upload is an end: FIN, and with TLS
close_notify before it. Anything else is a 426, and the caller leaves its file uncommitted.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from anyftp._net import PeerCertificate
from anyftp._protocol import Reply, TransferMode
from anyftp._server._moving._deflate import BrokenDeflateError, DeflateStream
from anyftp._server._ports._ports import DataPort
from anyftp._server._refusals import Refused
from anyftp._server._session._handshake import WrongProtocol, receive_hello, without_tickets
from anyftp._server._session._session import Session
from anyftp._streams import OptimisticStream, ThrottleStreamIO, TLSStream, TruncatedStreamError

#: An upload has ended with the client's close_notify already. A download has been handed over by
#: then, and some clients close only after the reply 226: they are not waited for any longer.
_CLOSE_NOTIFY_SECONDS = 0.5
#: Verbs whose data connections the client reads, session tickets included.
_SENDING = frozenset({"RETR", "LIST", "NLST", "MLSD"})
_NO_HANDSHAKE = (
    WrongProtocol,
    ssl.SSLError,
    TimeoutError,
    anyio.BrokenResourceError,
    anyio.EndOfStream,
)


@asynccontextmanager
async def data_connection(
    session: Session, announcement: str | None
) -> AsyncIterator[ThrottleStreamIO]:
    """Announce a transfer, make its data connection, close it afterwards.

    Leaving normally closes with all that is due, close_notify for instance; leaving by an exception
    closes at once.

    Raises:
        Refused: 425 or 522 if the connection is not made, 426 if it breaks or stalls.

    Cancellation: closes the connection at once.
    """
    port = session.take_port()
    try:
        if announcement is not None:
            await session.control.send(Reply("150", (announcement,)))
        session.announce()
        plain = await _connected(session, port)
    finally:
        port.close()
    stream = await _wrap(session, plain)
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


async def _connected(session: Session, port: DataPort) -> OptimisticStream:
    try:
        return await port.connect(session.peer_host, session.options.accept_timeout)
    except (TimeoutError, OSError) as error:  # of a port of the user's own
        raise Refused("425", "No data connection was made.") from error


async def _wrap(session: Session, stream: OptimisticStream) -> ThrottleStreamIO:
    stall = session.options.stall_timeout
    inner = await _handshake(session, stream) if session.protection.protects_data else stream
    throttled = ThrottleStreamIO(inner, session.throttles, timeout=stall)
    if session.state.mode is TransferMode.STREAM:
        return throttled
    return ThrottleStreamIO(DeflateStream(session, throttled))


async def _handshake(session: Session, stream: OptimisticStream) -> TLSStream:
    protection, options = session.protection, session.options
    assert protection.context is not None
    is_sending = session.transfer is not None and session.transfer.verb in _SENDING
    context = protection.context if is_sending else without_tickets(protection.context)
    try:
        with anyio.fail_after(options.handshake_timeout):
            hello = await receive_hello(stream.receive, stream.send, options.tls_policy.alpn)
            secure = await TLSStream.wrap(
                stream, context, server_side=True, handshake_timeout=None, received=hello
            )
    except BaseException as error:
        stream.close()
        if isinstance(error, _NO_HANDSHAKE):
            raise Refused("425", "TLS on the data connection failed.") from error
        raise
    secure.close_timeout = _CLOSE_NOTIFY_SECONDS
    secure.accepts_truncation = options.tls_policy.accept_truncated_uploads
    _check_binding(session, secure)
    return secure


def _check_binding(session: Session, secure: TLSStream) -> None:
    """Make sure that whoever has connected is the client of the control connection."""
    protection, policy = session.protection, session.options.tls_policy.session_reuse
    must_resume = policy == "required" or (
        policy == "if-offered" and session.protection.resumes_on_data
    )
    if must_resume and not secure.session_reused:
        secure.close()
        raise Refused("522", "The data connection must resume the control connection's session.")
    protection.resumes_on_data |= secure.session_reused
    if session.certificate not in (None, PeerCertificate.of(secure.ssl_object)):
        secure.close()
        raise Refused("522", "The data connection must show the control connection's certificate.")
