"""aioftp's client by its public calls, with its own block size (8192) unless told."""

import os
import pathlib
import ssl
from typing import Any

import aioftp


class InPlace(aioftp.PathIO):
    """Files of a download are written over, not truncated first, as for every other contestant."""

    async def _open(self, path: pathlib.Path, mode: Any = "rb", *args: Any, **kwargs: Any) -> Any:
        return await super()._open(path, "r+b" if mode == "wb" else mode, *args, **kwargs)


async def work(task: dict[str, Any]) -> dict[str, Any]:
    """Do the task once."""
    tls = ssl._create_unverified_context() if task.get("tls") else None
    files = aioftp.PathIO if task.get("new") or "tree" in task["work"] else InPlace
    client = aioftp.Client(path_io_factory=files, ssl=tls)
    await client.connect(task["host"], task["port"])
    await client.login()
    more: dict[str, Any] = {}
    block_size: int = task.get("block_size", 8192)
    match task["work"]:
        case "download":
            await client.download(
                task["path"], task["file"], write_into=True, block_size=block_size
            )
        case "upload":
            await client.upload(task["file"], task["path"], write_into=True, block_size=block_size)
        case "discard":
            async with client.download_stream(task["path"]) as stream:
                async for _ in stream.iter_by_block(block_size):
                    pass
        case "small":
            for name in task["names"]:
                async with client.download_stream(name) as stream:
                    async for _ in stream.iter_by_block():
                        pass
        case "small-files":
            for name in task["names"]:
                await client.download(name, f"{task['target']}/{name}", write_into=True)
        case "small-upload":
            for name in task["names"]:
                await client.upload(f"{task['source']}/{name}", name, write_into=True)
        case "tree-down":
            path = f"{task['target']}/tree-{os.getpid()}"
            await client.download("tree", path, write_into=True)
        case "tree-up":
            path = f"incoming/tree-{os.getpid()}"
            await client.upload(f"{task['source']}/tree", path, write_into=True)
        case "mlsd":
            more["entries"] = len(await client.list("/", raw_command="MLSD"))
        case "mlsd-lazy":
            more["entries"] = 0
            async for _ in client.list("/", raw_command="MLSD"):
                more["entries"] += 1
    await client.quit()
    return more
