"""A user's program that mypy --strict accepts, with the retired trio-typing installed as well.

The session `trio_typing` of noxfile.py checks it: stubs of trio from another time must not reach
into the types that anyftp shows.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import assert_type

import anyio
import trio

from anyftp import (
    Client,
    MemoryFileSystem,
    Server,
    StreamThrottle,
    Throttle,
    ThrottleStreamIO,
    TransferReport,
    User,
    hash_password,
)


async def use_client(host: str, port: int) -> int:
    async with Client.context(host, port, "alice", "wonder", timeout=10) as client:
        assert_type(client, Client)
        assert_type(await client.get_current_directory(), PurePosixPath)
        for entry in await client.list("/"):
            assert_type(entry.size, int | None)
        async with client.download_stream("/file", offset=10) as stream:
            assert_type(await stream.read(100), bytes)
            stream.throttles["mine"] = StreamThrottle(Throttle(1000), Throttle(None))
            async for line in stream.iter_by_line():
                assert_type(line, bytes)
        report = await client.download("/file", "file")
        assert_type(report, TransferReport)
        return report.nbytes


async def use_stream(transport: ThrottleStreamIO) -> bytes:
    async with transport as stream:
        await stream.write(bytearray(b"any buffer"))
        return await stream.readexactly(4)


async def main() -> None:
    server = Server([User("alice", hash_password("wonder"), file_system=MemoryFileSystem())])
    # A task group and not a nursery: the old stubs' `start` accepts their own TaskStatus only.
    async with anyio.create_task_group() as tasks:
        [(host, port), *_] = await tasks.start(server.serve, "127.0.0.1", 0)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(use_client, host, port)
        tasks.cancel_scope.cancel()


if __name__ == "__main__":
    trio.run(main)
