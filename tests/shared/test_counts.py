"""What is told to a ledger that did not hear it, or has forgotten it."""

from __future__ import annotations

import anyio
import pytest

from anyftp._counts import LOST
from anyftp.shared import SharedCounts
from shared.slow_ledger import SlowLedger
from shared.slow_ledger import ledger as ledger
from support.clocks import VIRTUAL_BACKENDS, Backend

pytestmark = pytest.mark.anyio


@pytest.fixture(params=VIRTUAL_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


async def test_a_place_that_was_granted_too_late_is_given_back(ledger: SlowLedger) -> None:
    async with SharedCounts("sqlite:///counts") as counts:
        assert await counts.take({"all": None, "a": None}) is None
        ledger.delays["take"] = [1_000]
        assert await counts.take({"all": None, "b": None}) == LOST
        assert ledger.held == {"all": 2, "a": 1, "b": 1}
        await anyio.sleep(0.1)
        assert +ledger.held == {"all": 1, "a": 1}


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
