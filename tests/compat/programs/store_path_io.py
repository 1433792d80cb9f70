"""A store of objects, keys with slashes in them, as a file system for a server and a client."""

# mypy: ignore-errors

from __future__ import annotations

import io
import pathlib
import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aioftp


class Store:
    """What a service with buckets offers: get, put, delete and keys by prefix."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.calls: list[str] = []

    async def put(self, key: str, body: bytes) -> None:
        self.calls.append(f"put {key} {len(body)}")
        self.objects[key] = body

    async def get(self, key: str) -> bytes:
        self.calls.append(f"get {key}")
        return self.objects[key]

    async def delete(self, key: str) -> None:
        self.calls.append(f"delete {key}")
        del self.objects[key]

    async def keys(self, prefix: str) -> list[str]:
        return sorted(key for key in self.objects if key.startswith(prefix))


@dataclass
class Handle:
    """A file that is put when it is closed."""

    key: str
    mode: str
    buffer: io.BytesIO


@dataclass
class Stats:
    """What a store knows."""

    st_size: int
    st_mode: int
    st_mtime: float = 1_600_000_000
    st_ctime: float = 1_600_000_000
    st_nlink: int = 1


class StorePathIO(aioftp.AbstractPathIO[pathlib.PurePosixPath]):
    """Folders are objects whose keys end with a slash."""

    def __init__(self, timeout: Any = None, connection: Any = None, state: Any = None) -> None:
        super().__init__(timeout=timeout, connection=connection, state=state)
        self.store: Store = state if state is not None else Store()

    @property
    def state(self) -> Store:
        return self.store

    @staticmethod
    def key(path: pathlib.PurePosixPath) -> str:
        return str(path).strip("/.")

    async def exists(self, path: pathlib.PurePosixPath) -> bool:
        return await self.is_file(path) or await self.is_dir(path)

    async def is_file(self, path: pathlib.PurePosixPath) -> bool:
        return self.key(path) in self.store.objects

    async def is_dir(self, path: pathlib.PurePosixPath) -> bool:
        key = self.key(path)
        return not key or bool(await self.store.keys(f"{key}/"))

    async def mkdir(
        self, path: pathlib.PurePosixPath, *, parents: bool = False, exist_ok: bool = False
    ) -> None:
        if await self.exists(path):
            if exist_ok:
                return
            raise FileExistsError
        await self.store.put(f"{self.key(path)}/", b"")

    async def rmdir(self, path: pathlib.PurePosixPath) -> None:
        if len(await self.store.keys(f"{self.key(path)}/")) > 1:
            raise OSError("not empty")
        await self.store.delete(f"{self.key(path)}/")

    async def unlink(self, path: pathlib.PurePosixPath) -> None:
        await self.store.delete(self.key(path))

    def list(self, path: pathlib.PurePosixPath) -> AsyncIterator[pathlib.PurePosixPath]:
        return self.names(path)

    async def names(self, path: pathlib.PurePosixPath) -> AsyncIterator[pathlib.PurePosixPath]:
        prefix = f"{self.key(path)}/" if self.key(path) else ""
        seen = set()
        for key in await self.store.keys(prefix):
            name = key[len(prefix) :].partition("/")[0]
            if name and name not in seen:
                seen.add(name)
                yield path / name

    @aioftp.pathio.universal_exception
    async def stat(self, path: pathlib.PurePosixPath) -> Stats:
        if await self.is_file(path):
            return Stats(len(self.store.objects[self.key(path)]), stat.S_IFREG | 0o644)
        if await self.is_dir(path):
            return Stats(0, stat.S_IFDIR | 0o755)
        raise FileNotFoundError(str(path))

    @aioftp.pathio.universal_exception
    async def _open(self, path: pathlib.PurePosixPath, mode: str = "rb", **options: Any) -> Handle:
        key = self.key(path)
        body = b"" if mode == "wb" or not await self.is_file(path) else await self.store.get(key)
        if mode == "rb" and not await self.is_file(path):
            raise FileNotFoundError(key)
        buffer = io.BytesIO(body)
        if mode == "ab":
            buffer.seek(0, io.SEEK_END)
        return Handle(key, mode, buffer)

    @aioftp.pathio.defend_file_methods
    async def seek(self, file: Handle, offset: int, whence: int = io.SEEK_SET) -> int:
        return file.buffer.seek(offset, whence)

    @aioftp.pathio.defend_file_methods
    async def write(self, file: Handle, data: bytes) -> int:
        return file.buffer.write(data)

    @aioftp.pathio.defend_file_methods
    async def read(self, file: Handle, block_size: int = -1) -> bytes:
        return file.buffer.read(block_size)

    @aioftp.pathio.defend_file_methods
    async def close(self, file: Handle) -> None:
        if file.mode != "rb":
            await self.store.put(file.key, file.buffer.getvalue())

    async def rename(
        self, source: pathlib.PurePosixPath, destination: pathlib.PurePosixPath
    ) -> pathlib.PurePosixPath:
        for key in await self.store.keys(self.key(source)):
            rest = key[len(self.key(source)) :]
            await self.store.put(self.key(destination) + rest, self.store.objects[key])
            await self.store.delete(key)
        return destination


async def main(root: pathlib.Path) -> list[object]:
    """The store behind a server, and what a client leaves in it."""
    user = aioftp.User(base_path="/", home_path="/")
    server = aioftp.Server([user], path_io_factory=StorePathIO)
    await server.start("127.0.0.1", 0)
    local = root / "local"
    (local / "sub").mkdir(parents=True)
    (local / "one").write_bytes(b"1" * 20_000)
    (local / "sub" / "two").write_bytes(b"two")
    told: list[object] = []
    async with aioftp.Client.context(server.server_host, server.server_port) as client:
        await client.upload(local, "copy", write_into=True)
        found = await client.list("", recursive=True)
        told.append(sorted((str(path), info["type"], info["size"]) for path, info in found))
        await client.rename("copy/sub", "copy/moved")
        async with client.append_stream("copy/one") as stream:
            await stream.write(b"more")
        async with client.upload_stream("copy/one", offset=3) as stream:
            await stream.write(b"ABC")
        async with client.download_stream("copy/one", offset=1) as stream:
            told.append((await stream.read())[:8])
        await client.download("copy", root / "back", write_into=True)
        told.append(
            sorted(
                (path.relative_to(root).as_posix(), path.stat().st_size)
                for path in (root / "back").rglob("*")
                if path.is_file()
            )
        )
        for call in (client.remove_file("no"), client.make_directory("copy"), client.stat("no")):
            try:
                told.append(await call)
            except aioftp.StatusCodeError as error:
                told.append(str(error.received_codes[-1]))
        await client.remove("copy")
        told.append(await client.exists("copy"))
    await server.close()
    store = server.path_io_factory.state
    return [*told, sorted(store.objects), sorted(set(store.calls))]
