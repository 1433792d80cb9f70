"""A server whose files are those of another server: its file system is a client."""

# mypy: ignore-errors

from __future__ import annotations

import pathlib
from pathlib import PurePosixPath
from types import SimpleNamespace

import aioftp

BEHIND = {}


class Remote(aioftp.AbstractPathIO):
    """Each operation by a connection of its own."""

    def _session(self):
        return aioftp.Client.context("127.0.0.1", BEHIND["port"], "in", "side")

    @aioftp.pathio.universal_exception
    async def exists(self, path):
        async with self._session() as client:
            return await client.exists(path)

    @aioftp.pathio.universal_exception
    async def is_dir(self, path):
        async with self._session() as client:
            return await client.exists(path) and await client.is_dir(path)

    @aioftp.pathio.universal_exception
    async def is_file(self, path):
        async with self._session() as client:
            return await client.exists(path) and await client.is_file(path)

    @aioftp.pathio.universal_exception
    async def mkdir(self, path, *, parents=False, exist_ok=False):
        async with self._session() as client:
            await client.make_directory(path, parents=parents)

    @aioftp.pathio.universal_exception
    async def rmdir(self, path):
        async with self._session() as client:
            await client.remove_directory(path)

    @aioftp.pathio.universal_exception
    async def unlink(self, path):
        async with self._session() as client:
            await client.remove_file(path)

    def list(self, path):
        session = self._session

        class Lister(aioftp.AbstractAsyncLister):
            found = None

            @aioftp.pathio.universal_exception
            @aioftp.with_timeout
            async def __anext__(self):
                if self.found is None:
                    async with session() as client:
                        self.found = sorted(name for name, _ in await client.list(path))
                if not self.found:
                    raise StopAsyncIteration
                return self.found.pop(0)

        return Lister(timeout=self.timeout)

    @aioftp.pathio.universal_exception
    async def stat(self, path):
        async with self._session() as client:
            info = await client.stat(path)
        mode = 0o40755 if info["type"] == "dir" else 0o100644
        return SimpleNamespace(
            st_size=int(info.get("size", 0)), st_mtime=0, st_ctime=0, st_nlink=1, st_mode=mode
        )

    @aioftp.pathio.universal_exception
    async def _open(self, path, mode="rb"):
        client = aioftp.Client()
        await client.connect("127.0.0.1", BEHIND["port"])
        await client.login("in", "side")
        ways = {"rb": client.download_stream, "wb": client.upload_stream}
        stream = await ways.get(mode, client.append_stream)(path)
        return SimpleNamespace(client=client, stream=stream)

    @aioftp.pathio.universal_exception
    async def seek(self, file, offset, whence=0):
        raise NotImplementedError

    @aioftp.pathio.universal_exception
    async def read(self, file, block_size):
        return await file.stream.read(block_size)

    @aioftp.pathio.universal_exception
    async def write(self, file, data):
        await file.stream.write(data)

    @aioftp.pathio.universal_exception
    async def close(self, file):
        await file.stream.finish()
        await file.client.quit()

    @aioftp.pathio.universal_exception
    async def rename(self, source, destination):
        async with self._session() as client:
            await client.rename(source, destination)


async def main(root: pathlib.Path) -> list[object]:
    """Through the gateway and back."""
    behind = aioftp.Server([aioftp.User("in", "side", base_path=root)])
    await behind.start("127.0.0.1", 0)
    BEHIND["port"] = behind.server_port
    users = [aioftp.User("out", "side", base_path=PurePosixPath("/"))]
    gateway = aioftp.Server(users, path_io_factory=Remote)
    await gateway.start("127.0.0.1", 0)
    (root / "folder").mkdir()
    (root / "folder" / "file").write_bytes(b"deep" * 5000)
    told: list[object] = []
    async with aioftp.Client.context("127.0.0.1", gateway.server_port, "out", "side") as client:
        found = await client.list(recursive=True)
        told.append(sorted((str(path), info["type"], info["size"]) for path, info in found))
        async with client.download_stream("folder/file") as stream:
            told.append(len(await stream.read()))
        async with client.upload_stream("folder/new") as stream:
            await stream.write(b"x" * 100_000)
        async with client.append_stream("folder/new") as stream:
            await stream.write(b"y")
        told.append((root / "folder" / "new").read_bytes()[-2:])
        await client.make_directory("made/deep")
        await client.rename("folder/new", "made/deep/moved")
        told.append(sorted(path.relative_to(root).as_posix() for path in root.rglob("*")))
        for call in (
            lambda: client.remove_directory("made"),
            lambda: client.remove_file("none"),
            lambda: client.change_directory("folder/file"),
            lambda: client.stat("none"),
        ):
            try:
                await call()
                told.append("done")
            except aioftp.StatusCodeError:
                told.append("refused")
        await client.remove("made")
        told.append(await client.exists("made"))
    await gateway.close()
    await behind.close()
    return told
