"""Disks that take their time: executors, time-outs of paths, and what the client is told."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import functools
import pathlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import aioftp

THREADS = set()
POOL = ThreadPoolExecutor(1, thread_name_prefix="disk")


class Pooled(aioftp.AsyncPathIO):
    """In threads of one's own; notes their names."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, executor=POOL, **kwargs)

    @aioftp.pathio.universal_exception
    @aioftp.with_timeout
    async def exists(self, path):
        def look():
            THREADS.add(threading.current_thread().name.partition("_")[0])
            return path.exists()

        return await asyncio.get_running_loop().run_in_executor(self.executor, look)


class Stuck(aioftp.AsyncPathIO):
    """Never comes back in time."""

    async def _open(self, path, *args, **kwargs):
        slow = functools.partial(self._slow_open, path, *args, **kwargs)
        return await super()._open(_Slow(path, slow), *args, **kwargs)

    def _slow_open(self, path, *args, **kwargs):
        time.sleep(0.6)
        return path.open(*args, **kwargs)


class _Slow:
    """A path whose `open` is slow."""

    def __init__(self, path, opened):
        self.path = path
        self.opened = opened

    def open(self, *args, **kwargs):
        return self.opened()

    def __getattr__(self, name):
        return getattr(self.path, name)


async def main(root: pathlib.Path) -> list[object]:
    """Both, as a server's and as a client's."""
    (root / "file").write_bytes(b"x" * 1000)
    told: list[object] = []
    server = aioftp.Server([aioftp.User(base_path=root)], path_io_factory=Pooled)
    await server.start("127.0.0.1", 0)
    async with aioftp.Client.context(
        "127.0.0.1", server.server_port, path_io_factory=Pooled
    ) as client:
        await client.upload(root / "file", "copy", write_into=True)
        await client.download("copy", root / "back", write_into=True)
        told.append([(root / "back").stat().st_size, await client.exists("copy")])
        await client.path_io.exists(root / "back")
    told.append(sorted(THREADS))
    await server.close()
    server = aioftp.Server([aioftp.User(base_path=root)])
    await server.start("127.0.0.1", 0)
    client = aioftp.Client(path_io_factory=Stuck, path_timeout=0.1)
    await client.connect("127.0.0.1", server.server_port)
    await client.login()
    told.append([client.path_timeout, client.path_io.timeout])
    for call in (
        lambda: client.upload(root / "file", "slow", write_into=True),
        lambda: client.download("file", root / "never", write_into=True),
    ):
        try:
            await call()
            told.append("done")
        except aioftp.PathIOError as error:
            told.append(issubclass(error.reason[0], asyncio.TimeoutError))
    client.close()
    await asyncio.sleep(0.8)
    told.append([(root / "never").exists(), (root / "slow").exists()])
    await server.close()
    return told
