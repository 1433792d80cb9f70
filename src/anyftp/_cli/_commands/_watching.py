"""When a mirror is to run again: local changes are told by the system, remote ones looked for."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from importlib.util import find_spec

import anyio

from anyftp._cli._ending._failure import Failure

#: How often a watch of a folder is looked after; also how long it may take to end.
STEP_SECONDS = 0.5


def check_watchable(*, is_download: bool) -> None:
    """See that what tells of local changes is installed, where it is wanted.

    Raises:
        Failure: it is not.
    """
    if not is_download and find_spec("watchfiles") is None:
        raise Failure('--watch needs watchfiles: python -m pip install "anyftp[watch]"')


async def due_runs(local: str, *, is_download: bool, seconds: float) -> AsyncGenerator[None, None]:
    """Yield when a run is due: at once, and then whenever something may have changed.

    A change that comes while a run is under way is told after it.

    Args:
        local: the folder that is watched where it is the source.
        seconds: between two looks at a remote source.

    Cancellation: ends the watch.
    """
    if is_download:
        while True:
            yield
            await anyio.sleep(seconds)
    from watchfiles import awatch

    # The first answer comes when the watch is on, so that nothing falls between it and the run.
    steps = awatch(
        local,
        watch_filter=None,
        rust_timeout=int(STEP_SECONDS * 1000),
        yield_on_timeout=True,
        raise_interrupt=False,
    )
    is_first = True
    async with aclosing(steps):
        async for changes in steps:
            if changes or is_first:
                yield
            is_first = False
