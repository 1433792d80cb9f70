"""The client: short methods that say what they promise and hand on to the module that does it."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import tzinfo
from typing import Self, Unpack

from anyftp._client._face._commands import Commands
from anyftp._client._face._listings import Listings
from anyftp._client._face._mirrors import Mirrors
from anyftp._client._face._raw import RawCommands
from anyftp._client._face._transfers import Transfers
from anyftp._client._options._retry_policy import RetryPolicy
from anyftp._client._options._settings import (
    ClientOptions,
    Endpoint,
    Options,
    PassiveCommand,
    TLSMode,
    Trace,
)
from anyftp._client._session import _lifecycle, _login
from anyftp._client._session._clear import clear_command_channel
from anyftp._client._session._keep_alive import keep_alive
from anyftp._client._session._limits import Limits
from anyftp._client._session._session import Session
from anyftp._errors import LocalProtocolError
from anyftp._net import Dialler, ProxyDialler, connect_tcp, default_client_context
from anyftp._protocol import HabitRule, ListParser, encode_command
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
        timeout: seconds to wait for a reply, for data to move, and for the handshake on a data
            connection, which goes on beside the reply; None for any time (a handshake: 30).
        connection_timeout: seconds to connect, data connections included, and to shake hands.
        login_timeout: seconds for the greeting and TLS together, and again for a whole login; None
            for any time.
        read_speed_limit: bytes per second of all downloads together.
        write_speed_limit: bytes per second of all uploads together.
        throttle: limits of your own instead, such as one that several clients share.
        encoding: of names on the control connection and in listings. Bytes that are not of it
            survive as lone surrogates.
        ssl_context: for TLS; the default verifies the server's certificate.
        dialler: connects to a host and port, for proxies and tests.
        close_timeout: seconds that ending, aborting and getting back in step may take.
        confirmation_timeout: seconds to wait for the reply that confirms an upload, or tells a
            checksum, where `timeout` is shorter: some servers scan or copy the file first. With
            `timeout=None`, any time.
        passive_commands: which to try, in this order.
        trust_passive_host: connect to the address in the answer to PASV rather than to the
            server's. Makes the client connect wherever a server wants; for rare load balancers.
        protect_data: with TLS, protect data connections too. Without it files and listings go in
            clear text (PROT C), and only names and passwords are protected.
        active: have the server connect to us (EPRT, else PORT) instead of connecting to it. Not
            through a proxy.
        active_host: the address to tell the server, where it is not the one that we connect from
            (behind NAT).
        active_ports: where to listen, a random one of these; any free port if None.
        send_abort: send ABOR when a transfer is given up. Without it closing the data connection
            has to do; for servers that ABOR upsets.
        server_zone: time zone of the times in LIST; UTC if None, unless the server is known to
            list otherwise. MLSD's are always UTC. See `measure_zone`.
        list_options: goes before the path in LIST, such as "-a" for servers that hide names with a
            dot in front unless asked (vsftpd). Those that do not know it take it for a name.
        list_parser: asked about each line of LIST before the known dialects, with the line, the
            present time in the server's zone, and the folder. It gives an `Entry` (`KnownEntry`
            will do), or None for a line that says nothing; `ListingError` leaves the line to the
            others.
        retry: how to go on after failures, None for not at all. A connection found dead before a
            command is made anew, with login, TLS and folder as before; commands that only ask,
            listings and transfers of files are tried again, the latter from where they stopped if
            they have `resume=True`. What may have changed something is never sent twice.
        habits: what you know of servers, in rules of your own; they win over `HABIT_RULES`.
        trace: called with "sent" or "received" and each line of the control connection, without
            passwords, as in `trace=functools.partial(logger.debug, "%s %s")`. It must not raise.
        max_reply_line, max_reply_bytes, max_reply_lines: bounds of one reply.
        max_reply_seconds: how long a reply may take from its first byte to its last.
        strict_replies: raise `MixedReplyError` where a reply seems to end under another code than
            the one it began with. By default such a line is its end after a second of silence,
            for glFTPd's sake.
        max_path: longest path, or other argument, that goes into a command, in bytes.
        max_entry_line: longest line of a listing in bytes; longer ones are passed over.
        max_entries: most entries that an awaited `list` gathers; an iterated one has no bound.
        max_listing_bytes: how long the listing of one folder may be, iterated or not.
        max_depth: deepest nesting of folders that trees are followed into.
    """

    def __init__(
        self,
        *,
        timeout: float | None = None,
        connection_timeout: float | None = None,
        login_timeout: float | None = 60.0,
        read_speed_limit: float | None = None,
        write_speed_limit: float | None = None,
        throttle: StreamThrottle | None = None,
        encoding: str = "utf-8",
        ssl_context: ssl.SSLContext | None = None,
        dialler: Dialler | None = None,
        close_timeout: float = 2.0,
        confirmation_timeout: float = 60.0,
        passive_commands: Sequence[PassiveCommand] = ("EPSV", "PASV"),
        trust_passive_host: bool = False,
        protect_data: bool = True,
        active: bool = False,
        active_host: str | None = None,
        active_ports: range | None = None,
        send_abort: bool = True,
        server_zone: tzinfo | None = None,
        list_options: str = "",
        list_parser: ListParser | None = None,
        habits: Sequence[HabitRule] = (),
        retry: RetryPolicy | None = None,
        trace: Trace | None = None,
        max_reply_line: int = 8192,
        max_reply_bytes: int = 65536,
        max_reply_lines: int = 1000,
        max_reply_seconds: float = 120.0,
        strict_replies: bool = False,
        max_path: int = 4096,
        max_entry_line: int = 65536,
        max_entries: int = 10_000_000,
        max_listing_bytes: int = 1 << 30,
        max_depth: int = 100,
    ) -> None:
        if active and isinstance(dialler, ProxyDialler):
            raise LocalProtocolError(
                "active must be False with a ProxyDialler: no server can connect to us through it"
            )
        if throttle is None:
            throttle = StreamThrottle.from_limits(read_speed_limit, write_speed_limit)
        elif read_speed_limit is not None or write_speed_limit is not None:
            raise LocalProtocolError("speed limits must be None with a throttle, which has its own")
        self._limits = Limits(throttle)
        self._ssl_context = ssl_context
        self._session: Session | None = None
        self._options = Options(
            dialler=connect_tcp if dialler is None else dialler,
            is_own_dialler=dialler is None,
            timeout=timeout,
            connection_timeout=connection_timeout,
            login_timeout=login_timeout,
            close_timeout=close_timeout,
            confirmation_timeout=confirmation_timeout,
            encoding=encoding,
            passive_commands=tuple(passive_commands),
            trust_passive_host=trust_passive_host,
            protect_data=protect_data,
            active=active,
            active_host=active_host,
            active_ports=active_ports,
            send_abort=send_abort,
            server_zone=server_zone,
            list_options=list_options,
            list_parser=list_parser,
            habits=tuple(habits),
            retry=retry,
            trace=trace,
            max_reply_line=max_reply_line,
            max_reply_bytes=max_reply_bytes,
            max_reply_lines=max_reply_lines,
            max_reply_seconds=max_reply_seconds,
            strict_replies=strict_replies,
            max_path=max_path,
            max_entry_line=max_entry_line,
            max_entries=max_entries,
            max_listing_bytes=max_listing_bytes,
            max_depth=max_depth,
        )

    @classmethod
    @asynccontextmanager
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
        **client_options: Unpack[ClientOptions],
    ) -> AsyncGenerator[Self, None]:
        """Connect, log in, and quit at the end of the block.

        Args:
            host, port: the server; implicit TLS usually listens on port 990.
            user, password, account: the login; the account is sent only if asked for.
            tls: "explicit" (AUTH TLS), "implicit" (TLS from the first byte), None for clear text,
                "prefer" for AUTH TLS with clear text where the server refuses it. With "prefer"
                anybody in between can have the password sent in clear text.
            ssl_context: for TLS; the default verifies the server's certificate.
            client_options: as for `Client`.

        Raises:
            TLSError: the server refused TLS, or does not verify; there is no fall back to clear
                text but with "prefer", and there only where the server itself says no.

        Cancellation: closes everything.
        """
        client = cls(ssl_context=ssl_context, **client_options)
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
            raise LocalProtocolError("connected already")
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
            LocalProtocolError: the control connection is in clear text already.
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
            LocalProtocolError: a time of nothing, or a command with line breaks in it.

        Cancellation: ends the block. The task in it never outlives it, and its being there puts
        nothing that the block raises into an exception group.
        """
        if not seconds > 0:
            raise LocalProtocolError(f"seconds must be more than 0, not {seconds}")
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

        Change them, or set another throttle, at will: that holds from the next block on, of
        transfers under way as well.
        """
        return self._limits.throttle

    @throttle.setter
    def throttle(self, throttle: StreamThrottle) -> None:
        self._limits.replace(throttle)

    async def _tls_context(self) -> ssl.SSLContext:
        if self._ssl_context is None:
            self._ssl_context = await default_client_context()
        return self._ssl_context
