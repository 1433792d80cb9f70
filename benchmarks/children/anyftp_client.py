"""anyftp's client by its public calls."""

import os
import ssl
from typing import Any

from anyio.to_thread import run_sync

import anyftp
from anyftp._streams import _slices

BLOCK = 256 * 1024


class InPlace:
    """An open file for `copy_to_file`: written over where `download()` would make a new file.

    `is_plain` tells the descriptor; without it the copy loop has to call the methods here, as it
    does for users' own file systems.
    """

    def __init__(self, path: str, flags: int, *, is_plain: bool) -> None:
        self._fd = os.open(path, flags)
        self._is_plain = is_plain

    def fileno(self) -> int | None:
        """The descriptor of a plain file."""
        return self._fd if self._is_plain else None

    async def readinto(self, buffer: memoryview) -> int:
        """Read in a worker thread."""
        return await run_sync(os.readv, self._fd, [buffer])

    async def write(self, data: memoryview) -> None:
        """Write in a worker thread."""
        await run_sync(os.write, self._fd, data)


def forgo_kernel_copies() -> None:
    """Copy in a worker thread, as on systems without splice and sendfile."""
    kernel: Any = _slices
    kernel.incoming = lambda: (_slices.ReceiveAndWrite,)
    kernel.outgoing = lambda: (_slices.ReadAndSend,)


async def work(task: dict[str, Any]) -> dict[str, Any]:
    """Log in and do the task once."""
    tls = task.get("tls")
    context = ssl._create_unverified_context() if tls else None
    async with anyftp.Client.context(
        task["host"], task["port"], tls=tls, ssl_context=context
    ) as client:
        if task["work"] in ("download", "upload", "discard"):
            return await move(client, task)
        return await visit(client, task)


async def move(client: anyftp.Client, task: dict[str, Any]) -> dict[str, Any]:
    """One big file; the whole-file calls, but for files in place and "loop"."""
    path, file = task["path"], task["file"]
    is_plain = task.get("way") != "loop"
    if task.get("way") == "worker":
        forgo_kernel_copies()
    if task["work"] == "discard":
        buffer = bytearray(BLOCK)
        async with client.download_stream(path) as stream:
            while await stream.read_into(buffer):
                pass
    elif task["work"] == "download" and task.get("new"):
        await client.download(path, file)
    elif task["work"] == "download":
        async with client.download_stream(path) as stream:
            await anyftp.copy_to_file(stream, InPlace(file, os.O_WRONLY, is_plain=is_plain))
    elif not is_plain:
        async with client.upload_stream(path) as stream:
            await anyftp.copy_from_file(InPlace(file, os.O_RDONLY, is_plain=False), stream)
    else:
        await client.upload(file, path)
    return {}


async def visit(client: anyftp.Client, task: dict[str, Any]) -> dict[str, Any]:
    """Many small files, or one big listing."""
    match task["work"]:
        case "small":
            for name in task["names"]:
                async with client.download_stream(name) as stream:
                    async for _ in stream.iter_by_block():
                        pass
        case "small-files":
            for name in task["names"]:
                await client.download(name, f"{task['target']}/{name}")
        case "small-upload":
            for name in task["names"]:
                await client.upload(f"{task['source']}/{name}", name)
        case "tree-down":
            await client.download("tree", f"{task['target']}/tree-{os.getpid()}")
        case "tree-up":
            await client.upload(f"{task['source']}/tree", f"incoming/tree-{os.getpid()}")
        case "mlsd":
            return {"entries": len(await client.list("/"))}
        case "mlsd-lazy":
            entries = 0
            async for _ in client.list("/"):
                entries += 1
            return {"entries": entries}
        case "mlsd-fields":
            entries = 0
            async for entry in client.list("/"):
                entries += bool(entry.name and entry.type and entry.size and entry.modified)
            return {"entries": entries}
    return {}
