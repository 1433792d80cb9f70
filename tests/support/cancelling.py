"""Cancelling a scenario at each of its suspensions in turn."""

from __future__ import annotations

import types
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from typing import Any

import anyio

#: More suspensions than any scenario here has: one that never ends must not run for ever.
_MOST = 2000


async def cancelled_everywhere(
    scenario: Callable[[], Coroutine[Any, Any, Any]], *, most: int = _MOST
) -> AsyncIterator[bool]:
    """Run a scenario again and again, each time cancelled a little later.

    It is cancelled as it suspends for the n-th time, and in another run just as it is woken, when
    what it waited for has come already. The iterator gives control back after each run, for the
    caller to look at what is left; the last run has ended without being cancelled.

    Yields:
        Whether that run was cancelled.
    """
    for number in range(1, most):
        for at_waking in (False, True):
            is_cancelled = await cancelled_at(scenario(), number, at_waking=at_waking)
            yield is_cancelled
        if not is_cancelled:
            return
    raise AssertionError(f"the scenario has not ended after {most} suspensions")


async def cancelled_at(scenario: Coroutine[Any, Any, Any], number: int, *, at_waking: bool) -> bool:
    """Run a scenario and cancel it at one of its suspensions; returns whether it came to that."""
    with anyio.CancelScope() as scope:
        await _driven(scenario, number, at_waking, scope)
    return scope.cancelled_caught


@types.coroutine
def _driven(
    scenario: Coroutine[Any, Any, Any], number: int, at_waking: bool, scope: anyio.CancelScope
) -> Generator[Any, Any, None]:
    """Hand on what the scenario yields to its event loop, and count."""
    count = 0
    resume = _sender(scenario, None)
    while True:
        try:
            wanted = resume()
        except StopIteration:
            return
        count += 1
        if count == number and not at_waking:
            scope.cancel()
        try:
            value = yield wanted
        except BaseException as error:
            resume = _raiser(scenario, error)
        else:
            resume = _sender(scenario, value)
        if count == number and at_waking:
            scope.cancel()


def _sender(scenario: Coroutine[Any, Any, Any], value: Any) -> Callable[[], Any]:
    return lambda: scenario.send(value)


def _raiser(scenario: Coroutine[Any, Any, Any], error: BaseException) -> Callable[[], Any]:
    return lambda: scenario.throw(error)
