"""Sleeping for several throttles at once, until the time has come or a limit changes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from anyftp._throttle._throttle import Throttle


async def until_paid(throttles: Sequence[Throttle]) -> bool:
    """Wait until all is paid that has moved so far, under each of the throttles: by one sleep.

    Args:
        throttles: any number of them; an overridden `wait` is not asked.

    Returns:
        Whether there was anything to wait for. If not, this was no checkpoint.

    Cancellation: safe.
    """
    has_slept = False
    while True:
        now = anyio.current_time()
        limited = [throttle for throttle in throttles if throttle._account is not None]
        accounts = [throttle._account for throttle in limited if throttle._account is not None]
        delays = [account.delay(now) for account in accounts]
        delay = max(delays, default=0.0)
        if delay <= 0.0:
            return has_slept
        has_slept = True
        dues = [account.clock(now) + delay for account in accounts]
        if not await sleep_for(limited, limited[delays.index(delay)], delay):
            for account, due in zip(accounts, dues, strict=True):
                account.wake(due, anyio.current_time())
            return True


async def sleep_for(throttles: Sequence[Throttle], slowest: Throttle, seconds: float) -> bool:
    """Sleep once for all of the throttles, by the means of the slowest.

    Returns:
        Whether the limit of one of them was assigned meanwhile.

    Cancellation: safe.
    """
    sleep = slowest.sleep if slowest.has_own_sleep else anyio.sleep
    return await sleep_unless_changed(throttles, seconds, sleep)


async def sleep_unless_changed(
    throttles: Sequence[Throttle], seconds: float, sleep: Callable[[float], Awaitable[object]]
) -> bool:
    """Sleep by the given means; returns whether a limit was assigned meanwhile.

    Cancellation: safe.
    """
    # A scope that an assigned limit cancels: a sleep without deadline or event of its own wakes
    # in one turn of the event loop.
    is_changed: object = None
    with anyio.CancelScope() as scope:
        for throttle in throttles:
            throttle._sleepers.add(scope)
        try:
            is_changed = await sleep(seconds)
        finally:
            for throttle in throttles:
                throttle._sleepers.discard(scope)
    return scope.cancel_called or is_changed is True
