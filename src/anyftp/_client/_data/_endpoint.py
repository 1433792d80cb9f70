"""Our end of a data connection while the reply to the command is awaited."""

from __future__ import annotations

import math
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import anyio

from anyftp._client._control._wire import close_forcefully, reset_on_close
from anyftp._client._data._active import accept_from_server
from anyftp._client._session._dial import describe_tls, dial_data, handshake
from anyftp._client._session._session import Session
from anyftp._errors import DataConnectionError, FTPError, FTPTimeoutError, TLSError
from anyftp._protocol import Reply, reply_error
from anyftp._streams import OptimisticStream, TLSStream, as_optimistic

if TYPE_CHECKING:
    from anyftp._net import Listener

#: A server that has accepted the command but does not connect within this many seconds will not.
_PATIENCE = 30.0

#: Seconds in which a server opens a port that was refused before it had the command.
_LATE = 2.0

#: Seconds between two tries of that; and for the close_notify of a server known to send none:
#: what has come is read off, so that closing does not reset the connection.
_MOMENT = 0.1

#: Seconds for which a session that has been resumed is taken again. Tickets live for hours.
_TICKET_SECONDS = 30.0


class DataEndpoint:
    """What is left to be done for a data connection once the command is sent.

    With a listener, the server has to connect; with an address, it listens there only now; with
    TLS, hands have to be shaken. `run` does it as a task that never fails: the outcome is kept.

    Attributes:
        session: whose it is.
        stream: the data connection, as far as it has come.
        error: why it came no further.
        is_complete: whether nothing is left to be done.
        is_over: set when `run` has ended.
        scope: what `run` is cancelled by; a cancellation from outside does not reach it.
    """

    def __init__(
        self,
        session: Session,
        stream: OptimisticStream | None,
        *,
        listener: Listener | None = None,
        address: tuple[str, int] | None = None,
    ) -> None:
        self.session = session
        self._listener = listener
        self._address = address
        self.stream = stream
        self.error: Exception | None = None
        self.is_complete = False
        self.is_over = anyio.Event()
        self.scope = anyio.CancelScope(shield=True)

    async def run(self) -> None:
        """Do what is left to be done. Cancellation: by `scope` only."""
        with self.scope:
            try:
                await self._complete()
            except (
                ssl.SSLError,
                anyio.BrokenResourceError,
                anyio.ClosedResourceError,
                DataConnectionError,
                FTPTimeoutError,
                OSError,
            ) as error:
                self.error = error
        self.is_over.set()

    async def _complete(self) -> None:
        if self._listener is not None:
            self.stream = await self._accept(self._listener)
            self._listener.close()
        if self._address is not None:
            self.stream = await self._dial(*self._address)
        if self.session.protection.covers_data:
            self.stream = await self._handshake()
        self.is_complete = True

    async def _accept(self, listener: Listener) -> OptimisticStream:
        limit = self.session.options.connection_timeout or _PATIENCE
        with anyio.move_on_after(limit):
            return await accept_from_server(self.session, listener)
        raise DataConnectionError(f"the server did not connect to port {listener.port}")

    async def _dial(self, host: str, port: int) -> OptimisticStream:
        """Connect to a server that opens its port when it has the command; give it a moment."""
        options = self.session.options
        deadline = anyio.current_time() + _LATE
        while True:
            try:
                return as_optimistic(
                    await dial_data(options, host, port, options.connection_timeout)
                )
            except DataConnectionError as error:
                was_refused = isinstance(error.__cause__, ConnectionRefusedError)
                if not was_refused or anyio.current_time() >= deadline:
                    raise
            await anyio.sleep(_MOMENT)

    async def _handshake(self) -> TLSStream:
        session = self.session
        assert session.protection.tls is not None
        assert self.stream is not None
        timeout = session.options.timeout
        secured = await handshake(
            self.stream,
            session.protection.tls,
            session.host,
            timeout,
            session=self._known_session(),
        )
        if not secured.session_reused:
            session.protection.asked_at = -math.inf
        secured.close_timeout = session.options.close_timeout
        if session.learnt.habits.await_close_notify is False:
            secured.close_timeout = min(secured.close_timeout, _MOMENT)
        return secured

    def _known_session(self) -> ssl.SSLSession | None:
        """The control connection's session, to be resumed; before CCC where that was said.

        TLS 1.3 sends tickets after the handshake, and they may be renewed: it is asked for now, not
        earlier, but not for each of many small files, for OpenSSL copies it with the certificates
        in it. It is of the same context, or OpenSSL would refuse to resume.
        """
        protection, control = self.session.protection, self.session.control.stream
        now = anyio.current_time()
        if isinstance(control, TLSStream) and now >= protection.asked_at + _TICKET_SECONDS:
            protection.session, protection.asked_at = control.session, now
        return protection.session

    async def aclose(self, *, with_reset: bool) -> None:
        """Close whatever is open, at once. Cancellation: closed nonetheless.

        Args:
            with_reset: for uploads and for what was never used. An orderly end would be that of an
                empty file, to a server that has begun to receive before its reply came; and to one
                that has given the port to another session by now, whose upload it waits for.
        """
        if self._listener is not None:
            self._listener.close()
        if self.stream is not None:
            if with_reset:
                reset_on_close(self.stream)
            await close_forcefully(self.stream)


async def complete(
    endpoint: DataEndpoint, first_reply: Callable[[], Awaitable[Reply]], verb: str, argument: str
) -> Reply:
    """Accept the server's connection, with its handshake, while the reply is awaited.

    Where both fail, the server's reply is the reason: a server that refuses the connection
    for want of session resumption (522, 425) cuts the handshake short as well.

    Args:
        first_reply: receives the first reply to the command.

    Cancellation: safe; the replies stay owed, and the endpoint is the caller's to close.
    """
    reply: Reply | None = None
    failure: FTPError | None = None
    async with anyio.create_task_group() as group:
        group.start_soon(endpoint.run)
        try:
            reply = await first_reply()
            if not reply.is_refusal:
                await endpoint.is_over.wait()
        except FTPError as error:
            failure = error
        except anyio.get_cancelled_exc_class():
            await _let_complete(endpoint, reply)
            raise
        finally:
            if not endpoint.is_over.is_set():
                endpoint.scope.cancel()
    if failure is not None:
        raise failure
    assert reply is not None
    if not endpoint.is_complete:
        await _explain(endpoint, reply, verb, argument)
    return reply


async def _let_complete(endpoint: DataEndpoint, reply: Reply | None) -> None:
    """Cancelled: yet give the handshake a moment, vsftpd ends the session if it is cut."""
    patience = endpoint.session.options.close_timeout / 2
    with suppress(FTPError), anyio.move_on_after(patience, shield=True):
        if reply is None:
            reply = await endpoint.session.control.receive(None)
        if not reply.is_refusal:
            await endpoint.is_over.wait()


async def _explain(endpoint: DataEndpoint, reply: Reply, verb: str, argument: str) -> None:
    """Raise why there is no data connection, or none that is protected."""
    session, error = endpoint.session, endpoint.error
    if not isinstance(error, ssl.SSLCertVerificationError):
        with anyio.move_on_after(session.options.close_timeout):
            while reply.is_preliminary:
                reply = await session.control.receive(None)
        if reply.is_refusal:
            raise reply_error(reply.code, reply.lines, command=verb, argument=argument) from error
    if isinstance(error, FTPTimeoutError | DataConnectionError):
        raise error
    reason = "it did not take place" if error is None else describe_tls(error)
    raise TLSError(f"TLS on the data connection failed: {reason}") from error
