"""The pool: who may have a client, when another one is connected, and when one is let go.

Whoever wants a client passes a turnstile, one after the other, first come first served. There they
get an idle client, or the right to connect one more, or wait. The server's own limit shows by a
refusal while we are connected already; from then on no more than it let in are tried, until the
refusal is old. No task runs in the background: clients that have been idle for too long are closed
by whoever comes next.
"""

from __future__ import annotations

import math
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Literal, Self, Unpack

import anyio

from anyftp._client import Client, ClientOptions
from anyftp._counts import Counts
from anyftp._errors import (
    ConnectionLost,
    FTPError,
    FTPTimeoutError,
    LocalProtocolError,
    ReplyError,
)
from anyftp._pool._lease import Lease
from anyftp._pool._lent import LentClient
from anyftp._pool._many_files import ManyFiles
from anyftp._throttle import StreamThrottle

TLSMode = Literal["explicit", "implicit", "prefer"]

#: Codes by which servers say that there are too many of us already.
_TOO_MANY = frozenset({"421", "430", "530"})

#: Seconds for which the limit that a server has shown is believed.
_LIMIT_SECONDS = 60.0


class ClientPool(ManyFiles):
    """Several logged-in clients of one server, for many tasks.

    Args:
        host, port, user, password, account, tls, ssl_context: as for `Client.context`.
        size: how many connections there may be. Where the server lets in fewer, those have to do.
        counts: what is counted together with other processes: `size` is then of all their pools at
            this host and port. There is `anyftp.shared.SharedCounts`.
        max_age: seconds after which a connection is replaced, between two uses; None for never.
        max_idle: seconds without use after which it is replaced.
        options: as for `Client`, for each of them. Limits of speed are for all together.

    Attributes:
        throttle: the limits of all data connections together; change them at will.
        size: as given; change it at will. Where it shrinks, connections that are in use are closed
            when they are given back.
        seconds_to_connect: how long it took the last time; 0 before the first.
    """

    def __init__(
        self,
        host: str,
        port: int = 21,
        user: str = "anonymous",
        password: str = "anon@",
        account: str = "",
        *,
        tls: TLSMode | None = None,
        ssl_context: ssl.SSLContext | None = None,
        size: int = 8,
        counts: Counts | None = None,
        max_age: float | None = 3600.0,
        max_idle: float | None = 60.0,
        **options: Unpack[ClientOptions],
    ) -> None:
        if size < 1:
            raise LocalProtocolError(f"a pool of {size} connections")
        limits = (options.pop("read_speed_limit", None), options.pop("write_speed_limit", None))
        self.throttle: StreamThrottle = options.pop("throttle", None) or StreamThrottle.from_limits(
            *limits
        )
        self._size = size
        self._max_age = math.inf if max_age is None else max_age
        self._max_idle = math.inf if max_idle is None else max_idle
        self._where = host, port
        self._login = user, password, account
        self._tls = tls
        self._options: dict[str, Any] = dict(options) | {"ssl_context": ssl_context}
        self._idle: list[LentClient] = []
        self._lease = (
            None if counts is None else Lease(counts, f"{host}:{port}", size, self._close_idle)
        )
        self._nopen = 0
        self._server_limit: int | None = None
        self._limit_seen_at = -math.inf
        self._turnstile = anyio.Lock()
        self._changed = anyio.Event()
        self._was_let_in = False
        self._is_closed = False
        self._nwaiting = 0
        self.seconds_to_connect: float = 0.0

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
        size: int = 8,
        counts: Counts | None = None,
        max_age: float | None = 3600.0,
        max_idle: float | None = 60.0,
        **options: Unpack[ClientOptions],
    ) -> AsyncGenerator[Self, None]:
        """Have a pool for the length of a block; see `ClientPool` for the arguments.

        Nothing is connected before somebody wants a client.

        Cancellation: closes everything.
        """
        pool = cls(
            host,
            port,
            user,
            password,
            account,
            tls=tls,
            ssl_context=ssl_context,
            size=size,
            counts=counts,
            max_age=max_age,
            max_idle=max_idle,
            **options,
        )
        try:
            yield pool
        finally:
            await pool.aclose()

    @property
    def size(self) -> int:
        """How many connections there may be."""
        return self._size

    @size.setter
    def size(self, size: int) -> None:
        if size < 1:
            raise LocalProtocolError(f"a pool of {size} connections")
        self._size = size
        if self._lease is not None:
            self._lease.size = size
        self._close_surplus()
        self._changed.set()

    @property
    def nopen(self) -> int:
        """Connections there are at the moment, those being made included."""
        return self._nopen

    @property
    def nidle(self) -> int:
        """How many of them nobody uses."""
        return len(self._idle)

    @property
    def limit(self) -> int:
        """How many there may be: `size`, or fewer where the server has said so lately."""
        if self._server_limit is None:
            return self.size
        if anyio.current_time() >= self._limit_seen_at + _LIMIT_SECONDS:
            self._server_limit = None
            return self.size
        return min(self.size, self._server_limit)

    @property
    def is_wanted(self) -> bool:
        """Whether somebody waits for a client, or for one that is being connected."""
        return self._nwaiting > 0

    async def make_room(self) -> None:
        """Called when somebody has to wait; returns when it is worth to look again.

        A subclass that keeps clients can give one back, or have a `limit` that grows.

        Cancellation: safe.
        """
        await self._changed.wait()

    # Lending

    @asynccontextmanager
    async def client(self) -> AsyncGenerator[Client, None]:
        """Have a client to oneself: an idle one, a new one, or the next that is given back.

        It is in the folder that the login led to. Whoever holds one and wants another may wait for
        ever, as others do the same.

        Raises:
            LocalProtocolError: the pool is closed.
            FTPError: no connection can be had, and none is in use that could be waited for.

        Cancellation: safe; a client whose use is cancelled is given back if it is still good.
        """
        self._nwaiting += 1
        try:
            lent = await self._take()
        finally:
            self._nwaiting -= 1
        try:
            yield lent
        finally:
            await self._give_back(lent)

    async def _take(self) -> LentClient:
        while True:
            while self._idle and not self._turnstile.locked():  # nobody is passed over
                idle = self._idle.pop()
                if self._is_good(idle):
                    return idle
                self._drop(idle)
            async with self._turnstile:
                lent = await self._idle_or_place()
                if lent is None and not self._was_let_in:
                    # Alone: what is wrong with a login need not be tried eight times at once.
                    lent = await self._connect()
            if lent is not None:
                return lent
            try:
                lent = await self._connect()
            except FTPError as error:
                if not self._can_wait_after(error):
                    raise
            else:
                if lent is not None:
                    return lent

    async def _idle_or_place(self) -> LentClient | None:
        """A client that is good, or None for the right to connect one, which is counted."""
        while True:
            if self._is_closed:
                raise LocalProtocolError("the pool is closed")
            while self._idle:
                lent = self._idle.pop()
                if self._is_good(lent):
                    return lent
                self._drop(lent)
            if self._nopen < self.limit:
                self._nopen += 1
                return None
            self._changed = anyio.Event()
            await self.make_room()

    async def _connect(self) -> LentClient | None:
        """Use up the right to connect a client; None if one has become idle instead.

        Cancellation: nothing stays open, and somebody else may connect one.
        """
        if self._lease is not None and not await self._has_place(self._lease):
            return None
        lent = LentClient(**self._options)
        lent.throttle = self.throttle
        began = anyio.current_time()
        try:
            await lent.connect(*self._where, tls=self._tls)
            await lent.login(*self._login)
        except BaseException:
            await lent.aclose()
            self._let_go()
            raise
        self._was_let_in = True
        self.seconds_to_connect = anyio.current_time() - began
        return lent

    async def _has_place(self, lease: Lease) -> bool:
        is_taken = False
        try:
            is_taken = await lease.take(lambda: bool(self._idle))
        finally:
            if not is_taken:
                self._nopen -= 1
                self._changed.set()
        return is_taken

    def _can_wait_after(self, error: FTPError) -> bool:
        """Whether others are connected, so that one of theirs can be had later."""
        if not self._nopen:
            return False
        if _says_too_many(error):
            self._server_limit = self._nopen
            self._limit_seen_at = anyio.current_time()
            return True
        return isinstance(error, ConnectionLost | FTPTimeoutError)

    async def _give_back(self, lent: LentClient) -> None:
        is_good = False
        try:
            is_good = await lent.tidy_up()
        finally:
            if is_good and not self._is_closed:
                lent.idle_since = anyio.current_time()
                self._idle.append(lent)
                self._close_forgotten()
                self._close_surplus()
                self._changed.set()
            else:
                self._drop(lent)

    def _is_good(self, lent: LentClient) -> bool:
        return not self._is_old(lent) and lent.is_alive()

    def _is_old(self, lent: LentClient) -> bool:
        now = anyio.current_time()
        return now >= lent.made_at + self._max_age or now >= lent.idle_since + self._max_idle

    def _close_forgotten(self) -> None:
        """Close those at the bottom of the pile that nobody has wanted for too long."""
        while self._idle and self._is_old(self._idle[0]):
            self._drop(self._idle.pop(0))

    def _close_surplus(self) -> None:
        while self._idle and self._nopen > self._size:
            self._drop(self._idle.pop(0))

    def _drop(self, lent: LentClient) -> None:
        lent.close()
        self._let_go()

    def _let_go(self) -> None:
        self._nopen -= 1
        if self._lease is not None:
            self._lease.leave()
        self._changed.set()

    # The end

    def close(self) -> None:
        """Close idle connections without a word, and those in use when they are given back.

        Where no event loop runs any more this is all that can be done.
        """
        self._is_closed = True
        self._close_idle()
        if self._lease is not None:
            self._lease.close()

    def _close_idle(self) -> None:
        while self._idle:
            self._drop(self._idle.pop())

    async def aclose(self) -> None:
        """Say goodbye to the server over idle connections; those in use are closed when given back.

        Cancellation: closes at once.
        """
        self._is_closed = True
        if self._lease is not None:
            self._lease.close()
        idle, self._idle = self._idle, []
        try:
            async with anyio.create_task_group() as group:
                for lent in idle:
                    group.start_soon(lent.quit)
        finally:
            for lent in idle:
                self._drop(lent)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.aclose()


def _says_too_many(error: FTPError) -> bool:
    refusal = error if isinstance(error, ReplyError) else error.__cause__
    return isinstance(refusal, ReplyError) and refusal.code in _TOO_MANY
