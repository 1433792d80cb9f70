"""One program in aioftp's API, run with aioftp or with what stands in for it."""

import asyncio
import importlib
from pathlib import Path
from typing import Any

from benchmarks.children.meter import job

package: Any = importlib.import_module(job()["package"])  # before anything is measured


class OwnConnection(package.Client):  # type: ignore[misc]  # Any of two packages
    """A client that makes its connections itself, as those with tunnels do."""

    async def _open_connection(self, host: str, port: int) -> Any:
        return await asyncio.open_connection(host, port)


async def work(task: dict[str, Any]) -> dict[str, Any]:
    """Do the task once, by the package that it names."""
    client = (OwnConnection if task.get("own_connection") else package.Client)()
    await client.connect(task["host"], task["port"])
    await client.login()
    found = await WORKS[task["work"]](client, task)
    await client.quit()
    return found


async def download(client: Any, task: dict[str, Any]) -> dict[str, Any]:
    """A whole file."""
    await client.download(task["path"], task["file"], write_into=True)
    return {}


async def upload(client: Any, task: dict[str, Any]) -> dict[str, Any]:
    """A whole file."""
    await client.upload(task["file"], task["path"], write_into=True)
    return {}


async def read(client: Any, task: dict[str, Any]) -> dict[str, Any]:
    """A stream by blocks; how many bytes came."""
    nbytes = 0
    async with client.download_stream(task["path"]) as stream:
        async for block in stream.iter_by_block(task["block_size"]):
            nbytes += len(block)
    return {"nbytes": nbytes}


async def read_whole(client: Any, task: dict[str, Any]) -> dict[str, Any]:
    """A stream at once; how many bytes came."""
    async with client.download_stream(task["path"]) as stream:
        return {"nbytes": len(await stream.read())}


async def small(client: Any, task: dict[str, Any]) -> dict[str, Any]:
    """Many small files, each there and back by the whole-file calls."""
    for number in range(task["count"]):
        await client.upload(task["file"], f"small-{number}", write_into=True)
    target = Path(task["target"]) / "small"
    for number in range(task["count"]):
        await client.download(f"small-{number}", target, write_into=True)
    return {"files": task["count"]}


async def read_lines(client: Any, task: dict[str, Any]) -> dict[str, Any]:
    """A stream by lines; how many came."""
    count = 0
    async with client.download_stream(task["path"]) as stream:
        async for _ in stream.iter_by_line():
            count += 1
    return {"lines": count}


async def write(client: Any, task: dict[str, Any]) -> dict[str, Any]:
    """A stream by blocks."""
    block = bytes(task["block_size"])
    async with client.upload_stream(task["path"]) as stream:
        for _ in range(task["nbytes"] // len(block)):
            await stream.write(block)
    return {}


async def listed(client: Any, task: dict[str, Any]) -> dict[str, Any]:
    """A folder, awaited."""
    return {"entries": len(await client.list("/"))}


async def iterated(client: Any, task: dict[str, Any]) -> dict[str, Any]:
    """A folder, entry by entry."""
    entries = 0
    async for _ in client.list("/"):
        entries += 1
    return {"entries": entries}


WORKS = {
    "download": download,
    "upload": upload,
    "read": read,
    "read-whole": read_whole,
    "read-lines": read_lines,
    "small": small,
    "write": write,
    "list": listed,
    "list-iterated": iterated,
}
