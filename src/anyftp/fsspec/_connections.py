"""The pool of a file system, from which clients that open files only keep can be taken back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any, Protocol
from weakref import WeakMethod

import anyio
from anyio import to_thread
from anyio.lowlevel import current_token

from anyftp import Client, ClientPool, client_context

#: Connections have to be short for this many times as long as one takes, and not longer than this.
_PATIENCE, _MOST_PATIENCE_SECONDS = 4, 0.5


class Keeper(Protocol):
    """An open file that keeps clients between two reads."""

    async def aclose(self) -> None:
        """Give them back. Cancellation: given back nonetheless."""


class Connections(ClientPool):
    """A pool that grows slowly, and from which clients that are only kept can be taken back.

    Another connection is made when there have been more hands than connections for several times as
    long as one takes to be made: a hundred small files are there before a second login is.

    Those that nobody has used for `max_idle` seconds are closed where nobody comes any more, too:
    by a timer of the event loop, where that has such. It is no task, and holds nothing.

    Args:
        trust: arguments of `client_context`, None for the default one.
    """

    def __init__(self, *args: Any, trust: Mapping[str, Any] | None, **options: Any) -> None:
        super().__init__(*args, **options)
        self._trust = trust
        self._kept: dict[Keeper, None] = {}
        self._allowed = 1
        self._short_since = self._last_short = -math.inf
        self._max_idle_seconds: float | None = options.get("max_idle", 60.0)
        self._timer: Any = None

    async def _open(self) -> Any:
        if self._tls is not None and self._ssl_context is None and self._trust is not None:
            # It reads files, and the event loop may be one that others use.
            self._ssl_context = await to_thread.run_sync(partial(client_context, **self._trust))
        return await super()._open()

    @property
    def limit(self) -> int:
        """How many connections there may be by now."""
        return min(super().limit, self._allowed)

    def allow(self, nconnections: int) -> None:
        """Let there be this many: whoever says so has enough to do for them."""
        self._allowed = max(self._allowed, nconnections)

    async def make_room(self) -> None:
        """Grow, or have the reader that has waited longest give its client back, or wait."""
        now = anyio.current_time()
        patience = min(_PATIENCE * self.seconds_to_connect, _MOST_PATIENCE_SECONDS)
        if now > self._last_short + patience:
            self._short_since = now
        self._last_short = now
        if self._allowed < super().limit and now >= self._short_since + patience:
            self._allowed *= 2
            self._short_since = now
        elif self._kept:
            await next(iter(self._kept)).aclose()
        elif self._allowed < super().limit:
            with anyio.move_on_after(self._short_since + patience - now):
                await super().make_room()
            self._last_short = anyio.current_time()
        else:
            await super().make_room()

    async def spare_client(self) -> AbstractAsyncContextManager[Client] | None:
        """Lend one more to somebody who has one: only one that nobody waits for, if there is one.

        Raises:
            FTPError: none can be connected.

        Cancellation: safe; none is lent.
        """
        session = await self.spare()
        return None if session is None else self._lent(session)

    async def give_back(self, session: Any) -> None:
        """Give one back. Cancellation: given back nonetheless."""
        await super().give_back(session)
        if self._timer is None:
            self._look_later(current_token().native_token)

    def _look_later(self, loop: Any) -> None:
        seconds = self._max_idle_seconds
        if self.nidle and seconds is not None and hasattr(loop, "call_later"):
            self._timer = loop.call_later(seconds, _look, WeakMethod(self._look), loop)

    def _look(self, loop: Any) -> None:
        self._timer = None
        self._close_forgotten(loop.time())
        self._look_later(loop)

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        super()._end()

    def keep(self, reader: Keeper) -> None:
        """Note that a reader is between two reads."""
        self._kept[reader] = None

    def take_up(self, reader: Keeper) -> None:
        """Note that a reader is about to read, or is over."""
        self._kept.pop(reader, None)

    async def aclose(self) -> None:
        for reader in list(self._kept):
            await reader.aclose()
        await super().aclose()


def _look(look: WeakMethod[Any], loop: Any) -> None:
    """Look for connections that nobody has used, unless the pool is gone."""
    method = look()
    if method is not None:
        method(loop)
