"""Tasks and sockets that are left over, looked at before and after."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import anyio

from support.leaks import open_descriptors

#: Seconds in which servers in the same process let go of what a client has closed.
_PATIENCE = 10.0


def _in_use() -> tuple[int, int]:
    sockets = sum(what.startswith("socket:") for what in open_descriptors().values())
    return len(anyio.get_running_tasks()), sockets


@contextlib.asynccontextmanager
async def nothing_left_over() -> AsyncIterator[None]:
    """After the block there are as many tasks and sockets as before."""
    before = _in_use()
    yield
    with anyio.move_on_after(_PATIENCE):
        while any(now > then for now, then in zip(_in_use(), before, strict=True)):
            await anyio.sleep(0.01)
    ntasks, nsockets = _in_use()
    assert ntasks <= before[0], f"left over: {anyio.get_running_tasks()}"
    assert nsockets <= before[1], f"left over: {open_descriptors()}"
