"""Limits of a server, of its users, of connections and clients, changed while bytes move."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import pathlib
import time

import aioftp

SIZE = 200_000
#: What a file takes at the limit.
LIMITED_SECONDS = 0.6


async def seconds_of(transfer: object) -> float:
    """How long it takes."""
    began = time.monotonic()
    await transfer  # type: ignore[misc]  # any awaitable
    return time.monotonic() - began


async def get(client: aioftp.Client, block: int = 8192) -> None:
    """A file by blocks."""
    nbytes = 0
    async with client.download_stream("file") as stream:
        async for data in stream.iter_by_block(block):
            nbytes += len(data)
    assert nbytes == SIZE


async def put(client: aioftp.Client) -> None:
    """A file by blocks."""
    async with client.upload_stream("new") as stream:
        for _ in range(SIZE // 8000):
            await stream.write(bytes(8000))


def near(seconds: float, wanted: float) -> object:
    """Whether it took about as long as it has to: True, or what it was."""
    return True if wanted * 0.6 <= seconds <= wanted * 3 + 1 else round(seconds, 2)


async def main(root: pathlib.Path) -> list[object]:
    """Each limit alone, then none, then one that comes in between."""
    (root / "file").write_bytes(bytes(SIZE))
    user = aioftp.User("ann", "x", base_path=root, read_speed_limit=None)
    server = aioftp.Server([user])
    await server.start("127.0.0.1", 0)
    told: list[object] = []
    first = aioftp.Client()
    await first.connect("127.0.0.1", server.server_port)
    await first.login("ann", "x")
    told.append(await seconds_of(get(first)) < LIMITED_SECONDS * 0.7)
    limit = int(SIZE / LIMITED_SECONDS)
    for throttle in (server.throttle, server.throttle_per_user[user], first.throttle):
        for direction, work in (("read", put), ("write", get)):
            mine = throttle is first.throttle
            name = {"read": "write", "write": "read"}[direction] if mine else direction
            getattr(throttle, name).limit = limit
            told.append(near(await seconds_of(work(first)), LIMITED_SECONDS))
            getattr(throttle, name).limit = None
            told.append(await seconds_of(work(first)) < LIMITED_SECONDS * 0.7)
    server.throttle_per_connection.write.limit = limit
    second = aioftp.Client()
    await second.connect("127.0.0.1", server.server_port)
    await second.login("ann", "x")
    told.append(near(await seconds_of(get(second)), LIMITED_SECONDS))
    told.append(await seconds_of(get(first)) < LIMITED_SECONDS * 0.7)
    first.throttle.read.limit = limit // 4

    async def raise_the_limit() -> None:
        await asyncio.sleep(0.5)
        first.throttle.read.limit = None

    later = asyncio.create_task(raise_the_limit())
    told.append(await seconds_of(get(first)) < 3)
    await later
    copy = first.throttle.clone()
    told.append((copy.read.limit, copy.write.limit, copy.read is not first.throttle.read))
    first.close()
    second.close()
    await server.close()
    return told
