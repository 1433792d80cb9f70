"""Time-outs, and tasks that are cancelled; what there is after them."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import pathlib

import aioftp


class Slow(aioftp.MemoryPathIO):
    """A disk that sleeps."""

    async def read(self, *args: object, **options: object) -> bytes:
        await asyncio.sleep(0.05)
        return await super().read(*args, **options)


async def main(root: pathlib.Path) -> list[object]:
    """Each in a session of its own, and one after it."""
    server = aioftp.Server([aioftp.User()], path_io_factory=Slow)
    await server.start("127.0.0.1", 0)
    told: list[object] = []
    async with (
        aioftp.Client.context(*server.address, socket_timeout=5) as client,
        client.upload_stream("big") as stream,
    ):
        await stream.write(bytes(1 << 20))

    async def fetch(client: aioftp.Client) -> int:
        count = 0
        async with client.download_stream("big") as stream:
            async for block in stream.iter_by_block():
                count += len(block)
        return count

    impatient = aioftp.Client(socket_timeout=0.01)
    try:
        await impatient.connect(*server.address)
        await impatient.login()
        await fetch(impatient)
    except TimeoutError:
        told.append("socket_timeout")
    impatient.close()

    client = aioftp.Client()
    await client.connect(*server.address)
    await client.login()
    task = asyncio.create_task(fetch(client))
    await asyncio.sleep(0.15)
    task.cancel()
    told += await asyncio.gather(task, return_exceptions=True) and [task.cancelled()]
    client.close()

    async with aioftp.Client.context(*server.address) as client:
        told.append([(str(path), info["size"]) for path, info in await client.list()])
    await server.close()
    try:
        await asyncio.wait_for(aioftp.Client(connection_timeout=1).connect("127.0.0.1", 1), 5)
    except OSError as error:
        told.append(type(error).__name__)
    return told
