"""Turns of those who wait first and record afterwards: whose they are, and what they leave."""

from __future__ import annotations

import anyio
import pytest

from anyftp import Throttle
from anyftp._throttle import Turns
from anyftp._throttle._account import MIN_TURN_BYTES
from anyftp._throttle._turns import spend, until_turn
from support.cancelling import cancelled_everywhere

pytestmark = pytest.mark.anyio

LIMIT = 1000
TURN_SECONDS = MIN_TURN_BYTES / LIMIT


async def test_whoever_is_no_stream_keeps_no_lot() -> None:
    """It pays when it records; a wait alone costs the others nothing."""
    throttle = Throttle(LIMIT)
    for _ in range(3):
        await until_turn(throttle)
        assert throttle.delay() == 0.0
    spend(throttle, 100)
    assert throttle.delay() == 0.0


async def test_a_stream_keeps_its_lot_for_the_blocks_to_come() -> None:
    throttle = Throttle(LIMIT)
    turns = Turns()
    with turns.taken():
        await until_turn(throttle)
    assert turns.share(throttle).nbytes_left == MIN_TURN_BYTES
    assert throttle.delay() == pytest.approx(TURN_SECONDS)
    started = anyio.current_time()
    for _ in range(4):  # 40 bytes each: four of them fit into one lot of 160
        with turns.taken():
            await until_turn(throttle)
            throttle.append(bytes(40), anyio.current_time())
    assert anyio.current_time() == started
    assert throttle.delay() == pytest.approx(TURN_SECONDS), "the lot was charged once, not twice"
    assert turns.share(throttle).nbytes_left == 0


async def test_what_is_recorded_beyond_the_lot_is_owed() -> None:
    throttle = Throttle(LIMIT)
    turns = Turns()
    with turns.taken():
        await until_turn(throttle)
        throttle.append(bytes(1000), anyio.current_time())
    assert throttle.delay() == pytest.approx(1.0)


async def test_closed_it_gives_back_every_lot() -> None:
    throttles = [Throttle(LIMIT), Throttle(2 * LIMIT)]
    turns = Turns()
    with turns.taken():
        for throttle in throttles:
            await until_turn(throttle)
    turns.close()
    assert [throttle.delay() for throttle in throttles] == [0.0, 0.0]
    with turns.taken():  # and can be used again
        await until_turn(throttles[0])
    assert turns.share(throttles[0]).nbytes_left == MIN_TURN_BYTES
    turns.close()


async def test_one_stream_within_the_hook_of_another() -> None:
    """A hook may use a stream of its own; each pays for itself."""
    outer, inner = Turns(), Turns()
    throttles = [Throttle(LIMIT), Throttle(LIMIT)]
    with outer.taken():
        await until_turn(throttles[0])
        with inner.taken():
            await until_turn(throttles[1])
        throttles[0].append(bytes(MIN_TURN_BYTES), anyio.current_time())
    assert inner.share(throttles[1]).nbytes_left == MIN_TURN_BYTES
    assert outer.share(throttles[0]).nbytes_left == 0
    assert throttles[0].delay() == pytest.approx(TURN_SECONDS)


async def test_cancelled_anywhere_no_lot_stays() -> None:
    throttles: list[Throttle] = []

    async def scenario() -> None:
        throttles[:] = [Throttle(LIMIT)]
        throttles[0].append(bytes(500), anyio.current_time())
        turns = Turns()
        try:
            with turns.taken():
                await until_turn(throttles[0])
        finally:
            turns.close()

    async for _ in cancelled_everywhere(scenario):
        assert throttles[0].delay() <= 0.5
        account = throttles[0]._account
        assert account is not None
        assert account._waiting_weight == 0.0
