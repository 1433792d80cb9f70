"""Who asks beside an answer that is late, and whom nobody answers."""

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


async def test_nobody_waits_outside_of_the_block(ledger: SlowLedger) -> None:
    counts = SharedCounts("sqlite:///counts")
    for _ in range(2):
        began = anyio.current_time()
        assert await counts.take({"all": None}) == LOST
        assert anyio.current_time() == began
        async with counts:
            assert await counts.take({"all": None}) is None
    assert ledger.nopened == 4  # one more each time, to give back over
