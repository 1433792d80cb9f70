"""anyftp's server with a user and a folder for every client of the soak.

Prints its port as soon as it accepts, and ends when its standard input does.
"""

import json
import logging
import os
import sys
import threading
from functools import partial
from pathlib import Path

import anyio

from anyftp import Server, User, server_context
from soak.blackbox import BlackBox, Watched
from support.backends import BY_NAME

SESSIONS = 3


def main() -> None:
    """Serve a folder of `root` to each of `users`; what goes wrong is logged.

    Each user may be logged in SESSIONS times. A client that has so many sessions at once knows that
    none of its earlier ones goes on, and from then on nothing of those may change a file any more.
    """
    task = json.loads(sys.argv[1])
    logging.basicConfig(filename=task["log"], level=logging.ERROR)
    root = Path(task["root"])
    box = BlackBox()
    users = [
        User(name, file_system=Watched(root / name, name, box), max_connections=SESSIONS)
        for name in task["users"]
    ]
    limit = 2 * SESSIONS * len(users)
    server = Server(
        users,
        ssl_context=server_context(task["certificate"]),
        max_connections=limit,
        max_connections_per_address=limit,
        trace=box.trace,
    )

    async def serve() -> None:
        async with anyio.create_task_group() as tasks:
            addresses = await tasks.start(server.serve, task["host"], 0)
            print(addresses[0][1], flush=True)
            leave = partial(leave_with_standard_input, box, Path(task["box"]))
            threading.Thread(target=leave, daemon=True).start()

    backend, options = BY_NAME[task["backend"]]
    anyio.run(serve, backend=backend, backend_options=options)


def leave_with_standard_input(box: BlackBox, path: Path) -> None:
    """End without ceremony: what is measured is over."""
    sys.stdin.buffer.read()
    box.write(path)
    os._exit(0)


if __name__ == "__main__":
    main()
