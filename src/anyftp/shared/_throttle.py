"""A throttle whose limit is one for many processes.

Streams pay a local account, as with any throttle, so that everything else stays as it is: fairness
between them, kernel copies, no burst. What is shared is how fast that account runs. A task beside,
inside the `async with`, renews the lease on a part of the limit some twenty times a second; that is
all that goes to Redis, however much moves.
"""

from __future__ import annotations

import logging
import math
import secrets
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any, Literal, Self
from urllib.parse import urlsplit

import anyio

from anyftp import Throttle
from anyftp.shared._ledger import is_cancelled, reason_of
from anyftp.shared._redis_url import check_url, client_of
from anyftp.shared._script import LEASE, LEAVE

logger = logging.getLogger("anyftp.shared")

#: Seconds between two looks at what the streams do, and between two renewals while they rest.
_TICK_SECONDS, _REST_SECONDS = 0.05, 0.2
#: Seconds for which a lease holds, and in which Redis has to answer.
_LEASE_SECONDS, _ANSWER_SECONDS = 0.8, 0.4
#: Seconds between two tries to reach Redis.
_RETRY_SECONDS = 0.25
#: Bytes per second of those who have no lease: nothing, nearly; a limit cannot be zero.
_NOTHING = 1.0
#: Whoever uses this much of its lease could use more.
_HUNGRY = 0.9

Ask = Callable[[list[str]], Any]


class SharedThrottle(Throttle):
    """A limit for all processes, on all machines, that use the same name on the same Redis.

        async with SharedThrottle("redis://localhost", "uploads", 10_000_000) as throttle:
            client.throttle = StreamThrottle(Throttle(), throttle)

    Nothing moves outside the `async with`. Processes that have something to move get equal parts,
    whatever the number of their streams; what one cannot use is the others'.

    Args:
        url: of Redis or Valkey: "redis://user:password@host:6379/0", "rediss://..." over TLS, with
            "?ssl_ca_certs=FILE" if its authority is one of your own.
        name: of the limit.
        limit: bytes per second of all together, None for no limit. Where others are there already
            theirs counts; to change it, assign `limit`.
        when_lost: what to do while Redis cannot be reached: "hold" everything, or go on by what is
            known "local", the lease that was had last.

    Attributes:
        name: as given.
        when_lost: as given.
        is_lost: whether Redis cannot be reached at the moment.

    Raises:
        ValueError: the URL, `when_lost` or the limit makes no sense.
    """

    def __init__(
        self,
        url: str,
        name: str,
        limit: float | None = None,
        *,
        when_lost: Literal["hold", "local"] = "hold",
    ) -> None:
        if when_lost not in ("hold", "local"):
            raise ValueError(f'when_lost must be "hold" or "local", not {when_lost!r}')
        check_url(url)
        self._url = url
        self.name = name
        self.when_lost = when_lost
        self.is_lost: bool = False
        self._member = secrets.token_hex(8)
        self._shared_limit = limit
        self._announced: str = ""
        self._lease_ends = -math.inf
        self._moved = 0
        self._looked_at = -math.inf
        self._changed = anyio.Event()
        self._stack: AsyncExitStack | None = None
        super().__init__(limit)
        self._run_at(_NOTHING)

    def __repr__(self) -> str:
        host = urlsplit(self._url).hostname
        return f"SharedThrottle({self.name!r} at {host!r}, limit={self.limit!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _remade, (self._url, self.name, self._shared_limit, self.when_lost)

    def clone(self) -> Any:
        """A plain throttle of the same limit, which nobody shares."""
        return Throttle(self._shared_limit)

    @property
    def limit(self) -> float | None:
        """Bytes per second of all processes together; assigning holds everywhere in a moment.

        Raises:
            ValueError: on assignment of zero or less.
        """
        return self._shared_limit

    @limit.setter
    def limit(self, limit: float | None) -> None:
        Throttle(limit)  # its check
        self._shared_limit = limit
        self._announced = _text(limit)
        self._changed.set()

    @property
    def lease(self) -> float | None:
        """Bytes per second that are this process's part at the moment, None for no limit."""
        return self._limit

    async def __aenter__(self) -> Self:
        """Begin to renew the lease, with the first one at hand if Redis can be reached.

        Cancellation: safe; nothing stays.
        """
        self._moved = self.statistics().bytes_moved
        self._looked_at = anyio.current_time()
        self._changed = anyio.Event()
        async with AsyncExitStack() as stack:
            group = await stack.enter_async_context(anyio.create_task_group())
            stack.callback(group.cancel_scope.cancel)
            await group.start(self._keep_up)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *exc_info: Any) -> None:
        """Give the lease back, within a bound.

        Cancellation: gives it back nonetheless.
        """
        stack, self._stack = self._stack, None
        assert stack is not None
        try:
            # Not told of what the block raised: it would come out of here in an exception group.
            await stack.aclose()
        finally:
            self._run_at(_NOTHING)
            if not self.is_lost:
                await self._leave()

    async def _keep_up(self, *, task_status: Any) -> None:
        """Renew the lease for ever, over one connection after another."""
        is_told = False
        while True:
            try:
                async with client_of(self._url) as redis:
                    lease = redis.register_script(LEASE)
                    with anyio.fail_after(2 * _ANSWER_SECONDS):
                        await self._renew(lease)
                    if not is_told:
                        is_told = True
                        task_status.started()
                    await self._go_on(lease)
            except* Exception as errors:  # of the library's many kinds: it is lost in any case
                self._lose(errors.exceptions[0])
            if not is_told:
                is_told = True
                task_status.started()
            await self._wait_while_lost()

    async def _go_on(self, lease: Any) -> None:
        while True:
            seconds_idle = 0.0
            while seconds_idle < _REST_SECONDS and not (self._is_active() or self._announced):
                await self._sleep(_TICK_SECONDS)
                seconds_idle += _TICK_SECONDS
            with anyio.fail_after(_ANSWER_SECONDS):
                await self._renew(lease)
            await self._sleep(_TICK_SECONDS)

    async def _sleep(self, seconds: float) -> None:
        """Sleep, but not when a new limit is to be told."""
        if not self._announced:
            self._changed = anyio.Event()
            with anyio.move_on_after(seconds):
                await self._changed.wait()

    def _is_active(self) -> bool:
        statistics = self.statistics()
        return statistics.tasks_waiting > 0 or statistics.bytes_moved > self._moved

    async def _renew(self, lease: Any) -> None:
        asked_at = anyio.current_time()
        announced, self._announced = self._announced, ""
        arguments = [
            self._member,
            f"{self._demand(asked_at):.3f}",
            str(_LEASE_SECONDS),
            announced,
            _text(self._shared_limit),
        ]
        try:
            rate, limit = await lease(keys=[f"anyftp:throttle:{self.name}"], args=arguments)
        except BaseException:
            self._announced = self._announced or announced
            raise
        self.is_lost = False
        self._lease_ends = asked_at + _LEASE_SECONDS
        if not self._announced:
            self._shared_limit = None if limit == "none" else float(limit)
        self._run_at(None if rate == "none" else max(_NOTHING, float(rate)))

    def _demand(self, now: float) -> float:
        """Bytes per second that would be used, -1 for any number."""
        statistics = self.statistics()
        seconds = max(now - self._looked_at, 1e-3)
        rate = (statistics.bytes_moved - self._moved) / seconds
        self._moved, self._looked_at = statistics.bytes_moved, now
        lease = self.lease
        if statistics.tasks_waiting or (lease is not None and rate >= _HUNGRY * lease):
            return -1.0
        return rate / _HUNGRY

    def _run_at(self, rate: float | None) -> None:
        """Have the local account run at a rate."""
        Throttle.limit.fset(self, rate)  # type: ignore[attr-defined]  # a property

    def _lose(self, error: BaseException) -> None:
        if not self.is_lost and not is_cancelled():
            self.is_lost = True
            reason = reason_of(error)
            logger.warning("the limit %r: Redis cannot be reached: %s", self.name, reason)

    async def _wait_while_lost(self) -> None:
        """Wait for the next try; a lease that runs out meanwhile ends, where that is wanted."""
        until = anyio.current_time() + _RETRY_SECONDS
        if self.when_lost == "hold":
            await anyio.sleep_until(min(until, self._lease_ends))
            if anyio.current_time() >= self._lease_ends:
                self._run_at(_NOTHING)
        elif self._lease_ends == -math.inf:  # there never was one
            self._run_at(self._shared_limit)
        await anyio.sleep_until(until)

    async def _leave(self) -> None:
        """Give the lease back, for the others to have it at once.

        Over a connection of its own: that of the other task has been cancelled.
        """
        with anyio.move_on_after(_ANSWER_SECONDS, shield=True):
            try:
                async with client_of(self._url) as redis:
                    script = redis.register_script(LEAVE)
                    await script(keys=[f"anyftp:throttle:{self.name}"], args=[self._member])
            except Exception as error:
                logger.debug("the lease runs out by itself: %s", error)


def _text(limit: float | None) -> str:
    return "none" if limit is None else f"{limit:.3f}"


def _remade(
    url: str, name: str, limit: float | None, when_lost: Literal["hold", "local"]
) -> SharedThrottle:
    return SharedThrottle(url, name, limit, when_lost=when_lost)
