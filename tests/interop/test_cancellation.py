"""Our client cancelled at every checkpoint on real servers: bounded, nothing leaked, in step.

Where a server ends the session over a transfer that is broken off, the client has to say that it
is disconnected; to take one reply for another's is never right.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Coroutine
from itertools import cycle
from pathlib import Path
from typing import Any

import anyio
import pytest

from anyftp import Client, ReplyError
from anyftp.testing import cancel_at_each_checkpoint
from client.everything import COMMANDS, WITH_DATA, Ground, Operation, is_in_step
from interop.daemons import Daemon, StartDaemon
from support.clocks import BRISK_BACKENDS
from support.tasks import nothing_left_over

pytestmark = [pytest.mark.anyio, pytest.mark.matrix]

#: Seconds for what takes two at most where nothing else runs.
BOUND = 15.0

SERVERS: dict[str, tuple[str, dict[str, object]]] = {
    "vsftpd": ("vsftpd", {}),
    "vsftpd-explicit": ("vsftpd", {"tls": "explicit", "reuse": True}),
    "proftpd": ("proftpd", {}),
    "proftpd-explicit": ("proftpd", {"tls": "explicit", "reuse": True}),
    "pure-ftpd": ("pure-ftpd", {}),
    "pure-ftpd-explicit": ("pure-ftpd", {"tls": "explicit"}),
    "pyftpdlib": ("pyftpdlib", {}),
    "pyftpdlib-explicit": ("pyftpdlib", {"tls": "explicit"}),
    "anyftp": ("anyftp", {}),
    "anyftp-explicit": ("anyftp", {"tls": "explicit"}),
}

#: The server that ends a session now and then when a transfer is broken off.
TOUCHY = {"proftpd-explicit"}

_CASES = [
    pytest.param(name, *backend.values, id=f"{name}-{backend.id}", marks=backend.marks)
    for name, backend in zip(SERVERS, cycle(BRISK_BACKENDS), strict=False)
]


async def connect(client: Client, daemon: Daemon) -> None:
    tls: Any = None if daemon.setup.tls == "off" else daemon.setup.tls
    with anyio.fail_after(60):
        await client.connect(daemon.host, daemon.port, tls=tls)
        await client.login(daemon.user, daemon.password)


async def cancel_everywhere(ground: Ground, operation: Operation, daemon: Daemon) -> int:
    """Gives how often the client was disconnected by it."""
    nlost = 0

    async def run() -> None:
        with contextlib.suppress(ReplyError):  # not every server knows every command
            await operation(ground)

    def begin() -> Coroutine[Any, Any, object]:
        ground.reset()
        return run()

    async for _ in cancel_at_each_checkpoint(begin, within_seconds=BOUND):
        ground.check_mine()
        with anyio.fail_after(BOUND):
            if not await is_in_step(ground):
                nlost += 1
                await ground.client.aclose()
                await connect(ground.client, daemon)
    return nlost


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("name", "anyio_backend"), _CASES)
async def test_cancelled_at_every_point(
    name: str, ftp_daemon: StartDaemon, tmp_path: Path, client_tls: ssl.SSLContext
) -> None:
    server, wanted = SERVERS[name]
    daemon = ftp_daemon(server, **wanted)
    stored, remote = daemon.folder()
    client = Client(
        ssl_context=client_tls, timeout=BOUND, connection_timeout=BOUND, close_timeout=BOUND / 2
    )
    ground = Ground(client, stored, remote, tmp_path, give=daemon.setup.give)
    lost: dict[str, int] = {}
    async with nothing_left_over():
        try:
            await connect(client, daemon)
            for operation in [*COMMANDS, *WITH_DATA]:
                lost[operation.__name__] = await cancel_everywhere(ground, operation, daemon)
        except BaseException as error:
            error.add_note(daemon.log())
            raise
        finally:
            await client.aclose()
    assert name in TOUCHY or not any(lost.values()), lost
