"""Files in memory, slow ones, ones that fail; time-outs by attribute, and errors with reasons."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import pathlib
from typing import Any

import aioftp


class SlowMemory(aioftp.MemoryPathIO):
    """Takes its time for files whose name says so."""

    async def _pause(self, path: Any) -> None:
        if "slow" in str(path):
            await asyncio.sleep(0.3)

    @aioftp.pathio.universal_exception
    @aioftp.with_timeout
    async def stat(self, path: Any) -> Any:
        await self._pause(path)
        return await super().stat(path)

    @aioftp.pathio.universal_exception
    @aioftp.with_timeout
    async def _open(self, path: Any, mode: str = "rb", *args: Any, **kwargs: Any) -> Any:
        await self._pause(path)
        if "full" in str(path) and mode != "rb":
            raise OSError("no space")
        return await super()._open(path, mode, *args, **kwargs)


class Jobs:
    """Has methods with time-outs."""

    timeout = 0.5
    patience = 10.0

    @aioftp.with_timeout
    async def quick(self, seconds: float) -> str:
        await asyncio.sleep(seconds)
        return "done"

    @aioftp.with_timeout("patience")
    async def patient(self, seconds: float) -> str:
        await asyncio.sleep(seconds)
        return "done"


async def outcome(call: Any) -> object:
    """A value, or what went wrong and why."""
    try:
        return await call
    except aioftp.PathIOError as error:
        return "PathIOError", error.reason and getattr(error.reason[0], "__name__", None)
    except aioftp.StatusCodeError as error:
        return str(error.received_codes[-1])
    except TimeoutError:
        return "TimeoutError"
    except Exception as error:
        return type(error).__name__


async def by_itself() -> list[object]:
    """The file system without a server."""
    told: list[object] = []
    files = SlowMemory(timeout=0.1)
    path = pathlib.PurePosixPath
    await files.mkdir(path("/a/b"), parents=True)
    for name, body in (("/a/x", b"12345"), ("/a/b/slow", b"")):
        told.append(await outcome(files.open(path(name), mode="wb").__aenter__()))
        del told[-1]
        if "slow" not in name:
            async with files.open(path(name), mode="wb") as file:
                await file.write(body)
    told.append(await outcome(files.stat(path("/a/slow"))))
    told.append(await outcome(files.stat(path("/a/no"))))
    told.append(await outcome(files.rmdir(path("/a"))))
    told.append(await outcome(files.unlink(path("/a/b"))))
    told.append(await outcome(files.mkdir(path("/a"))))
    async with files.open(path("/a/x"), mode="r+b") as file:
        await file.seek(2)
        await file.write(b"AB")
        await file.seek(0)
        told.append(await file.read())
        told.append(await outcome(files.read(file, 3)))
    told.append(sorted([str(each) async for each in files.list(path("/a"))]))
    other = SlowMemory(state=files.state)
    await other.rename(path("/a/x"), path("/y"))
    told.append((await files.exists(path("/y")), await files.exists(path("/a/x"))))
    return told


async def main(root: pathlib.Path) -> list[object]:
    """By itself, behind a server, and as a client's local files."""
    told = await by_itself()
    jobs = Jobs()
    told += [await outcome(jobs.quick(0)), await outcome(jobs.quick(9))]
    told += [await outcome(jobs.patient(0.1)), aioftp.Code("226").matches("2xx")]
    server = aioftp.Server(path_io_factory=SlowMemory, path_timeout=9)
    await server.start("127.0.0.1", 0)
    async with aioftp.Client.context(
        "127.0.0.1", server.server_port, path_io_factory=SlowMemory, path_timeout=0.1
    ) as client:
        for name in ("quick", "slow", "full"):
            told.append(await outcome(put(client, name)))
        told.append(await outcome(client.download("quick", "/copies/quick", write_into=True)))
        told.append(await outcome(client.download("quick", "/copies/slow", write_into=True)))
        told.append(await outcome(client.get_current_directory()))
        where = pathlib.Path("/copies/quick")
        async with client.path_io.open(where, mode="rb") as file:
            told.append(await file.read())
        told.append(await outcome(client.upload("/copies", "tree", write_into=True)))
        told.append(sorted(str(found) for found, _ in await client.list(recursive=True)))
    await server.close()
    return told


async def put(client: aioftp.Client, name: str) -> str:
    """A remote file."""
    async with client.upload_stream(name) as stream:
        await stream.write(name.encode())
    return "put"
