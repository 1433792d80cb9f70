"""A pool over a server of our own, which counts who is there."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import anyio

from anyftp import (
    ClientPool,
)
from anyftp.testing import RiggedServer

CONTENT = bytes(range(256)) * 16


@contextlib.asynccontextmanager
async def pooled(
    size: int = 3, *, server: RiggedServer | None = None, **options: Any
) -> AsyncIterator[tuple[ClientPool, RiggedServer]]:
    server = server or RiggedServer(tls=options.get("tls"))
    if server.tls:
        options["ssl_context"] = server.client_context()
    failure: Exception | None = None
    async with anyio.create_task_group() as group:
        await group.start(server.serve)
        try:
            async with ClientPool.context(
                server.host, server.port, "alice", "wonder", size=size, **options
            ) as pool:
                yield pool, server
            assert (pool.nopen, pool.nidle) == (0, 0)
        except Exception as error:
            failure = error
        group.cancel_scope.cancel()
    if failure is not None:
        raise failure
