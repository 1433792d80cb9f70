"""What a server and a pool count together with others; see `_ledger` for how it is kept.

This process knows by itself what it holds, and one request at a time changes that. A task beside,
inside the `async with`, renews the lease; it owns the connection, too, and makes a new one at once
when the old one fails. Who asks when, and who waits for that, is told by `_turns`.
"""

from __future__ import annotations

import logging
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from operator import methodcaller
from typing import Any, Literal, Self, TypeVar
from urllib.parse import urlsplit

import anyio

from anyftp import Counts, FileSystem
from anyftp._counts import LOST
from anyftp.shared._ledger import (
    LEASE_SECONDS,
    Change,
    Claim,
    LedgerLost,
    Renewal,
    is_cancelled,
    reason_of,
)
from anyftp.shared._ledger_url import opener_of
from anyftp.shared._quota import LedgerQuota
from anyftp.shared._turns import ANSWER_SECONDS, Turns

_T = TypeVar("_T")

logger = logging.getLogger("anyftp.shared")

#: Seconds between two renewals.
_RENEW_SECONDS = LEASE_SECONDS / 5
#: Seconds between two tries to reach a ledger that is lost.
_RETRY_SECONDS = 0.25
#: Seconds until it is tried again to enter where one at a time may be.
_FIRST_TRY_SECONDS, _LAST_TRY_SECONDS = 0.002, 0.05


class SharedCounts(Counts):
    """Counts that several processes keep together, on one machine or on many.

        async with SharedCounts("redis://localhost", "downloads") as counts:
            server = Server(users, max_connections=100, counts=counts)

    Limits of connections and logins, bans and quotas then hold over all who use the same name at
    the same place. Whoever is killed gives back what it had within 5 seconds.

    Args:
        url: "sqlite:///path/of/a/file" for the processes of one machine; for those of several,
            Redis or Valkey: "redis://user:password@host:6379/0", "rediss://..." over TLS (extra
            `redis`).
        name: of what is counted together. A file of SQLite has one name only.
        when_lost: what to do with connections and logins while nobody can be asked: "refuse" them,
            or go on by what this process knows itself ("local"). What has a quota is not written
            to meanwhile.
        member: a name for this process that no other one has; by default a random one.

    Attributes:
        name: as given.
        when_lost: as given.
        member: this process's name; to be changed only outside of the `async with`.

    Raises:
        ValueError: `when_lost` or the URL makes no sense.
        ImportError: coredis is needed and is not installed.
    """

    def __init__(
        self,
        url: str,
        name: str = "anyftp",
        *,
        when_lost: Literal["refuse", "local"] = "refuse",
        member: str = "",
    ) -> None:
        if when_lost not in ("refuse", "local"):
            raise ValueError(f'when_lost must be "refuse" or "local", not {when_lost!r}')
        self._url = url
        self._opened = opener_of(url, name)
        self.name = name
        self.when_lost = when_lost
        self.member: str = member or secrets.token_hex(8)
        self._held: Counter[str] = Counter()
        self._owed: Counter[str] = Counter()
        self._bans: dict[str, float] = {}
        self._bans_seen = 0.0
        self._lifted: set[str] = set()
        self._untold: set[str] = set()
        self._watched: dict[str, Callable[[], None]] = {}
        self._turns = Turns()
        self._stack: AsyncExitStack | None = None

    @property
    def is_lost(self) -> bool:
        """Whether nobody can be asked at the moment, over a new connection either."""
        return self._turns.is_lost

    def __repr__(self) -> str:
        where = urlsplit(self._url).hostname or urlsplit(self._url).path
        return f"SharedCounts({self.name!r} at {where!r})"

    async def __aenter__(self) -> Self:
        """Begin to hold the lease, with the first answer at hand if there is one.

        Cancellation: safe; nothing stays.
        """
        self._bans, self._untold = {}, set()  # of the time before; the others' may have changed
        async with AsyncExitStack() as stack:
            group = await stack.enter_async_context(anyio.create_task_group())
            stack.callback(group.cancel_scope.cancel)
            await group.start(self._keep_up)
            self._stack = stack.pop_all()
            self._turns.is_open = True
        return self

    async def __aexit__(self, *exc_info: Any) -> None:
        """Give back everything, within a bound. Cancellation: gives it back nonetheless."""
        stack, self._stack = self._stack, None
        assert stack is not None
        self._turns.close()
        try:
            # Not told of what the block raised: it would come out of here in an exception group.
            await stack.aclose()
        finally:
            if any(self._owed.values()) or not self.is_lost:
                await self._leave()

    # Places

    async def take(self, limits: Mapping[str, int | None], *, network: str = "") -> str | None:
        """See `Counts.take`. Cancellation: safe; no place is taken."""
        wanted = {group: (1, limit) for group, limit in limits.items()}
        try:
            return await self.claim(wanted, network=network)
        except LedgerLost:
            if self.when_lost == "refuse":
                return LOST
            self._held.update(limits.keys())
            return None

    async def give_back(self, groups: Collection[str]) -> None:
        """See `Counts.give_back`. Cancellation: done nonetheless."""
        await self.settle(dict.fromkeys(groups, (-1, 0)))

    def give_back_soon(self, groups: Collection[str]) -> None:
        """See `Counts.give_back_soon`."""
        for group in groups:
            self._held[group] -= 1
            self._owed[group] += 0
        self._turns.woken.set()

    def watch(self, group: str, callback: Callable[[], None]) -> None:
        """See `Counts.watch`."""
        self._watched[group] = callback

    def unwatch(self, group: str) -> None:
        """See `Counts.unwatch`."""
        self._watched.pop(group, None)

    async def claim(
        self, wanted: Mapping[str, tuple[int, int | None]], *, network: str = ""
    ) -> str | None:
        """Hold this much more in each group, if the limit allows it; else nothing.

        Raises:
            LedgerLost: nobody can be asked.

        Cancellation: safe; no more is held.
        """
        async with self._turns.one():
            claims = {
                group: Claim(self._held[group] + more, limit)
                for group, (more, limit) in wanted.items()
            }
            try:
                refusal = await self._turns.ask(
                    lambda ledger: ledger.take(self.member, claims, network)
                )
            except LedgerLost:  # it may be held there all the same, until that is told
                self._owed.update(dict.fromkeys(wanted, 0))
                raise
            if refusal is None:
                self._held.update({group: more for group, (more, _) in wanted.items()})
            return refusal

    async def settle(self, changes: Mapping[str, tuple[int, int]]) -> None:
        """Hold so much more (or less) in each group, and add so much to its number.

        What cannot be told now is told when somebody can be asked again.

        Cancellation: done nonetheless.
        """
        for group, (more, standing) in changes.items():
            self._held[group] += more
            self._owed[group] += standing
        if not self._turns.has_ledger:
            return  # it is told with the next renewal
        with anyio.CancelScope(shield=True), suppress(LedgerLost):
            async with self._turns.one():
                await self._tell()

    async def _tell(self) -> None:
        """Tell what is owed, and what is held where that has changed."""
        owed = {group: more for group, more in self._owed.items() if more}
        zeros = [group for group, amount in self._held.items() if not amount]
        groups = {*self._owed, *zeros}
        if not groups:
            return
        changes = {group: Change(self._held[group], owed.get(group, 0)) for group in groups}
        self._owed.clear()
        try:
            await self._turns.ask(lambda ledger: ledger.settle(self.member, changes))
        except BaseException:
            self._owed.update({group: owed.get(group, 0) for group in groups})
            raise
        for group in zeros:
            if not self._held[group]:
                del self._held[group]

    # Guests who guess

    async def fail(self, network: str) -> Sequence[float]:
        """See `Counts.fail`; nothing where nobody can be asked. Cancellation: safe."""
        try:
            async with self._turns.one():
                return await self._turns.ask(lambda ledger: ledger.fail(network))
        except LedgerLost:
            return ()

    async def ban(self, network: str, seconds: float) -> None:
        """See `Counts.ban`; while nobody can be asked it holds here alone. Cancellation: safe."""
        self._bans[network] = anyio.current_time() + seconds
        self._untold.add(network)
        with suppress(LedgerLost):  # then it is told with the next renewal
            async with self._turns.one():
                await self._turns.ask(lambda ledger: ledger.ban(network, seconds))
                self._untold.discard(network)

    def bans(self) -> Mapping[str, float]:
        """See `Counts.bans`; those of others are known after a second."""
        now = anyio.current_time()
        return {network: until - now for network, until in self._bans.items() if until > now}

    def lift(self, network: str) -> bool:
        """See `Counts.lift`; within a second."""
        self._lifted.add(network)
        self._untold.discard(network)
        return self._bans.pop(network, 0.0) > anyio.current_time()

    # Quotas

    def quota(self, name: str, file_system: FileSystem) -> LedgerQuota:
        """Where a `QuotaFileSystem` of this name keeps what is used.

        Args:
            name: of the quota.
            file_system: whose files are counted, once, where nobody has before.
        """
        return LedgerQuota(self, name, file_system)

    async def numbers(self, groups: Sequence[str]) -> Sequence[tuple[int | None, int]]:
        """See `Ledger.numbers`. Cancellation: safe. Raises LedgerLost."""
        async with self._turns.one():
            return await self._turns.ask(lambda ledger: ledger.numbers(groups))

    async def begin(self, numbers: Mapping[str, int]) -> None:
        """See `Ledger.begin`. Cancellation: it may be done or not. Raises LedgerLost."""
        async with self._turns.one():
            await self._turns.ask(lambda ledger: ledger.begin(numbers))

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[None]:
        """One at a time, of all processes, is inside; one that is killed is outside.

        Raises:
            LedgerLost: nobody can be asked.

        Cancellation: safe.
        """
        seconds = _FIRST_TRY_SECONDS
        while await self.claim({name: (1, 1)}) is not None:
            await anyio.sleep(seconds)
            seconds = min(2 * seconds, _LAST_TRY_SECONDS)
        try:
            yield
        finally:
            with anyio.CancelScope(shield=True):
                await self.settle({name: (-1, 0)})

    # The ledger

    def _lose(self, error: BaseException) -> None:
        if not self.is_lost and not is_cancelled():
            logger.warning("%r cannot be reached: %s", self, reason_of(error))
            self._turns.lose()

    async def _keep_up(self, *, task_status: Any) -> None:
        """Renew the lease for ever, over one connection after another."""
        is_told = False
        while True:
            was_found = False
            try:
                async with self._opened() as ledger:
                    self._turns.find(ledger)
                    try:
                        await self._renew()
                        was_found = True
                        if not is_told:
                            is_told = True
                            task_status.started()
                        await self._go_on()
                    finally:  # it closes now; who gives back after a cancellation must not ask it
                        self._turns.part()
            except* Exception as errors:
                if not was_found:
                    self._lose(errors.exceptions[0])
            if not is_told:
                is_told = True
                task_status.started()
            if not was_found:
                await anyio.sleep(_RETRY_SECONDS)

    async def _go_on(self) -> None:
        while self._turns.has_ledger:
            with anyio.move_on_after(_RENEW_SECONDS):
                await self._turns.woken.wait()
            self._turns.woken = anyio.Event()
            await self._renew()

    async def _renew(self) -> None:
        async with self._turns.next():
            held = dict(self._held)
            renewal = await self._turns.ask(lambda ledger: ledger.renew(self.member, held))
            self._turns.is_lost = False
            await self._look_around()
            await self._tell()
            await self._compare_bans(renewal)

    async def _compare_bans(self, renewal: Renewal) -> None:
        """Tell what is not known, all to a ledger that was forgotten, and note the others'."""
        if not renewal.is_known:
            self._untold.update(self._bans)
        lifted, told = [*self._lifted], [*self._untold]
        for network in lifted:
            await self._turns.ask(methodcaller("lift", network))
            self._lifted.discard(network)
        for network in told:
            seconds = self._bans.get(network, 0.0) - anyio.current_time()
            if seconds > 0.0:
                await self._turns.ask(methodcaller("ban", network, seconds))
            self._untold.discard(network)
        now = anyio.current_time()
        mine = {*told, *self._untold} & self._bans.keys()
        self._bans = {
            network: now + seconds
            for network, seconds in renewal.bans.items()
            if network not in {*lifted, *self._lifted}
        } | {network: self._bans[network] for network in mine}

    async def _look_around(self) -> None:
        """Call those who watch groups in which others hold something."""
        groups = [*self._watched]
        if groups:
            found = await self._turns.ask(lambda ledger: ledger.numbers(groups))
            for group, (_, held) in zip(groups, found, strict=True):
                if held > self._held[group] and group in self._watched:
                    self._watched[group]()

    async def _leave(self) -> None:
        """Tell what is owed and give everything back, for the others to have it at once.

        Over a connection of its own: that of the other task may have been cancelled.
        """
        held, self._held = [*self._held], Counter()
        owed = {group: Change(0, more) for group, more in self._owed.items() if more}
        with anyio.move_on_after(ANSWER_SECONDS, shield=True):
            try:
                async with self._opened() as ledger:
                    if owed:
                        await ledger.settle(self.member, owed)
                        self._owed.clear()
                    await ledger.leave(self.member, held)
            except Exception as error:
                logger.debug("the lease runs out by itself: %s", error)
