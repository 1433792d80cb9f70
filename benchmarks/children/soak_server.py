"""anyftp's server with a user and a folder for every client of the soak."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio

from anyftp import LocalFileSystem, Server, User, server_context
from benchmarks.children.meter import run

SESSIONS = 3


def serve(task: dict[str, Any], ready: Callable[[int], None]) -> None:
    """Serve a folder of `task["root"]` to each of `task["users"]`; what goes wrong is logged.

    Each user may be logged in SESSIONS times. A client that has so many sessions at once knows that
    none of its earlier ones goes on, and from then on nothing of those may change a file any more.
    """
    logging.basicConfig(filename=task["log"], level=logging.ERROR)
    root = Path(task["root"])
    users = [
        User(name, file_system=LocalFileSystem(root / name), max_connections=SESSIONS)
        for name in task["users"]
    ]
    limit = 2 * SESSIONS * len(users)
    server = Server(
        users,
        ssl_context=server_context(task["certificate"]),
        max_connections=limit,
        max_connections_per_address=limit,
    )

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            addresses = await tasks.start(server.serve, "127.0.0.1", 0)
            ready(addresses[0][1])

    run(task["backend"], main)
