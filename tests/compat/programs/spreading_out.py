"""A harvest of a tree by many clients at once, as far as a semaphore lets them."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import collections
import hashlib
import pathlib
import re

import aioftp

WANTED = re.compile(r".*\.(grib2|nc)$")


async def walk(client: aioftp.Client, path: pathlib.PurePosixPath) -> list[tuple[str, int]]:
    """Files that are wanted, folder by folder."""
    found, folders = [], collections.deque([path])
    while folders:
        for each, info in await client.list(folders.popleft()):
            if info["type"] == "dir":
                folders.append(each)
            elif WANTED.match(each.name):
                found.append((str(each), int(info["size"])))
    return sorted(found)


async def checksum(
    address: tuple[str, int], path: str, semaphore: asyncio.Semaphore
) -> tuple[str, str]:
    """A file's digest, over a connection of its own."""
    async with semaphore, aioftp.Client.context(*address, socket_timeout=5) as client:
        digest = hashlib.sha256()
        async with client.download_stream(path) as stream:
            async for block in stream.iter_by_block():
                digest.update(block)
        return path, digest.hexdigest()[:8]


async def main(root: pathlib.Path) -> list[object]:
    """A tree of three runs."""
    for run in ("00", "06", "12"):
        for field in ("t_2m", "pmsl"):
            folder = root / "weather" / run / field
            folder.mkdir(parents=True)
            for step in range(4):
                (folder / f"{field}_{step:03}.grib2").write_bytes(f"{run}{field}{step}".encode())
            (folder / "index.txt").write_text("not wanted")
    server = aioftp.Server([aioftp.User(base_path=root, maximum_connections=4)])
    await server.start("127.0.0.1", 0)
    async with aioftp.Client.context(*server.address) as client:
        found = await walk(client, pathlib.PurePosixPath("/weather"))
        recursive = [
            (str(path), int(info["size"]))
            for path, info in await client.list("/weather", recursive=True)
            if WANTED.match(path.name)
        ]
    semaphore = asyncio.Semaphore(3)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(checksum(server.address, path, semaphore)) for path, _ in found]
    await server.close()
    return [found, found == sorted(recursive), [task.result() for task in tasks]]
