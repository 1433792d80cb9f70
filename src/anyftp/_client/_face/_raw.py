"""Commands, replies and data connections one by one, for layers with rules of their own."""

from __future__ import annotations

import ssl
from collections.abc import Sequence

from anyftp._client._options._settings import PassiveCommand
from anyftp._client._session._dial import connect_data
from anyftp._client._session._login import begin_tls
from anyftp._client._session._session import Turns
from anyftp._protocol import Reply
from anyftp._streams import OptimisticStream, as_optimistic

#: What is said of nothing but transfers: how this one ended.
_ENDS = frozenset({"226", "426"})


class RawCommands(Turns):
    """What a session is made of, piece by piece; see `Client`."""

    async def send_command(
        self, verb: str, argument: str = "", *, in_transfer: bool = False
    ) -> None:
        """Send a command and leave its replies to `receive_reply`.

        What is not received before the next command is sent is read off and dropped then.

        Args:
            verb: the command; what follows a blank is taken for its argument.
            in_transfer: send it even while a stream is open. Some servers answer at once, some
                when the transfer is over, and some break it off.

        Raises:
            ConnectionLost: the connection is gone, by now or while it was sent.

        Cancellation: safe; a line is sent whole or not at all.
        """
        if not argument:
            verb, _, argument = verb.partition(" ")
        with self._turn() as session:
            transfer = session.transfer if in_transfer else None
            if transfer is not None and (transfer.is_moving or transfer.final is not None):
                is_aside = transfer.final is None  # else nothing else is owed
                await session.control.send_in_transfer(verb, argument, is_aside=is_aside)
            else:
                await session.make_way()
                await session.control.send(verb, argument)
            session.forget(verb)

    async def receive_reply(self) -> Reply:
        """Receive one reply, preliminary or final, whatever it says.

        Raises:
            FTPTimeoutError: none came in time, or none is owed.

        Cancellation: safe; what had come stays for the next call.
        """
        with self._turn() as session:
            reply = await session.control.receive()
            transfer = session.transfer
            if transfer is None or transfer.final is not None:
                return reply
            if session.control.ledger.has_aside:
                if reply.code in _ENDS:
                    transfer.final = reply
                    reply = await session.control.receive()
                session.control.ledger.answered_aside(reply)
            elif not session.control.is_owed:
                session.transfer = None  # closed by hand, and over with its final reply
                await transfer.aclose()
            return reply

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None
    ) -> None:
        """Do the TLS handshake on the control connection, after AUTH by `send_command`.

        `upgrade_to_tls` does all that in one. Data connections follow at the login, or when the
        next one is made.

        Args:
            server_hostname: the name that the certificate must carry, if it is not the host's.

        Raises:
            TLSError: the handshake failed, or the server's certificate does not verify.
            RemoteProtocolError: something came in clear text after the reply to AUTH.

        Cancellation: closes the connection.
        """
        with self._turn() as session:
            await begin_tls(session, ssl_context, server_hostname)

    async def open_data_connection(
        self, *, kind: str | None = "I", commands: Sequence[PassiveCommand] | None = None
    ) -> OptimisticStream:
        """Connect a data connection (EPSV or PASV) and leave the command for it to the caller.

        It is neither throttled nor protected by TLS; whoever asks for it closes it.

        Args:
            kind: the transfer type to have in force, None for whichever is.
            commands: passive commands to try instead of the client's own.

        Raises:
            ReplyError: the server refused every passive mode.
            DataConnectionError: no port answered.

        Cancellation: safe; nothing stays open.
        """
        with self._turn() as session:
            await session.make_way()
            if kind is not None:
                await session.use_type(kind)
            return as_optimistic(await connect_data(session, commands))

    @property
    def control_stream(self) -> OptimisticStream:
        """What carries the control connection: for its addresses and its TLS session.

        Whoever reads from it takes the replies away from the client.
        """
        return self._connected().control.stream
