"""Lending: one has it, the others wait, and nobody waits for ever."""

from __future__ import annotations

import anyio
import pytest

from anyftp._streams._loan import Loan

pytestmark = pytest.mark.anyio


async def test_one_has_it_and_others_wait() -> None:
    loan = Loan()
    have = 0

    async def take() -> None:
        nonlocal have
        for _ in range(3):
            async with loan.taken():
                have += 1
                assert have == 1
                assert loan.is_out
                await anyio.sleep(0.001)
                have -= 1

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(take)
    assert not loan.is_out


async def test_who_waits_has_a_turn_before_it_is_taken_again() -> None:
    """Whoever takes it again and again, without a pause, keeps it from nobody."""
    loan = Loan()
    nturns = 0

    async def look() -> None:
        nonlocal nturns
        for _ in range(5):
            await loan.until_back()
            while loan.is_out:  # on a loop whose tasks go in any order
                await loan.until_back()
            nturns += 1
            await anyio.lowlevel.checkpoint()

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(look)
            await anyio.wait_all_tasks_blocked()
            while nturns < 5:
                async with loan.taken():
                    await anyio.sleep(0.001)


async def test_who_stops_waiting_holds_up_nobody() -> None:
    loan = Loan()
    async with loan.taken():
        with anyio.move_on_after(0.01):
            await loan.until_back()
    with anyio.fail_after(5):
        async with loan.taken():
            pass


async def test_a_cancelled_one_gives_it_back() -> None:
    loan = Loan()
    with anyio.move_on_after(0.01):
        async with loan.taken():
            await anyio.sleep_forever()
    assert not loan.is_out
