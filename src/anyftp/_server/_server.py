"""The server as its users see it; `_reception` accepts connections and runs their sessions."""

from __future__ import annotations

import socket
from collections.abc import Collection, Container, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Unpack

import anyio
from anyio.abc import TaskStatus

from anyftp._counts import Counts
from anyftp._net import TCP, Network, PortListener, listen_on
from anyftp._protocol import Networks, Reply, verb_table
from anyftp._server._events._event_stream import EventStream
from anyftp._server._events._statistics import ServerStatistics
from anyftp._server._moving._data import data_connection
from anyftp._server._moving._secured import EarlyPort, OwnPort
from anyftp._server._ports._passive_host import PassiveHost, PassiveHosts
from anyftp._server._ports._ports import DataPort
from anyftp._server._reception._reception import Reception
from anyftp._server._session._hidden import Hidden
from anyftp._server._session._live_settings import LiveSettings, changed
from anyftp._server._session._options import Admit, PartialUploads, TLSSource
from anyftp._server._session._session import (
    Handler,
    ServerOptions,
    Session,
    Trace,
    UploadHook,
)
from anyftp._server._session._shared import Shared
from anyftp._server._session._tls_policy import TLSPolicy
from anyftp._server._users._bans import BanPolicy, Bans
from anyftp._server._users._limits import Failures, UserCount
from anyftp._server._users._users import User, UserManager, UserTable
from anyftp._server._verbs._dispatch import perform
from anyftp._streams import ThrottleStreamIO
from anyftp._throttle import StreamThrottle


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
        admit: called with the address of each client that connects: a text refuses it with 421,
            None lets it in. For lists of who may come and who is banned; it must not block.
        idle_timeout: seconds without a command until a session is closed; transfers count as
            activity.
        login_timeout: seconds for a login as a whole.
        tls_policy: how strict to be about TLS.
        passive_host: the IPv4 address that PASV names, for servers behind NAT: one address; a
            mapping of the clients' networks to addresses, of which the smallest that holds the
            client decides ({"10.0.0.0/8": "10.0.0.5", "0.0.0.0/0": "203.0.113.9"}); or a function
            of the client's address, which must not block. None, also as the function's answer, is
            the address that the client has connected to.
        proxy_protocol: networks of proxies that say by a PROXY header (version 1 or 2) who is
            behind them, on control and data connections: it is required of them, and that address
            then counts for limits, checks and logs. Others that send one are not believed.
        foreign_data_hosts: let PORT and EPRT name other hosts than the client's own (FXP). Whoever
            may log in can then have the server connect anywhere.
        welcome: the text of the greeting.
        ban: when an address that guesses at passwords is kept out; None for never.
        hide: patterns of names that no listing shows, such as "*.tmp" or ".*". Rights decide about
            who may use them all the same.
        max_login_failures: wrong passwords until a session is closed.
        login_delay: seconds until the first wrong password is answered; each further one from the
            same address takes twice as long, up to 32 times that and 30 seconds.
        stall_timeout: seconds that a data connection may stand still.
        accept_timeout: seconds that a data connection is waited for.
        handshake_timeout: seconds that a TLS handshake may take.
        extensions: commands that are off by default, because they cost much computing or few
            clients know them: any of "HASH", "XCRC", "XMD5", "XSHA1", "XSHA256", "XSHA512",
            "AVBL", "RANG", "COMB", "MODE Z".
        answered_in_transfers: verbs, beside NOOP and STAT, that are answered while a transfer runs.
            Others wait for its end, so that replies come in the order of the commands; and so do,
            named here or not, whatever moves data, what is about login, protection, mode and ports,
            SIZE and QUIT: clients send some of them right behind RETR or STOR.
        send_timeout: seconds that a client may take to read a reply.
        command_rate: commands per second that a client who is logged in may give; None for no
            limit. Further ones have to wait, and after 30 seconds of too many the session ends.
            Before the login it is 20.
        command_rate_per_address: commands per second that all sessions from one address may give
            together, those that move data not counted; None for no limit. Further ones wait.
        max_line: bytes in a command.
        max_listing: files and folders that are listed of one folder; of a larger one a part is
            sent, and then 451.
        max_unknown_commands: unknown commands before the login until a session is closed.
        system: what SYST says.
        handlers: functions of your own by verb in upper case; they come before the server's. One
            for a verb of the server's runs where that would have run (beside the session where it
            moves data), others beside the session; `perform` does what the server would have done,
            `data_connection` makes a data connection. They check for themselves who may do what.
            The one for "" greets whoever has connected.
        trace: called with the session, "received" or "sent", and each command as it is obeyed or
            line of a reply as it is sent, without passwords. It must not raise.
        on_upload: called with the session and an `Upload` when a file has come whole, before it
            counts: look at it, and raise `UploadRejectedError` to have it refused. It may take its
            time; the client waits for its 226.
        partial_uploads: "keep" what has come of an upload that breaks off, under its name, so that
            it can be resumed; an older file of that name is gone then. By default nothing is left,
            and the older file stays.
        network: what it listens and connects by; the operating system's TCP by default. For tests
            there is `anyftp.testing.memory_server`.
        counts: what is counted together with other servers: `max_connections` and its kin, failed
            logins and bans then hold over all of them. There is `anyftp.shared.SharedCounts`.
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
        admit: Admit | None = None,
        idle_timeout: float = 300.0,
        login_timeout: float = 60.0,
        tls_policy: TLSPolicy | None = None,
        passive_host: PassiveHost = None,
        proxy_protocol: Collection[str] = (),
        foreign_data_hosts: bool = False,
        welcome: str = "anyftp ready.",
        ban: BanPolicy | None = None,
        hide: Collection[str] = (),
        max_login_failures: int = 3,
        login_delay: float = 1.0,
        stall_timeout: float = 300.0,
        accept_timeout: float = 30.0,
        handshake_timeout: float = 30.0,
        extensions: Collection[str] = (),
        answered_in_transfers: Container[str] = (),
        send_timeout: float = 60.0,
        command_rate: float | None = 5000.0,
        command_rate_per_address: float | None = 2000.0,
        max_line: int = 8192,
        max_listing: int = 10_000_000,
        max_unknown_commands: int = 10,
        system: str = "UNIX Type: L8",
        handlers: Mapping[str, Handler] | None = None,
        trace: Trace | None = None,
        on_upload: UploadHook | None = None,
        partial_uploads: PartialUploads = "delete",
        network: Network | None = None,
        counts: Counts | None = None,
    ) -> None:
        options = ServerOptions(
            ssl_context=ssl_context,
            implicit_tls=implicit_tls,
            require_tls=require_tls,
            tls_policy=tls_policy or TLSPolicy(),
            passive_ports=passive_ports,
            passive_hosts=None if passive_host is None else PassiveHosts(passive_host),
            proxies=Networks(proxy_protocol) if proxy_protocol else None,
            foreign_data_hosts=foreign_data_hosts,
            welcome=welcome,
            max_connections=max_connections,
            max_connections_per_address=max_connections_per_address,
            admit=admit,
            ban=ban,
            hidden=Hidden(hide),
            max_login_failures=max_login_failures,
            login_delay=login_delay,
            login_timeout=login_timeout,
            idle_timeout=idle_timeout,
            stall_timeout=stall_timeout,
            accept_timeout=accept_timeout,
            handshake_timeout=handshake_timeout,
            verbs=verb_table(extensions),
            answered_in_transfers=answered_in_transfers,
            send_timeout=send_timeout,
            command_rate=command_rate,
            command_rate_per_address=command_rate_per_address,
            max_line=max_line,
            max_listing=max_listing,
            max_unknown_commands=max_unknown_commands,
            system=system,
            handlers={} if handlers is None else handlers,
            trace=trace,
            on_upload=on_upload,
            partial_uploads=partial_uploads,
        )
        self._shared = Shared(
            options=options,
            users=users if isinstance(users, UserManager) else UserTable(users),
            user_count=UserCount(),
            failures=Failures(options.login_delay),
            throttle=StreamThrottle.from_limits(read_speed_limit, write_speed_limit),
            throttle_per_connection=StreamThrottle.from_limits(
                read_speed_limit_per_connection, write_speed_limit_per_connection
            ),
            network=network or TCP(),
            bans=Bans(counts),
            counts=counts,
        )
        self._reception = Reception(self._shared)

    @property
    def throttle(self) -> StreamThrottle:
        """The limits of all data connections together; they may be changed at any time."""
        return self._shared.throttle

    @throttle.setter
    def throttle(self, throttle: StreamThrottle) -> None:
        self._shared.throttle = throttle

    @property
    def throttle_per_connection(self) -> StreamThrottle:
        """The limits of each connection: every session that begins gets a clone."""
        return self._shared.throttle_per_connection

    @throttle_per_connection.setter
    def throttle_per_connection(self, throttle: StreamThrottle) -> None:
        self._shared.throttle_per_connection = throttle

    def user_throttle(self, name: str | None) -> StreamThrottle | None:
        """The limits that all sessions of a user share; None while the user is not logged in.

        Args:
            name: as in `User`; None for the anonymous user.
        """
        return self._shared.user_count.throttle_of(name)

    @property
    def bans(self) -> Bans:
        """The addresses that are kept out for now; see `ban`."""
        return self._shared.bans

    @property
    def sessions(self) -> tuple[Session, ...]:
        """The sessions of this moment."""
        return self._reception.sessions

    @property
    def max_connections(self) -> int:
        """Sessions at once; see `change`."""
        return self._shared.options.max_connections

    @property
    def max_connections_per_address(self) -> int:
        """Sessions from one address at once; see `change`."""
        return self._shared.options.max_connections_per_address

    def statistics(self) -> ServerStatistics:
        """What the server has done so far, in numbers; any thread may ask."""
        transfers = [session.transfer for session in self.sessions]
        running = [transfer for transfer in transfers if transfer and not transfer.is_counted]
        return self._shared.counters.snapshot(
            [(transfer.verb, transfer.stats.nbytes) for transfer in running],
            sessions=len(self.sessions),
        )

    def events(self, *, max_buffered: int = 1000) -> EventStream:
        """Listen to what happens, from the `async with` on: `async for event in events`.

        The iteration ends once the server has drained. `anyftp.events` has the classes.

        Args:
            max_buffered: events kept for a listener that is busy. Further ones are dropped and
                counted (`EventsDropped`): the server never waits for a listener.

        Raises:
            ValueError: max_buffered is less than 1.
        """
        return self._shared.hub.listen(max_buffered)

    async def serve(
        self,
        host: str = "127.0.0.1",
        port: int = 21,
        *,
        sockets: Sequence[socket.socket] = (),
        implicit_tls: bool | None = None,
        task_status: TaskStatus[list[tuple[str, int]]] = anyio.TASK_STATUS_IGNORED,
    ) -> None:
        """Serve until cancelled, or until `drain` is done.

        Args:
            host: the address to listen on.
            port: 0 for a free one.
            sockets: instead of host and port: TCP sockets to listen on, bound already, by whoever
                has started this process for instance. They are closed at the end.
            implicit_tls: whether those who connect there begin with a TLS handshake; None as the
                server was told when it was made. One server may serve several ports at once.
            task_status: told the addresses (host, port) once they are listened on.

        Raises:
            OSError: the address cannot be listened on.
            ValueError: one of the sockets is no TCP socket, or TLS is wanted without ssl_context.

        Cancellation: ends all sessions at once, within a bound.
        """
        options = self._shared.options
        begins_by_tls = options.implicit_tls if implicit_tls is None else implicit_tls
        try:
            if begins_by_tls and options.ssl_context is None:
                raise ValueError("ssl_context must be given with implicit_tls")
            listeners: list[PortListener] = [listen_on(sock) for sock in sockets]
            if not sockets:
                listeners.append(await self._shared.network.listen(host, port))
        except BaseException:
            for sock in sockets:
                sock.close()
            raise
        await self._reception.run(listeners, task_status, implicit_tls=begins_by_tls)

    def change(self, **settings: Unpack[LiveSettings]) -> None:
        """Change settings while the server runs; those that are not named stay as they are.

        They have the names and the meaning that they have for `Server`. Each holds for whatever
        begins from now on, in the sessions that are there as well: none is cut. Users, limits of
        speed (see `throttle`) and implicit_tls are no settings of this kind.

        Raises:
            TypeError: there is no such setting, or it cannot change.
            ValueError: a setting makes no sense. Nothing has changed then.
        """
        self._shared.options = changed(self._shared.options, settings)

    async def drain(self, seconds: float) -> None:
        """Stop for good: take no connections, say goodbye to idle clients, let transfers finish.

        Args:
            seconds: how long transfers may take; what is not done then is cut off.

        Cancellation: safe; the sessions go on, but no new ones come.
        """
        await self._reception.drain(seconds)

    async def perform(self, session: Session, verb: str, argument: str) -> Reply | None:
        """Do what a verb does here, with all checks: for `handlers` of your own.

        Returns:
            The reply, which is not sent yet; None if it has been sent.

        Cancellation: as the verb's own.
        """
        return await perform(session, verb, argument)

    def use_port(self, session: Session, port: DataPort) -> None:
        """Have the next data connection of a session made by a port of your own.

        Where data is protected the client may begin TLS as soon as it is connected.
        """
        if session.protection.protects_data and session.tasks is not None:
            early = EarlyPort(session, OwnPort(port))
            session.use_port(early)
            session.tasks.start_soon(early.run)
        else:
            session.use_port(port)

    def data_connection(
        self, session: Session, announcement: str | None
    ) -> AbstractAsyncContextManager[ThrottleStreamIO]:
        """Make the data connection of a handler of your own, and close it afterwards.

        Args:
            announcement: the text of the reply 150; None to send none.
        """
        return data_connection(session, announcement)
