"""The client: short methods that say what they promise and hand on to the module that does it."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Self, Unpack

from anyftp._client._face._commands import Commands
from anyftp._client._face._listings import Listings
from anyftp._client._face._mirrors import Mirrors
from anyftp._client._face._raw import RawCommands
from anyftp._client._face._transfers import Transfers
from anyftp._client._options._settings import ClientOptions, Endpoint, Options, TLSMode
from anyftp._client._options._spelled_out import spelled_out
from anyftp._client._session import _lifecycle, _login
from anyftp._client._session._clear import clear_command_channel
from anyftp._client._session._keep_alive import keep_alive
from anyftp._client._session._limits import Limits
from anyftp._client._session._session import Session
from anyftp._errors import LocalProtocolError
from anyftp._net import default_client_context
from anyftp._protocol import encode_command
from anyftp._throttle import StreamThrottle


class Client(Mirrors, Transfers, Commands, RawCommands, Listings):
    """An FTP client: one control connection, one task at a time.

    No background task runs. Commands may be cancelled anywhere: the connection stays usable, or
    says that it is disconnected (`ConnectionLost`); a stale reply is never taken for another
    command's. Several transfers at once take several clients.

    Paths are strings or of type `PurePosixPath`, as the server understands them, relative ones to
    the current directory. Every method that talks to the server raises, besides what it names:

    - `LocalProtocolError`: not connected, a path with CR, LF or NUL, or a stream that was opened
      before is not finished. Nothing was sent.
    - `ReplyError`: the server refused (`TransientReplyError`, `PermanentReplyError`).
    - `FTPTimeoutError`: the server did not answer in time.
    - `ConnectionLost`: the control connection is gone.
    - `RemoteProtocolError`: the server broke the protocol.
    - `anyio.BusyResourceError`: another task is using this client.

    Args:
        ssl_context: for TLS; the default verifies the server's certificate.
        options: see `ClientOptions`.
    """

    @spelled_out(ClientOptions, Options)
    def __init__(
        self, *, ssl_context: ssl.SSLContext | None = None, **options: Unpack[ClientOptions]
    ) -> None:
        self._options = Options(**options)
        self._limits = Limits(self._options.initial_throttle())
        self._ssl_context = ssl_context
        self._session: Session | None = None

    @classmethod
    @asynccontextmanager
    @spelled_out(ClientOptions, Options)
    async def context(
        cls,
        host: str,
        port: int = 21,
        user: str = "anonymous",
        password: str = "anon@",
        account: str = "",
        *,
        tls: TLSMode | None = None,
        ssl_context: ssl.SSLContext | None = None,
        **options: Unpack[ClientOptions],
    ) -> AsyncGenerator[Self, None]:
        """Connect, log in, and quit at the end of the block.

        Args:
            host, port: the server; implicit TLS usually listens on port 990.
            user, password, account: the login; the account is sent only if asked for.
            tls: "explicit" (AUTH TLS), "implicit" (TLS from the first byte), None for clear text,
                "prefer" for AUTH TLS with clear text where the server refuses it. With "prefer"
                anybody in between can have the password sent in clear text.
            ssl_context: for TLS; the default verifies the server's certificate.
            options: see `ClientOptions`.

        Raises:
            TLSError: the server refused TLS, or its certificate fails; nothing falls back to clear
                text but with "prefer", and there only where the server itself says no.

        Cancellation: closes everything.
        """
        client = cls(ssl_context=ssl_context, **options)
        try:
            await client.connect(host, port, tls=tls)
            await client.login(user, password, account)
            yield client
        except BaseException:
            await client.aclose()
            raise
        await client.quit()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, exc_type: type[BaseException] | None, *rest: object) -> None:
        if exc_type is None:
            await self.quit()
        else:
            await self.aclose()

    # Connecting and leaving

    async def connect(self, host: str, port: int = 21, *, tls: TLSMode | None = None) -> list[str]:
        """Connect and receive the greeting, protected as asked for.

        Returns:
            The lines of the greeting.

        Raises:
            ConnectionLost: the server could not be reached, or sent us away (421).
            TLSError: TLS was refused or the server's certificate does not verify.
            FTPTimeoutError: not within `connection_timeout`, or no greeting within `timeout`.

        Cancellation: nothing stays open.
        """
        if self.is_connected:
            raise LocalProtocolError("already connected")
        self.close()
        context = None if tls is None else await self._tls_context()
        self._session, greeting = await _lifecycle.connect(
            self._options, self._limits, Endpoint(host, port, tls, context)
        )
        return list(greeting.lines)

    async def upgrade_to_tls(self, ssl_context: ssl.SSLContext | None = None) -> None:
        """Protect the connection (AUTH TLS); data connections follow at the login, or at once.

        Raises:
            TLSError: refused, or the server's certificate does not verify.

        Cancellation: closes the connection.
        """
        with self._turn() as session:
            await _lifecycle.upgrade(session, ssl_context or await self._tls_context())

    async def clear_command_channel(self) -> None:
        """Go back to clear text on the control connection, after the login (CCC, RFC 4217, 8.2).

        For firewalls and NAT that have to read along. Data connections stay protected; but names,
        and replies, are in everybody's sight, and whoever is in between can send commands.

        Raises:
            LocalProtocolError: the control connection is already in clear text.
            ReplyError: the server refused (533, 534 and others); everything stays protected.
            FTPTimeoutError: the server did not end TLS within `close_timeout`; the connection is
                lost.

        Cancellation: closes the connection, unless CCC has not been sent yet.
        """
        with self._turn() as session:
            await clear_command_channel(session)

    async def login(
        self, user: str = "anonymous", password: str = "anon@", account: str = ""
    ) -> None:
        """Log in. Where the connection uses TLS, protect data connections as well (PROT P).

        Raises:
            ReplyError: user or password are refused, or (transient) too many are logged in.
            TLSError: the server will not protect data connections.

        Cancellation: safe; whether the login has taken place is not known.
        """
        with self._turn() as session:
            await _login.login(session, user, password, account)

    async def quit(self) -> None:
        """Say goodbye (QUIT) and close; bounded, and never an error.

        Cancellation: closes at once.
        """
        session, self._session = self._session, None
        if session is not None:
            await _lifecycle.leave(session)

    def close(self) -> None:
        """Close at once, without a word; more than once is fine."""
        session, self._session = self._session, None
        if session is not None:
            _lifecycle.close(session)

    async def aclose(self) -> None:
        """Close at once, also over streams that cannot do so synchronously.

        Cancellation: closes nonetheless.
        """
        session, self._session = self._session, None
        if session is not None:
            await _lifecycle.aclose(session)

    def keep_alive(
        self, seconds: float = 60.0, *, command: str = "NOOP", during_transfers: bool = False
    ) -> AbstractAsyncContextManager[None]:
        """Keep the server, and whatever is in between, from closing the connection for idleness.

        Within `async with client.keep_alive():` NOOP is sent whenever nothing has been sent for
        some time. It never gets in the way of a command, and its failure is the next command's.

        Args:
            seconds: how long nothing may be sent.
            command: what to send; some servers count only what does something, such as PWD.
            during_transfers: send it in the course of transfers, too. Some servers break a
                transfer off for that; those that answer late or not at all are understood.

        Raises:
            LocalProtocolError: seconds is not above 0, or the command has a line break in it.

        Cancellation: ends the block. The task in it never outlives it, and its being there puts
        nothing that the block raises into an exception group.
        """
        if not seconds > 0:
            raise LocalProtocolError(f"seconds must be above 0, not {seconds}")
        encode_command(*command.split(" ", 1))
        return keep_alive(lambda: self._session, seconds, command, during_transfers)

    @property
    def is_connected(self) -> bool:
        """Whether commands can be sent, as far as is known."""
        return self._session is not None and self._session.control.is_connected

    def is_alive(self) -> bool:
        """Whether the server is still there, as far as can be told without asking it.

        It costs next to nothing and waits for nothing; that the server has said 421 or closed the
        connection is noticed. A server that has vanished without a word shows by a command only.
        """
        return self._session is not None and self._session.control.is_alive()

    @property
    def throttle(self) -> StreamThrottle:
        """The limits of all data connections of this client together.

        Change them, or set another throttle or None for no limits, at will: that holds from the
        next block on, of transfers under way as well.
        """
        return self._limits.throttle

    @throttle.setter
    def throttle(self, throttle: StreamThrottle | None) -> None:
        self._limits.replace(throttle)

    async def _tls_context(self) -> ssl.SSLContext:
        if self._ssl_context is None:
            self._ssl_context = await default_client_context()
        return self._ssl_context
