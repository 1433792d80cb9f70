"""A ledger in memory that answers late, not at all, or too late to be heard."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager

import anyio
import pytest

from anyftp.shared import _counts as counts_module
from anyftp.shared._ledger import Change, Claim, Renewal


class SlowLedger:
    """A ledger in memory, which does at once what it answers after `delays`, or never tells.

    Attributes:
        delays: by the name of a step, how long its next answers take.
        held: by group, what the member holds there.
        bans: the networks that are kept out, for so many seconds.
        members: of whom is known.
        nopened: how many connections there were.
        is_gone: whether no further connection can be made.
    """

    def __init__(self) -> None:
        self.delays: dict[str, list[float]] = {}
        self.held: Counter[str] = Counter()
        self.bans: dict[str, float] = {}
        self.members: set[str] = set()
        self.nopened = 0
        self.is_gone = False

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[SlowLedger]:
        if self.is_gone:
            raise ConnectionRefusedError("gone")
        self.nopened += 1
        yield self

    async def _answer(self, step: str) -> None:
        delays = self.delays.get(step)
        await anyio.sleep(delays.pop(0) if delays else 0.001)

    async def take(self, member: str, claims: Mapping[str, Claim], network: str) -> str | None:
        self.held.update(
            {group: claim.amount - self.held[group] for group, claim in claims.items()}
        )
        await self._answer("take")
        return None

    async def settle(self, member: str, changes: Mapping[str, Change]) -> None:
        self.held.update({group: one.amount - self.held[group] for group, one in changes.items()})
        await self._answer("settle")

    async def renew(self, member: str, held: Mapping[str, int]) -> Renewal:
        self.held.update({group: amount - self.held[group] for group, amount in held.items()})
        found = Renewal(member in self.members, dict(self.bans))
        self.members.add(member)
        await self._answer("renew")
        return found

    async def leave(self, member: str, groups: Collection[str]) -> None:
        self.held.clear()

    async def numbers(self, groups: Collection[str]) -> Sequence[tuple[int | None, int]]:
        await self._answer("numbers")
        return [(None, self.held[group]) for group in groups]

    async def fail(self, network: str) -> Sequence[float]:
        await self._answer("fail")
        return [0.0]

    async def ban(self, network: str, seconds: float) -> None:
        self.bans[network] = seconds
        await self._answer("ban")

    async def lift(self, network: str) -> None:
        self.bans.pop(network, None)
        await self._answer("lift")

    async def begin(self, numbers: Mapping[str, int]) -> None:
        await self._answer("begin")


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> SlowLedger:
    ledger = SlowLedger()
    monkeypatch.setattr(counts_module, "opener_of", lambda url, name: ledger.opened)
    return ledger
