"""A user's program that mypy --strict accepts, with the retired trio-typing installed as well.

The session `trio_typing` of noxfile.py checks it: stubs of trio from another time must not reach
into the types that anyftp shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import PurePosixPath
from typing import Unpack, assert_type

import anyio
import trio

from anyftp import (
    Client,
    ClientOptions,
    Entry,
    MemoryFileSystem,
    PermanentReplyError,
    Reply,
    RetryPolicy,
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


async def look_around(host: str, port: int, **options: Unpack[ClientOptions]) -> list[Entry]:
    async with Client.context(host, port, "alice", "wonder", **options) as client:
        async for entry in client.list("/", recursive=True):
            assert_type(entry.modified, datetime | None)
        async for folder, directories, files in client.walk("/"):
            assert_type(folder, PurePosixPath)
            assert_type(directories, list[Entry])
            assert_type(files, list[Entry])
        assert_type(await client.stat("/file"), Entry)
        assert_type(await client.features(), Mapping[str, str])
        assert_type(await client.command("NOOP"), Reply)
        mirrored = await client.mirror_download("/", "copy", dry_run=True, progress=print)
        assert_type(mirrored.plan.transfer, tuple[PurePosixPath, ...])
        try:
            await client.remove_file("/missing")
        except PermanentReplyError as refusal:
            assert_type(refusal.info, list[str])
        return await client.glob("/*.txt")


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
            nursery.start_soon(partial(look_around, host, port, timeout=10, retry=RetryPolicy()))
        tasks.cancel_scope.cancel()


if __name__ == "__main__":
    trio.run(main)
