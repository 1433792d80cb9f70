"""A server in memory, and how to dial it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio

from anyftp._server import Server, User, UserManager
from anyftp.testing._memory import MemoryStream
from anyftp.testing._memory_network import SERVER_HOST, MemoryNetwork


class MemoryDialler:
    """Connects to a server in memory: give it to `anyftp.Client(dialler=...)`.

    Attributes:
        server: the server.
        network: what lies between the two.
    """

    def __init__(self, server: Server, network: MemoryNetwork) -> None:
        self.server = server
        self.network = network

    async def __call__(self, host: str, port: int) -> MemoryStream:
        """Connect to a port of the server; any host is the server.

        Raises:
            ConnectionRefusedError: it does not listen there.

        Cancellation: safe; nothing stays open.
        """
        return await self.network.dial(host, port)


@asynccontextmanager
async def memory_server(
    users: Sequence[User] | UserManager,
    *,
    network: MemoryNetwork | None = None,
    port: int = 21,
    **options: Any,
) -> AsyncIterator[MemoryDialler]:
    """Run a server without a socket: control and data connections are streams in memory.

        async with memory_server([User(file_system=MemoryFileSystem())]) as dial:
            async with Client.context("ftp.example.org", dialler=dial) as client:
                ...

    It starts no thread, so that on a clock that jumps (`virtual_backends`) an hour of limited
    transfers takes milliseconds. Users with hashed passwords, files on a disk and MODE Z do.
    A client in active mode cannot use it.

    Args:
        users: as for `anyftp.Server`.
        network: what lies between the server and its clients; nothing by default.
        port: where it listens.
        options: as for `anyftp.Server`.

    Cancellation: ends all sessions at once.
    """
    network = network or MemoryNetwork()
    server = Server(users, network=network, **options)
    failure: BaseException | None = None
    async with anyio.create_task_group() as tasks:
        await tasks.start(server.serve, SERVER_HOST, port)
        try:
            yield MemoryDialler(server, network)
        except anyio.get_cancelled_exc_class():
            raise
        except BaseException as error:  # raised below, bare, for a task group would wrap it
            failure = error
        tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure
