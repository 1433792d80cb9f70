"""TLS on data connections: whenever the client begins it, and bound to the control connection.

curl and lftp begin after the reply 150, aioftp and others before they have sent the command. So the
ClientHello is answered when it comes.
"""

from __future__ import annotations

import logging
import math
import ssl

import anyio

from anyftp._net import PeerCertificate
from anyftp._server._ports._passive import NOTHING_CAME, PassivePort
from anyftp._server._ports._ports import DataPort
from anyftp._server._refusals import Refused
from anyftp._server._session._handshake import WrongProtocol, receive_hello, without_tickets
from anyftp._server._session._session import Session
from anyftp._streams import OptimisticStream, TLSStream

logger = logging.getLogger("anyftp.server")

#: An upload has ended with the client's close_notify already. A download has been handed over by
#: then, and some clients close only after the reply 226: they are not waited for any longer.
_CLOSE_NOTIFY_SECONDS = 0.5
#: A client that has not said PROT may not know that a handshake is wanted: it waits, as we do.
_UNASKED_SECONDS = 3.0
#: Verbs whose data connections the client reads, session tickets included.
_SENDING = frozenset({"RETR", "LIST", "NLST", "MLSD"})
_NO_HANDSHAKE = (
    WrongProtocol,
    ssl.SSLError,
    TimeoutError,
    anyio.BrokenResourceError,
    anyio.EndOfStream,
)


async def secured(session: Session, stream: OptimisticStream) -> TLSStream:
    """Do the handshake on a data connection.

    Raises:
        Refused: 425 if it fails or does not begin, 522 if it is somebody else's.

    Cancellation: closes the connection.
    """
    try:
        with anyio.fail_after(_patience(session)):
            await stream.until_readable()
    except BaseException as error:
        stream.close()
        if isinstance(error, _NO_HANDSHAKE):
            raise _not_begun(session) from error
        raise
    return await _handshake(session, stream)


def _patience(session: Session) -> float:
    """Seconds until a handshake has to begin."""
    timeout = session.options.handshake_timeout
    return timeout if session.protection.has_prot else min(timeout, _UNASKED_SECONDS)


def _not_begun(session: Session) -> Refused:
    if session.protection.has_prot:
        return _failed()
    return Refused("425", "No TLS handshake came: data is protected unless PROT C is sent.")


def _failed() -> Refused:
    return Refused("425", "TLS on the data connection failed.")


class EarlyPort:
    """A passive port whose client may begin TLS before it says what is to be transferred.

    Args:
        session: whose port it is; `run` is to run beside it.
        port: owned from now on.
    """

    def __init__(self, session: Session, port: PassivePort | OwnPort) -> None:
        self._session = session
        self._port = port
        self._scope = anyio.CancelScope()
        self._plain: OptimisticStream | None = None
        self._secure: TLSStream | None = None
        self._failure: Refused | None = None
        self._has_come = anyio.Event()
        self._has_begun = anyio.Event()
        self._is_over = anyio.Event()

    async def run(self) -> None:
        """Wait for the connection and for its handshake. Cancellation: closes the connection."""
        try:
            with self._scope:
                self._plain = await self._port.accept(self._session.peer_host)
                self._has_come.set()
                await self._plain.until_readable()
                self._has_begun.set()
                self._secure = await _handshake(self._session, self._plain)
        except Refused as refusal:
            self._failure = refusal
        except (OSError, anyio.ClosedResourceError, anyio.BrokenResourceError):
            self._failure = Refused("425", NOTHING_CAME)
        finally:
            for event in (self._has_come, self._has_begun, self._is_over):
                event.set()

    async def connect(self, peer_host: str, timeout: float) -> OptimisticStream:
        """Give the data connection, with TLS if data is to be protected.

        Raises:
            Refused: it did not come within timeout seconds, or the handshake failed.

        Cancellation: safe; `close` closes the connection.
        """
        with anyio.move_on_after(timeout):
            await self._has_come.wait()
        if self._plain is None:
            raise self._failure or Refused("425", NOTHING_CAME)
        await self._port.settle(self._plain, peer_host)
        if self._session.protection.protects_data:
            return await self._until_secure()
        self._scope.cancel()  # PROT C has come since
        await self._is_over.wait()
        return self._handed_over(None if self._has_failed else self._plain)

    async def _until_secure(self) -> OptimisticStream:
        with anyio.move_on_after(_patience(self._session)):
            await self._has_begun.wait()
        if not self._has_begun.is_set():
            raise _not_begun(self._session)
        with anyio.move_on_after(self._session.options.handshake_timeout):
            await self._is_over.wait()
        return self._handed_over(self._secure)

    @property
    def _has_failed(self) -> bool:
        return self._failure is not None or self._secure is not None

    def _handed_over(self, stream: OptimisticStream | None) -> OptimisticStream:
        if stream is None:
            raise self._failure or _failed()
        self._plain = self._secure = None
        return stream

    def close(self) -> None:
        """Stop waiting; a connection that was not handed over is closed."""
        self._scope.cancel()
        self._port.close()
        for stream in (self._secure, self._plain):
            if stream is not None:
                stream.close()


class OwnPort:
    """A port of the user's own in the form of a passive one, for `EarlyPort`."""

    def __init__(self, port: DataPort) -> None:
        self._port = port

    async def accept(self, peer_host: str) -> OptimisticStream:
        """Wait for the connection. Cancellation: as the port's."""
        return await self._port.connect(peer_host, math.inf)

    async def settle(self, stream: OptimisticStream, peer_host: str) -> None:
        """Nothing: whose connection it is, is the port's affair. Cancellation: safe."""

    def close(self) -> None:
        """Close the port."""
        self._port.close()


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
            raise _failed() from error
        raise
    secure.close_timeout = _CLOSE_NOTIFY_SECONDS
    secure.accepts_truncation = options.tls_policy.accept_truncated_uploads
    _check_binding(session, secure)
    return secure


def _check_binding(session: Session, secure: TLSStream) -> None:
    """Make sure that whoever has connected is the client of the control connection."""
    protection, policy = session.protection, session.options.tls_policy.session_reuse
    is_new = not secure.session_reused
    has_stopped = is_new and protection.resumes_on_data
    if (is_new and policy == "required") or (has_stopped and policy == "if-offered"):
        secure.close()
        raise Refused("522", "The data connection must resume the control connection's session.")
    if has_stopped:
        logger.info("%s no longer resumes its TLS session on data connections", session.peer_host)
    protection.resumes_on_data = not is_new
    if session.certificate not in (None, PeerCertificate.of(secure.ssl_object)):
        secure.close()
        raise Refused("522", "The data connection must show the control connection's certificate.")
