"""anyftp's server for anonymous users, over a folder."""

import logging
from collections.abc import Callable
from typing import Any

import anyio

from anyftp import LocalFileSystem, Permission, server_context
from anyftp._server import Server, User
from benchmarks.children.meter import run


def serve(task: dict[str, Any], ready: Callable[[int], None]) -> None:
    """Serve `task["root"]`, with explicit TLS if a certificate is given."""
    logging.disable(logging.CRITICAL)
    context = None
    if task.get("certificate"):
        context = server_context(task["certificate"])
    user = User(file_system=LocalFileSystem(task["root"]), permissions=Permission.ALL)
    server = Server(
        [user],
        ssl_context=context,
        max_connections=task.get("clients", 200),
        max_connections_per_address=task.get("clients", 10),
    )

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            addresses = await tasks.start(server.serve, "127.0.0.1", 0)
            ready(addresses[0][1])

    run(task["backend"], main)
