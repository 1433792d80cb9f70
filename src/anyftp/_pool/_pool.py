"""The pool: clients of one server for many tasks, over the sessions of a lender."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Self, Unpack
from weakref import WeakSet

from anyftp._client import Client, ClientOptions
from anyftp._client._lending._lease import Lease
from anyftp._client._lending._lender import Lender
from anyftp._client._options._settings import Endpoint, Options, TLSMode
from anyftp._client._session._lifecycle import aclose, connect, know
from anyftp._client._session._limits import Limits
from anyftp._client._session._login import login
from anyftp._client._session._session import Session
from anyftp._client._session._state import Learnt
from anyftp._counts import Counts
from anyftp._net import default_client_context
from anyftp._pool._lent import LentClient
from anyftp._pool._many_files import ManyFiles
from anyftp._throttle import StreamThrottle


class PoolOptions(ClientOptions, total=False):
    """What `ClientPool` takes by keyword; see there."""

    tls: TLSMode | None
    ssl_context: ssl.SSLContext | None
    size: int
    counts: Counts | None
    max_age: float | None
    max_idle: float | None


class ClientPool(Lender, ManyFiles):
    """Several logged-in clients of one server, for many tasks.

    Args:
        host, port, user, password, account, tls, ssl_context: as for `Client.context`.
        size: how many connections there may be. Where the server lets in fewer, those have to do.
        counts: what is counted together with other processes: `size` is then of all their pools at
            this host and port. There is `anyftp.shared.SharedCounts`.
        max_age: seconds after which a connection is replaced, between two uses; None for never.
        max_idle: seconds without use after which it is replaced.
        options: as for `Client`, for each of them. Limits of speed are for all together.
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
        lease = None if counts is None else Lease(counts, f"{host}:{port}", size, self._close_idle)
        super().__init__(size, max_age=max_age, max_idle=max_idle, lease=lease)
        self._options = Options(**options)
        self._throttle = self._options.initial_throttle()
        self._limits: WeakSet[Limits] = WeakSet()
        self._where = host, port
        self._login = user, password, account
        self._tls = tls
        self._ssl_context = ssl_context
        self._learnt: Learnt | None = None

    @classmethod
    @asynccontextmanager
    async def context(
        cls,
        host: str,
        port: int = 21,
        user: str = "anonymous",
        password: str = "anon@",
        account: str = "",
        **options: Unpack[PoolOptions],
    ) -> AsyncGenerator[Self, None]:
        """Have a pool for the length of a block; see `ClientPool` for the arguments.

        Nothing is connected before somebody wants a client.

        Cancellation: closes everything.
        """
        async with cls(host, port, user, password, account, **options) as pool:
            yield pool

    @property
    def throttle(self) -> StreamThrottle:
        """The limits of all data connections together.

        Change them, or set another throttle or None for no limits, at will: that holds from the
        next block on.
        """
        return self._throttle

    @throttle.setter
    def throttle(self, throttle: StreamThrottle | None) -> None:
        self._throttle = StreamThrottle.from_limits() if throttle is None else throttle
        for limits in self._limits:
            limits.replace(self._throttle)

    @asynccontextmanager
    async def client(self) -> AsyncGenerator[Client, None]:
        """Have a client to oneself: an idle one, a new one, or the next that is given back.

        It is in the folder that the login led to, and is closed for its user at the end of the
        block. Further connections that it needs, for `jobs` or `segments`, are borrowed from the
        pool while nobody else wants them. Whoever holds one and wants another may wait for ever,
        as others do the same.

        Raises:
            LocalProtocolError: the pool is closed.
            FTPError: no connection can be had, and none is in use that could be waited for.

        Cancellation: safe; a client whose use is cancelled is given back if it is still good.
        """
        async with self._lent(await self.take()) as client:
            yield client

    @asynccontextmanager
    async def _lent(self, session: Session) -> AsyncGenerator[Client, None]:
        client = LentClient(session, self._ssl_context)
        try:
            yield client
        finally:
            try:
                await client.end()
            finally:
                await self.give_back(session)

    async def give_back(self, session: Session) -> None:
        if session.limits.throttle is not self._throttle:  # its user had another one
            session.limits.replace(self._throttle)
        await super().give_back(session)

    async def _open(self) -> Session:
        if self._tls is not None and self._ssl_context is None:
            self._ssl_context = await default_client_context()
        limits = Limits(self._throttle)
        endpoint = Endpoint(*self._where, self._tls, self._ssl_context if self._tls else None)
        session, _ = await connect(self._options, limits, endpoint)
        try:
            await login(session, *self._login)
        except BaseException:
            await aclose(session)
            raise
        self._limits.add(limits)
        if self._learnt is None:
            self._learnt = session.learnt
        elif self._tls != "prefer":  # else anybody may have said it, in clear text
            know(session, self._learnt)
        return session

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.aclose()
