"""aioftp's server with its own settings; TLS is implicit, it knows no other."""

import ssl
from collections.abc import Callable
from typing import Any

import aioftp
import anyio

from benchmarks.children.meter import run


def serve(task: dict[str, Any], ready: Callable[[int], None]) -> None:
    """Serve `task["root"]` to anyone."""
    context = None
    if task.get("certificate"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(task["certificate"])

    async def main() -> None:
        user = aioftp.User(base_path=task["root"])
        server = aioftp.Server([user], ssl=context, block_size=task.get("block_size", 8192))
        await server.start("127.0.0.1", 0)
        ready(server.server.sockets[0].getsockname()[1])
        await anyio.sleep_forever()

    run(task["backend"], main)
