"""Counts kept with others whose ledger answers late, not at all, or too late to be heard."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager

import anyio
import pytest

from anyftp._counts import LOST
from anyftp.shared import SharedCounts
from anyftp.shared import _counts as counts_module
from anyftp.shared._ledger import Change, Claim, Renewal
from support.clocks import VIRTUAL_BACKENDS, Backend

pytestmark = pytest.mark.anyio


@pytest.fixture(params=VIRTUAL_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


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


@pytest.mark.parametrize("seconds", [0.5, 1.7, 1.9, 1_000])
@pytest.mark.parametrize("step", ["take", "settle", "renew", "numbers", "fail", "ban", "lift"])
async def test_one_answer_that_is_late_refuses_nobody_else(
    step: str, seconds: float, ledger: SlowLedger
) -> None:
    """Whoever asks at any moment beside it, each 50 ms, waits for another connection."""
    answers: list[str | None] = []

    async def come() -> None:
        answers.append(await counts.take({"all": None}))

    async def provoke() -> None:
        await counts.take({"late": None})
        await counts.give_back(["late"])
        await counts.fail("192.0.2.1")
        await counts.ban("192.0.2.2", 1)
        counts.lift("192.0.2.2")

    async with SharedCounts("sqlite:///counts") as counts:
        counts.watch("all", lambda: None)
        await anyio.sleep(2)
        ledger.delays[step] = [seconds]
        async with anyio.create_task_group() as group:
            group.start_soon(provoke)
            for _ in range(80):
                await anyio.sleep(0.05)
                group.start_soon(come)
        assert answers == [None] * 80
        assert not ledger.delays[step]
        assert not counts.is_lost
        await anyio.sleep(2)
        assert +ledger.held == {"all": 80}


async def test_a_place_that_was_granted_too_late_is_given_back(ledger: SlowLedger) -> None:
    async with SharedCounts("sqlite:///counts") as counts:
        assert await counts.take({"all": None, "a": None}) is None
        ledger.delays["take"] = [1_000]
        assert await counts.take({"all": None, "b": None}) == LOST
        assert ledger.held == {"all": 2, "a": 1, "b": 1}
        await anyio.sleep(0.1)
        assert +ledger.held == {"all": 1, "a": 1}


async def test_nobody_waits_for_what_is_lost(ledger: SlowLedger) -> None:
    async with SharedCounts("sqlite:///counts") as counts:
        ledger.is_gone = True
        ledger.delays["take"] = [1_000]
        assert await counts.take({"all": None}) == LOST
        await anyio.sleep(0.1)
        assert counts.is_lost
        began = anyio.current_time()
        assert await counts.take({"all": None}) == LOST
        await counts.settle({"all": (0, 0)})
        assert anyio.current_time() == began


async def test_nobody_waits_without_bound_for_what_answers_always_late(ledger: SlowLedger) -> None:
    seconds: list[float] = []

    async def come() -> None:
        began = anyio.current_time()
        await counts.take({"all": None})
        seconds.append(anyio.current_time() - began)

    async with SharedCounts("sqlite:///counts") as counts:
        ledger.delays |= {"take": [1.7] * 100, "renew": [1.7] * 100}
        async with anyio.create_task_group() as group:
            for _ in range(40):
                group.start_soon(come)
        assert 1.7 < max(seconds) < 11


async def test_bans_survive_a_ledger_that_is_forgotten(ledger: SlowLedger) -> None:
    async with SharedCounts("sqlite:///counts") as counts:
        await counts.ban("192.0.2.1", 100)
        await anyio.sleep(2)
        ledger.bans["192.0.2.2"] = 50
        await anyio.sleep(2)
        assert counts.bans().keys() == {"192.0.2.1", "192.0.2.2"}
        del ledger.bans["192.0.2.2"]  # another has lifted it
        await anyio.sleep(2)
        ledger.bans.clear()
        ledger.members.clear()
        await anyio.sleep(2)
        assert ledger.bans.keys() == counts.bans().keys() == {"192.0.2.1"}
        assert 90 < ledger.bans["192.0.2.1"] <= 100
        counts.lift("192.0.2.1")
        await anyio.sleep(2)
        assert ledger.bans.keys() == counts.bans().keys() == set()


@pytest.mark.parametrize("step", ["ban", "lift"])
async def test_bans_and_their_ends_are_told_when_somebody_can_be_asked(
    step: str, ledger: SlowLedger
) -> None:
    async with SharedCounts("sqlite:///counts") as counts:
        await counts.ban("192.0.2.1", 1_000)
        ledger.is_gone = True
        ledger.delays["take"] = [1_000]
        assert await counts.take({"all": None}) == LOST
        await anyio.sleep(0.1)
        assert counts.is_lost
        await counts.ban("192.0.2.2", 1_000)
        counts.lift("192.0.2.1")
        ledger.is_gone = False
        ledger.delays[step] = [1_000]  # and once more it is lost in the middle of that
        await anyio.sleep(5)
        assert ledger.bans.keys() == counts.bans().keys() == {"192.0.2.2"}


async def test_nobody_waits_outside_of_the_block(ledger: SlowLedger) -> None:
    counts = SharedCounts("sqlite:///counts")
    for _ in range(2):
        began = anyio.current_time()
        assert await counts.take({"all": None}) == LOST
        assert anyio.current_time() == began
        async with counts:
            assert await counts.take({"all": None}) is None
    assert ledger.nopened == 4  # one more each time, to give back over
