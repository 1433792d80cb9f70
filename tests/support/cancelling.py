"""Cancelling a scenario everywhere, for tests that only ask whether it was cancelled."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from anyftp.testing import cancel_at_each_checkpoint


async def cancelled_everywhere(
    scenario: Callable[[], Coroutine[Any, Any, Any]],
) -> AsyncIterator[bool]:
    """As `cancel_at_each_checkpoint`, in whatever time; yields whether that run was cancelled."""
    async for run in cancel_at_each_checkpoint(scenario, within_seconds=None):
        yield run.is_cancelled
