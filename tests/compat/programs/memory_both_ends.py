"""Files that never touch a disk: memory on the client's side and on the server's, shared states."""

# mypy: ignore-errors

from __future__ import annotations

import pathlib
from pathlib import PurePosixPath

import aioftp


async def main(root: pathlib.Path) -> list[object]:
    """There, back, and between two servers."""
    told: list[object] = []
    nursery = aioftp.PathIONursery(aioftp.MemoryPathIO)
    one, two = nursery(), nursery()
    await one.mkdir(PurePosixPath("/a/b"), parents=True)
    async with one.open(PurePosixPath("/a/b/c"), mode="wb") as file:
        told.append(await file.write(b"hello"))
    async with two.open(PurePosixPath("/a/b/c"), mode="ab") as file:
        await file.write(b" there")
    async with two.open(PurePosixPath("/a/b/c")) as file:
        told.append([await file.seek(2), await file.read(3), await file.read()])
    told.append(sorted([str(path) for path in await one.list(PurePosixPath("/a"))]))
    told.append((await two.stat(PurePosixPath("/a/b/c"))).st_size)
    for call in (
        lambda: one.rmdir(PurePosixPath("/a")),
        lambda: one.unlink(PurePosixPath("/a")),
        lambda: one.rmdir(PurePosixPath("/a/b/c")),
        lambda: one.mkdir(PurePosixPath("/a")),
        lambda: one.mkdir(PurePosixPath("/x/y")),
        lambda: one.stat(PurePosixPath("/none")),
        lambda: one.rename(PurePosixPath("/none"), PurePosixPath("/some")),
        lambda: one.open(PurePosixPath("/none")).__aenter__(),
        lambda: one.open(PurePosixPath("/a"), mode="wb").__aenter__(),
    ):
        try:
            await call()
            told.append("done")
        except aioftp.PathIOError as error:
            told.append(error.reason[0].__name__)
    servers = []
    for _ in "12":
        server = aioftp.Server(path_io_factory=aioftp.MemoryPathIO)
        await server.start("127.0.0.1", 0)
        servers.append(server)
    client = aioftp.Client(path_io_factory=aioftp.MemoryPathIO)
    client.path_io = one
    await client.connect("127.0.0.1", servers[0].server_port)
    await client.login()
    await client.upload("/a", "copy", write_into=True)
    told.append(sorted(str(path) for path, _ in await client.list(recursive=True)))
    await client.download("copy", "/back", write_into=True)
    async with one.open(PurePosixPath("/back/b/c")) as file:
        told.append(await file.read())
    async with aioftp.Client.context("127.0.0.1", servers[1].server_port) as other:
        async with client.download_stream("copy/b/c") as source, other.upload_stream("moved") as to:
            async for block in source.iter_by_block(4):
                await to.write(block)
        told.append([str(path) for path, _ in await other.list()])
        async with other.append_stream("moved") as to:
            await to.write(b"!")
        async with other.download_stream("moved", offset=6) as source:
            told.append(await source.read())
        await other.rename("moved", "renamed")
        told.append([await other.exists("moved"), (await other.stat("renamed"))["size"]])
        await other.remove("renamed")
        told.append(await other.list())
    await client.remove("copy")
    told.append(await client.list())
    await client.quit()
    for server in servers:
        await server.close()
    return told
