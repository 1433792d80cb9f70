"""The server: accepts connections, runs their sessions, drains."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress

import anyio
from anyio.abc import TaskGroup, TaskStatus

from anyftp._errors import LocalProtocolError
from anyftp._net import Listener, listen_tcp
from anyftp._protocol import Reply, plain_host, verb_table
from anyftp._server._control import Control
from anyftp._server._conversation import Conversation
from anyftp._server._data import data_connection
from anyftp._server._dispatch import perform
from anyftp._server._limits import ConnectionCount, Failures, Place, UserCount
from anyftp._server._options import Handler, Options, TLSSource
from anyftp._server._session import Session, Shared
from anyftp._server._tls_policy import TLSPolicy
from anyftp._server._users import User, UserManager, UserTable
from anyftp._streams import SocketStream, ThrottleStreamIO
from anyftp._throttle import StreamThrottle

logger = logging.getLogger("anyftp.server")

#: Seconds to wait when no connection can be accepted (no descriptor is left, for instance).
_ACCEPT_PAUSE = 0.1


class Server:
    """An FTP server.

    Args:
        users: who may log in, or who decides it.
        ssl_context: what TLS is done with: a `ServerCertificate`, which is best; one context for
            all, in which renegotiation and compression will be switched off; or a function that
            makes one for each control connection, in a worker thread. None for no TLS.
        implicit_tls: begin with a TLS handshake, as on port 990.
        require_tls: refuse logins and data connections in clear text.
        passive_ports: where to listen for data connections; a random free one is taken.
        read_speed_limit: bytes per second of all uploads together; None for no limit.
        write_speed_limit: bytes per second of all downloads together.
        read_speed_limit_per_connection: bytes per second of the uploads of one session.
        write_speed_limit_per_connection: bytes per second of the downloads of one session.
        max_connections: sessions at once.
        max_connections_per_address: sessions from one address at once.
        idle_timeout: seconds without a command until a session is closed; transfers count as
            activity.
        login_timeout: seconds for a login as a whole.
        tls_policy: how strict to be about TLS.
        passive_host: the IPv4 address that PASV names, for servers behind NAT.
        foreign_data_hosts: let PORT and EPRT name other hosts than the client's own (FXP). Whoever
            may log in can then have the server connect anywhere.
        welcome: the text of the greeting.
        max_login_failures: wrong passwords until a session is closed.
        login_delay: seconds until the first wrong password is answered; each further one from the
            same address takes twice as long.
        stall_timeout: seconds that a data connection may stand still.
        accept_timeout: seconds that a data connection is waited for.
        handshake_timeout: seconds that a TLS handshake may take.
        extensions: commands that are off by default, because they cost much computing or few
            clients know them: any of "HASH", "XCRC", "XMD5", "XSHA1", "XSHA256", "XSHA512",
            "AVBL", "RANG", "COMB", "MODE Z".
        system: what SYST says.
        handlers: functions of your own by verb in upper case; they come before the server's. One
            for a verb of the server's runs where that would have run (beside the session where it
            moves data); `perform` does what the server would have done, `data_connection` makes
            a data connection. They check for themselves who may do what.

    Attributes:
        throttle: of all data connections together; its limits may be changed at any time.
    """

    def __init__(
        self,
        users: Sequence[User] | UserManager,
        *,
        ssl_context: TLSSource | None = None,
        implicit_tls: bool = False,
        require_tls: bool = False,
        passive_ports: Collection[int] | None = None,
        read_speed_limit: int | None = None,
        write_speed_limit: int | None = None,
        read_speed_limit_per_connection: int | None = None,
        write_speed_limit_per_connection: int | None = None,
        max_connections: int = 200,
        max_connections_per_address: int = 10,
        idle_timeout: float = 300.0,
        login_timeout: float = 60.0,
        tls_policy: TLSPolicy | None = None,
        passive_host: str | None = None,
        foreign_data_hosts: bool = False,
        welcome: str = "anyftp ready.",
        max_login_failures: int = 3,
        login_delay: float = 1.0,
        stall_timeout: float = 300.0,
        accept_timeout: float = 30.0,
        handshake_timeout: float = 30.0,
        extensions: Collection[str] = (),
        system: str = "UNIX Type: L8",
        handlers: Mapping[str, Handler] | None = None,
    ) -> None:
        self._options = Options(
            ssl_context=ssl_context,
            implicit_tls=implicit_tls,
            require_tls=require_tls,
            tls_policy=tls_policy or TLSPolicy(),
            passive_ports=passive_ports,
            passive_host=passive_host,
            foreign_data_hosts=foreign_data_hosts,
            welcome=welcome,
            max_connections=max_connections,
            max_connections_per_address=max_connections_per_address,
            max_login_failures=max_login_failures,
            login_delay=login_delay,
            login_timeout=login_timeout,
            idle_timeout=idle_timeout,
            stall_timeout=stall_timeout,
            accept_timeout=accept_timeout,
            handshake_timeout=handshake_timeout,
            verbs=verb_table(extensions),
            system=system,
            handlers={} if handlers is None else handlers,
        )
        self.throttle = StreamThrottle.from_limits(read_speed_limit, write_speed_limit)
        self._connections = ConnectionCount(max_connections, max_connections_per_address)
        self._shared = Shared(
            options=self._options,
            users=users if isinstance(users, UserManager) else UserTable(users),
            user_count=UserCount(),
            failures=Failures(self._options.login_delay),
            throttle_per_connection=StreamThrottle.from_limits(
                read_speed_limit_per_connection, write_speed_limit_per_connection
            ),
            processors=anyio.CapacityLimiter(os.cpu_count() or 1),
        )
        self._listeners: set[Listener] = set()
        self._scopes: dict[Session, anyio.CancelScope] = {}
        self._is_draining = False
        self._left = anyio.Event()

    @property
    def sessions(self) -> tuple[Session, ...]:
        """The sessions of this moment."""
        return tuple(self._scopes)

    async def serve(
        self,
        host: str = "127.0.0.1",
        port: int = 21,
        *,
        task_status: TaskStatus[list[tuple[str, int]]] = anyio.TASK_STATUS_IGNORED,
    ) -> None:
        """Serve until cancelled, or until `drain` is done.

        Args:
            host: the address to listen on.
            port: 0 for a free one.
            task_status: told the addresses (host, port) once they are listened on.

        Raises:
            OSError: the address cannot be listened on.

        Cancellation: ends all sessions at once, within a bound.
        """
        listener = await listen_tcp(host, port)
        self._listeners.add(listener)
        try:
            async with anyio.create_task_group() as tasks:
                task_status.started([listener.address])
                await self._accept(listener, tasks)
        finally:
            self._listeners.discard(listener)
            listener.close()

    async def drain(self, seconds: float) -> None:
        """Stop for good: take no connections, say goodbye to idle clients, let transfers finish.

        Args:
            seconds: how long transfers may take; what is not done then is cut off.

        Cancellation: safe; the sessions go on, but no new ones come.
        """
        self._is_draining = True
        for listener in tuple(self._listeners):
            listener.close()
        for session in self.sessions:
            session.is_draining = True
            if session.transfer is None:
                session.wake()
        with anyio.move_on_after(seconds):
            await self._until_empty()
        for scope in self._scopes.values():
            scope.cancel()
        await self._until_empty()

    async def perform(self, session: Session, verb: str, argument: str) -> Reply | None:
        """Do what a verb does here, with all checks: for `handlers` of your own.

        Returns:
            The reply, which is not sent yet; None if it has been sent.

        Cancellation: as the verb's own.
        """
        return await perform(session, verb, argument)

    def data_connection(
        self, session: Session, announcement: str | None
    ) -> AbstractAsyncContextManager[ThrottleStreamIO]:
        """Make the data connection of a handler of your own, and close it afterwards.

        Args:
            announcement: the text of the reply 150; None to send none.
        """
        return data_connection(session, announcement)

    async def _until_empty(self) -> None:
        while self._scopes:
            self._left = anyio.Event()
            await self._left.wait()

    async def _accept(self, listener: Listener, tasks: TaskGroup) -> None:
        while True:
            try:
                stream = await listener.accept()
            except anyio.ClosedResourceError:
                return
            except OSError as error:
                logger.warning("cannot accept connections: %s", error)
                await anyio.sleep(_ACCEPT_PAUSE)
            else:
                self._admit(stream, tasks)

    def _admit(self, stream: SocketStream, tasks: TaskGroup) -> None:
        """Begin a session, or refuse it without waiting for anything."""
        try:
            peer_host = plain_host(stream.remote_address[0])
            local_host = stream.local_address[0]
            _set_options(stream.raw_socket)
        except (OSError, LocalProtocolError):  # gone before it was looked at
            stream.close()
            return
        reason = self._connections.refusal(peer_host)
        if reason is None:
            place = self._connections.enter(peer_host)
            tasks.start_soon(self._guard, stream, place, local_host)
            return
        logger.warning("refused %s: %s", peer_host, reason)
        if not self._options.implicit_tls:
            with suppress(anyio.BrokenResourceError):
                stream.try_send(memoryview(Reply("421", (reason,)).encode()))
        stream.close()

    async def _guard(self, stream: SocketStream, place: Place, local_host: str) -> None:
        """Run a session so that its failure is its own."""
        try:
            await self._converse(stream, place, local_host)
        except BaseException as error:
            if _must_pass(error):
                raise
            logger.exception("the session of %s failed", place.host)
        finally:
            stream.close()
            place.leave()

    async def _converse(self, stream: SocketStream, place: Place, local_host: str) -> None:
        options = self._options
        control = Control(stream, max_line=options.max_line, send_timeout=options.send_timeout)
        session = Session(
            shared=self._shared,
            control=control,
            peer_host=place.host,
            local_host=local_host,
            began=anyio.current_time(),
            throttles={
                "server_global": self.throttle,
                "server_per_connection": self._shared.throttle_per_connection.clone(),
            },
            is_draining=self._is_draining,
        )
        try:
            with anyio.CancelScope() as self._scopes[session]:
                async with anyio.create_task_group() as tasks:
                    await Conversation(session, tasks).run()
                # The client may come back as soon as it sees the end: no longer in its own way.
                session.close()
                place.leave()
                await control.aclose()
        finally:
            control.close()
            session.close()
            del self._scopes[session]
            self._left.set()


def _set_options(sock: socket.socket) -> None:
    # Telnet's urgent byte stays in its place: ABOR often comes with it (RFC 959, 4.1.3).
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


def _must_pass(error: BaseException) -> bool:
    """Whether an exception concerns more than one session."""
    passing = (anyio.get_cancelled_exc_class(), KeyboardInterrupt, SystemExit)
    if isinstance(error, BaseExceptionGroup):
        return error.subgroup(passing) is not None
    return isinstance(error, passing)
