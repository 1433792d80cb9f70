"""From one server to another, block by block, and through a queue with a bound."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import io
import pathlib

import aioftp


async def copy(source: aioftp.Client, target: aioftp.Client, name: str) -> int:
    """Both streams at once."""
    nbytes = 0
    async with source.download_stream(name) as reading, target.upload_stream(name) as writing:
        async for block in reading.iter_by_block(3000):
            await writing.write(block)
            nbytes += len(block)
    return nbytes


async def buffered(source: aioftp.Client, target: aioftp.Client, name: str, new: str) -> int:
    """Awaited streams that are entered later, over a buffer."""
    buffer = io.BytesIO()
    stream = await source.download_stream(name)
    async with stream:
        while block := await stream.read(1 << 14):
            buffer.write(block)
    buffer.seek(0)
    stream = await target.upload_stream(new)
    try:
        for block in iter(lambda: buffer.read(7777), b""):
            await stream.write(block)
    finally:
        await stream.finish()
    return buffer.tell()


async def queued(source: aioftp.Client, target: aioftp.Client, name: str, new: str) -> int:
    """One task reads, another one writes."""
    queue: asyncio.Queue[bytes] = asyncio.Queue(2)

    async def read() -> None:
        async with source.download_stream(name) as stream:
            async for line in stream.iter_by_line():
                await queue.put(line)
        await queue.put(b"")

    async def write() -> int:
        count = 0
        async with target.upload_stream(new) as stream:
            while line := await queue.get():
                await stream.write(line.upper())
                count += 1
        return count

    _, count = await asyncio.gather(read(), write())
    return count


async def main(root: pathlib.Path) -> list[object]:
    """Two servers."""
    servers = []
    for name in ("from", "to"):
        (root / name).mkdir()
        server = aioftp.Server([aioftp.User(base_path=root / name)])
        await server.start("127.0.0.1", 0)
        servers.append(server)
    (root / "from" / "big").write_bytes(bytes(range(250)) * 2000)
    (root / "from" / "text").write_text("".join(f"line {n}\n" for n in range(500)) + "the rest")
    (root / "from" / "empty").write_bytes(b"")
    told: list[object] = []
    async with (
        aioftp.Client.context(*servers[0].address) as source,
        aioftp.Client.context(*servers[1].address) as target,
    ):
        told += [await copy(source, target, name) for name in ("big", "text", "empty")]
        told.append(await buffered(source, target, "big", "again"))
        told.append(await queued(source, target, "text", "louder"))
        try:
            await copy(source, target, "nothing")
        except aioftp.StatusCodeError as error:
            told.append(str(error.received_codes[0]) in {"550", "451"})
        told.append([str(path) for path, _ in sorted(await target.list())])
    for server in servers:
        await server.close()
    told.append({path.name: hash(path.read_bytes()) for path in sorted((root / "to").iterdir())})
    return told
