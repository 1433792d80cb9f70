"""Files on the event loop of whoever opens them."""

from __future__ import annotations

import contextlib
import gc
import time

import anyio
import pytest
from fsspec.asyn import sync

from anyftp.fsspec import FTPFileSystem
from anyftp.testing import ServerThread
from ecosystem.served_files import CONTENT, make
from ecosystem.served_files import fs as fs
from ecosystem.served_files import server as server


def test_a_file_that_is_dropped_on_the_loop_gives_its_connection_back(
    server: ServerThread, fs: FTPFileSystem
) -> None:
    server.put("file", CONTENT)
    holder = [fs.open("/file")]
    holder[0].read(10)

    async def idle() -> int:
        return fs.remote.connections().nidle

    async def drop() -> None:
        holder.clear()
        gc.collect()

    assert sync(fs.loop, idle) == 0
    sync(fs.loop, drop)
    end = time.monotonic() + 5
    while not sync(fs.loop, idle) and time.monotonic() < end:
        time.sleep(0.01)
    assert sync(fs.loop, idle) == 1


def test_files_on_a_loop_of_ones_own(server: ServerThread) -> None:
    server.put("file", CONTENT)

    async def main() -> None:
        fs = make(server, asynchronous=True)
        async with await fs.open_async("/file") as file:
            assert await file.read(10) == CONTENT[:10]
            assert await file.read() == CONTENT[10:]
            assert await file.read(10) == b""
        async with await fs.open_async("/new", "wb", block_size=1000) as file:
            for start in range(0, 5000, 700):
                await file.write(CONTENT[start : min(start + 700, 5000)])
            assert not await fs._exists("/new")
        async with await fs.open_async("/new", "ab") as file:
            await file.write(b"more")
        assert await fs._cat_file("/new") == CONTENT[:5000] + b"more"
        async with await fs.open_async("/empty", "wb"):
            pass
        assert await fs._cat_file("/empty") == b""
        broken = await fs.open_async("/new", "wb", block_size=10)
        with contextlib.suppress(ZeroDivisionError):
            async with broken as file:
                await file.write(b"much more than ten")
                raise ZeroDivisionError
        assert await fs._cat_file("/new") == CONTENT[:5000] + b"more"
        with pytest.raises(FileNotFoundError):
            await fs.open_async("/none")
        with pytest.raises(IsADirectoryError):
            await fs.open_async("/")
        with pytest.raises(ValueError, match="rb, wb or ab"):
            await fs.open_async("/file", "r+b")
        await fs.remote.aclose()

    anyio.run(main)
    assert not [name for name in server.names() if "part" in name]
