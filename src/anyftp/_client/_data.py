"""Opening a data connection: port, command, TLS, and the server's first word.

The order on the wire is EPSV, connect, command (in active mode EPRT, command, and the server
connects), then two things at once where TLS protects the data: the handshake and the wait for the
reply. Some servers shake hands before they say 150, others (vsftpd) only when they have; a client
that does one after the other hangs on half of them.
"""

from __future__ import annotations

import ssl
from contextlib import suppress
from dataclasses import dataclass

import anyio

from anyftp._client._active import listen_for_data
from anyftp._client._data_side import DataSide
from anyftp._client._dial import connect_data, describe_tls
from anyftp._client._login import ensure_protection
from anyftp._client._session import Session
from anyftp._client._transfer import Transfer
from anyftp._client._wire import close_forcefully
from anyftp._errors import (
    DataConnectionError,
    FTPError,
    FTPTimeoutError,
    TLSError,
    TransientReplyError,
    reply_error,
)
from anyftp._protocol import Reply
from anyftp._streams import OptimisticStream, PatientStream

#: "Can't open data connection": a port still in use from the time before, mostly.
_TRY_AGAIN = "425"

_UPLOADS = frozenset({"STOR", "STOU", "APPE"})


async def open_transfer(
    session: Session, verb: str, argument: str = "", *, kind: str | None = "I", offset: int = 0
) -> Transfer:
    """Send a command that moves data and return the transfer, ready to read or write.

    A refusal with 425 is met with one more try over a fresh data connection.

    Args:
        kind: transfer type to have in force, None for whichever is.
        offset: where in the file to begin (REST, RFC 3659, 5).

    Raises:
        ReplyError: the server refused the command, the offset or every passive mode.
        DataConnectionError: no data connection could be had.
        TLSError: the data connection could not be protected.
        FTPTimeoutError: the server did not answer in time.
        ConnectionLost: the control connection is gone.

    Cancellation: leaves the control connection in step, or says that it is lost.
    """
    line = session.control.encode(verb, argument)
    await session.make_way()
    await ensure_protection(session)
    if kind is not None:
        await session.use_type(kind)
    opening = _Opening(session, verb, argument, line, offset)
    try:
        return await opening.run()
    except TransientReplyError as error:
        if error.code != _TRY_AGAIN:
            raise
    return await opening.run()


@dataclass(slots=True)
class _Opening:
    session: Session
    verb: str
    argument: str
    line: bytes
    offset: int

    async def run(self) -> Transfer:
        side = await self._prepare()
        is_sent = False
        try:
            if self.offset:
                await self.session.control.command("REST", str(self.offset), expected="3xx")
            await self.session.control.send_line(self.verb, self.line, is_settled=True)
            is_sent = True
            if side.is_complete:
                reply = await self.session.control.receive()
            else:
                reply = await self._complete(side)
            self._check(reply)
        except BaseException:
            await side.aclose()
            if is_sent and self.session.control.is_owed:
                await self.session.control.abort()
            raise
        is_upload = self.verb in _UPLOADS
        assert side.stream is not None
        return Transfer(
            self.session, side.stream, self.verb, self.argument, reply, is_upload=is_upload
        )

    async def _prepare(self) -> DataSide:
        """Do what comes before the command: connect, or listen."""
        if self.session.options.active:
            return DataSide(self.session, None, await listen_for_data(self.session))
        return DataSide(self.session, await self._connect())

    async def _connect(self) -> OptimisticStream:
        """Have a data connection to a server that owes nothing.

        A reply that comes unasked by now can only be the end of some earlier transfer, whose
        data the server may have sent over this connection; then another one is made.
        """
        while True:
            dialled = await connect_data(self.session)
            stream = dialled if isinstance(dialled, OptimisticStream) else PatientStream(dialled)
            try:
                if not await self.session.control.settle():
                    return stream
            except BaseException:
                await close_forcefully(stream)
                raise
            await close_forcefully(stream)

    def _check(self, reply: Reply) -> None:
        """Take the first reply: 1yz, or at once 2yz from servers that leave the other out."""
        if not (reply.is_preliminary or reply.is_positive):
            masks = ("1xx", "2xx")
            raise reply_error(reply.code, reply.lines, expected=masks, command=self.verb)

    async def _complete(self, side: DataSide) -> Reply:
        """Accept the server's connection and shake hands while the reply is awaited.

        Where both fail, the server's reply is the reason: a server that refuses the connection
        for want of session resumption (522, 425) cuts the handshake short as well.
        """
        reply: Reply | None = None
        failure: FTPError | None = None
        async with anyio.create_task_group() as group:
            group.start_soon(side.run)
            try:
                reply = await self.session.control.receive()
                if not reply.is_refusal:
                    await side.is_over.wait()
            except FTPError as error:
                failure = error
            except anyio.get_cancelled_exc_class():
                await self._let_complete(side, reply)
                raise
            finally:
                side.scope.cancel()
        if failure is not None:
            raise failure
        assert reply is not None
        if not side.is_complete:
            await self._explain(reply, side.error)
        return reply

    async def _let_complete(self, side: DataSide, reply: Reply | None) -> None:
        """Cancelled: yet give the handshake a moment, vsftpd ends the session if it is cut."""
        patience = self.session.options.close_timeout / 2
        with suppress(FTPError), anyio.move_on_after(patience, shield=True):
            if reply is None:
                reply = await self.session.control.receive(None)
            if not reply.is_refusal:
                await side.is_over.wait()

    async def _explain(self, reply: Reply, error: Exception | None) -> None:
        """Raise why there is no data connection, or none that is protected."""
        if not isinstance(error, ssl.SSLCertVerificationError):
            with anyio.move_on_after(self.session.options.close_timeout):
                while reply.is_preliminary:
                    reply = await self.session.control.receive(None)
            if reply.is_refusal:
                refusal = reply_error(reply.code, reply.lines, command=self.verb)
                raise refusal from error
        if isinstance(error, FTPTimeoutError | DataConnectionError):
            raise error
        reason = "it did not take place" if error is None else describe_tls(error)
        raise TLSError(f"TLS on the data connection failed: {reason}") from error
