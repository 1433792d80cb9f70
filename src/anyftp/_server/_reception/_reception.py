"""Accepts connections, turns away what is too much, runs the sessions, drains.

A session's task is its conversation: whatever goes wrong in it, cancellation apart, costs that
session and no other. A session that is told to leave (`Session.kick`, the end of a drain) is
cancelled as a whole, and its client is then told 421, within a bound.
"""

from __future__ import annotations

import functools
import logging
import math
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple
from weakref import WeakValueDictionary

import anyio
from anyio.abc import ByteStream, TaskGroup, TaskStatus

from anyftp._errors import ConnectionLost, FTPTimeoutError
from anyftp._net import PortListener
from anyftp._protocol import Reply, network_of, visible
from anyftp._server._events._events import Connected, ConnectionRefused, Disconnected
from anyftp._server._ports._proxied import Ends, NoHeader, ends_of, true_ends
from anyftp._server._reception._clock import Clock
from anyftp._server._reception._conversation import Conversation
from anyftp._server._reception._intake import CommandRate
from anyftp._server._reception._rejections import Rejections
from anyftp._server._session._control import Control, prepare
from anyftp._server._session._ending import Ending
from anyftp._server._session._session import ServerOptions, Session
from anyftp._server._session._shared import Shared
from anyftp._server._users._company import Guest
from anyftp._server._users._limits import ConnectionCount, Place, is_limited
from anyftp._streams import OptimisticStream

logger = logging.getLogger("anyftp.server")

#: Seconds to wait when no connection can be accepted (no descriptor is left, for instance), and
#: seconds until that is told again: whoever floods us shall not flood the log.
_ACCEPT_PAUSE = 0.1
_COMPLAINT_PAUSE = 60.0
#: Seconds in which a client that is kicked out can take in why.
_LAST_REPLY_SECONDS = 2.0


class _Door(NamedTuple):
    """Where connections come in.

    Attributes:
        tasks: what runs the sessions.
        clock: of the sessions.
        implicit_tls: a TLS handshake is what they begin with.
    """

    tasks: TaskGroup
    clock: Clock
    implicit_tls: bool


class Reception:
    """Where connections become sessions."""

    def __init__(self, shared: Shared[ServerOptions]) -> None:
        self._shared = shared
        self._connections = ConnectionCount()
        self._rates: WeakValueDictionary[str, CommandRate] = WeakValueDictionary()
        self._rejections = Rejections()
        self._listeners: set[PortListener] = set()
        self._sessions: dict[Session, Place] = {}
        self._clocks: set[Clock] = set()
        self._introducing = 0
        self._is_draining = False
        self._sweeping: anyio.CancelScope | None = None
        self._left = anyio.Event()

    @property
    def sessions(self) -> tuple[Session, ...]:
        """The sessions of this moment, the oldest first."""
        return tuple(sorted(self._sessions, key=lambda session: session.number))

    @property
    def _options(self) -> ServerOptions:
        return self._shared.options

    async def run(
        self,
        listeners: Sequence[PortListener],
        task_status: TaskStatus[list[tuple[str, int]]],
        *,
        implicit_tls: bool,
    ) -> None:
        """Take connections until cancelled or drained; the listeners are closed at the end.

        Cancellation: ends all sessions at once, within a bound.
        """
        if not self._listeners:
            self._shared.begin()
        self._listeners.update(listeners)
        clock = Clock()
        self._clocks.add(clock)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(clock.run)
                task_status.started([listener.address for listener in listeners])
                for listener in listeners:
                    tasks.start_soon(self._accept, listener, _Door(tasks, clock, implicit_tls))
                if self._sweeping is None:
                    self._sweeping = anyio.CancelScope()
                    tasks.start_soon(self._sweep, self._sweeping)
        finally:
            self._clocks.discard(clock)
            self._listeners.difference_update(listeners)
            for listener in listeners:
                listener.close()
            if not self._listeners:  # whoever serves next begins anew
                self._sweeping = None

    async def drain(self, seconds: float) -> None:
        """See `Server.drain`. Cancellation: safe; the sessions go on, but no new ones come."""
        self._is_draining = True
        if self._sweeping is not None:
            self._sweeping.cancel()
        for listener in tuple(self._listeners):
            listener.close()
        for session in self._sessions:
            session.ending.is_draining = True
            if session.transfer is None:
                session.wake()
        self._stop_clocks()
        with anyio.move_on_after(seconds):
            await self._until_empty()
        for session in self._sessions:
            session.kick("The server is going down.")
        await self._until_empty()
        self._shared.hub.close()

    def _stop_clocks(self) -> None:
        """Once nobody is left and nobody will come."""
        if self._is_draining and not self._sessions:
            for clock in self._clocks:
                clock.stop()

    async def _until_empty(self) -> None:
        while self._sessions:
            self._left = anyio.Event()
            await self._left.wait()

    async def _sweep(self, scope: anyio.CancelScope) -> None:
        """Remove what killed servers have left; once, and while clients come already."""
        with scope:
            for tree in self._shared.users.file_systems():
                try:
                    await tree.sweep()
                except Exception:
                    logger.exception("what is left of uploads could not be removed")

    async def _accept(self, listener: PortListener, door: _Door) -> None:
        silent_until = -math.inf
        while True:
            try:
                stream = await listener.accept()
            except anyio.ClosedResourceError:
                return
            except OSError as error:
                if anyio.current_time() >= silent_until:
                    silent_until = anyio.current_time() + _COMPLAINT_PAUSE
                    logger.warning("cannot accept connections for the moment: %s", error)
                await anyio.sleep(_ACCEPT_PAUSE)
            else:
                self._receive(stream, door)
                # However many wait: sessions whose clients are gone have to end meanwhile, or
                # they would count, and others would be refused in their place.
                await anyio.lowlevel.checkpoint()

    def _receive(self, stream: OptimisticStream, door: _Door) -> None:
        """Begin with a connection, without waiting for anything."""
        ends, proxies = ends_of(stream), self._options.proxies
        if ends is None or not prepare(stream):  # gone before it was looked at
            stream.close()
        elif proxies is None or ends.client not in proxies:
            self._admit(stream, ends, door)
        elif self._introducing < self._options.max_connections:
            self._introducing += 1
            door.tasks.start_soon(self._introduce, stream, ends, door)
        else:
            self._refuse(stream, ends.client, "Too many connections, try again later.", door)

    async def _introduce(self, stream: OptimisticStream, ends: Ends, door: _Door) -> None:
        """Let a proxy say who is behind it. Cancellation: closes the connection."""
        try:
            true = await true_ends(stream, ends)
        except NoHeader as error:
            self._refuse(stream, ends.client, "A PROXY header is wanted.", door, str(error))
        except BaseException:
            stream.close()
            raise
        else:
            self._admit(stream, true, door)
        finally:
            self._introducing -= 1

    def _admit(self, stream: OptimisticStream, ends: Ends, door: _Door) -> None:
        """Begin a session, or refuse it."""
        reason = self._refusal(ends.client)
        if reason is not None:
            self._refuse(stream, ends.client, reason, door)
            return
        place = self._connections.enter(ends.client)
        if self._shared.counts is not None:
            door.tasks.start_soon(self._ask_others, stream, place, ends, door)
        elif (conversation := self._conversation(stream, place, ends, door)) is not None:
            door.tasks.start_soon(conversation.run)

    def _refusal(self, host: str) -> str | None:
        """Why a client cannot be let in; None if it can."""
        if self._is_draining:
            return "The server is going down."
        options = self._options
        if self._shared.bans.holds(host, anyio.current_time()):
            return "Your address is banned for a while."
        limits = options.max_connections, options.max_connections_per_address
        reason = self._connections.refusal(host, *limits)
        if reason is None and options.admit is not None:
            try:
                return options.admit(host)
            except Exception:
                logger.exception("whether %s may come in could not be found out", host)
                return "Something went wrong here."
        return reason

    async def _ask_others(
        self, stream: OptimisticStream, place: Place, ends: Ends, door: _Door
    ) -> None:
        """Begin a session if it is not too much for all servers together.

        Cancellation: closes the connection.
        """
        assert self._shared.counts is not None
        guest = place.guest = Guest(self._shared.counts, place.host)
        limits = self._options.max_connections, self._options.max_connections_per_address
        try:
            reason = await guest.enter(*limits)
            if reason is None:
                if (conversation := self._conversation(stream, place, ends, door)) is not None:
                    await conversation.run()
                return
        except BaseException:
            stream.close()
            raise
        finally:
            place.leave()
            await guest.leave()
        self._refuse(stream, place.host, reason, door)

    def _refuse(
        self, stream: OptimisticStream, peer_host: str, text: str, door: _Door, reason: str = ""
    ) -> None:
        self._shared.publish(ConnectionRefused(peer_host, reason or text))
        self._rejections.tell(
            stream, text, self._options, door.tasks, implicit_tls=door.implicit_tls
        )

    async def converse(self, stream: ByteStream, place: Place, server_host: str) -> None:
        """Run a session over a connected stream, to its end.

        Args:
            server_host: our address as the client sees it.

        Cancellation: closes the connection.
        """
        if not self._sessions:
            self._shared.begin()
        async with anyio.create_task_group() as tasks:
            clock = Clock()
            tasks.start_soon(clock.run)
            door = _Door(tasks, clock, implicit_tls=False)
            ends = Ends(place.host, server_host, server_host)
            if (conversation := self._conversation(stream, place, ends, door)) is not None:
                await conversation.run()
            clock.stop()

    def _conversation(
        self, stream: ByteStream, place: Place, ends: Ends, door: _Door
    ) -> Conversation | None:
        """Begin a session, which ends with what this gives; None, and closed, if it cannot be."""
        try:
            session = self._begin(stream, place, ends)
        except Exception:  # of the user's own throttles, say
            logger.exception("no session with %s could begin", place.host)
            if isinstance(stream, OptimisticStream):
                stream.close()
            place.leave()
            return None
        session.implicit_tls = door.implicit_tls
        return Conversation(session, self, door.tasks, door.clock, self._rate_of(place.host))

    async def see_off(self, session: Session) -> None:
        """Say the last words to a client, and close. Cancellation: closes at once."""
        self._end(session)
        if session.guest is not None:
            await session.guest.leave()
        if session.ending.last_reply is None:
            await session.control.aclose()
        else:
            await _send_last_reply(session.control, session.ending.last_reply)

    def forget(self, session: Session) -> None:
        """Close, and count a session no more; however it has ended."""
        session.control.close()
        self._end(session)
        del self._sessions[session]
        self._left.set()
        self._stop_clocks()

    def _rate_of(self, host: str) -> CommandRate:
        """How fast the commands of all sessions from an address may come."""
        network = network_of(host)
        rate = self._rates.get(network)
        if rate is None:
            limit = self._options.command_rate_per_address
            rate = self._rates[network] = CommandRate(limit, patience=math.inf)
        return rate

    def _end(self, session: Session) -> None:
        """Give back what a session holds: before its client sees the end and may come back."""
        if session.ending.is_complete:
            return
        session.ending.is_complete = True
        try:
            seconds = anyio.current_time() - session.began
            session.tell(Disconnected, session.ending.reason, seconds)
            session.close()
        except Exception:  # of whoever wanted to be told
            logger.exception("the end of the session of %s failed", session.peer_host)
        finally:
            self._sessions[session].leave()

    def _begin(self, stream: ByteStream, place: Place, ends: Ends) -> Session:
        options, shared = self._options, self._shared
        session = Session(
            shared=shared,
            control=Control(stream, max_line=options.max_line, send_timeout=options.send_timeout),
            peer_host=place.host,
            local_host=ends.local,
            server_host=ends.server,
            began=anyio.current_time(),
            throttles={"server_global": shared.throttle},
            ending=Ending(is_draining=self._is_draining),
            number=place.number,
            guest=place.guest,
        )
        if is_limited(shared.throttle_per_connection):
            session.throttles["server_per_connection"] = shared.throttle_per_connection.clone()
        if options.trace is not None:
            session.control.trace = functools.partial(options.trace, session)
        session.tell(Connected)
        self._sessions[session] = place
        return session


async def _send_last_reply(control: Control, reason: str) -> None:
    with (
        anyio.move_on_after(_LAST_REPLY_SECONDS, shield=True),
        suppress(ConnectionLost, FTPTimeoutError),
    ):
        await control.send(Reply("421", (visible(reason),)))
        await control.aclose()
