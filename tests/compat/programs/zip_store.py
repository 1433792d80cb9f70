"""A file system over an archive: read only, with nodes of its own and a lister of its own."""

# mypy: ignore-errors

from __future__ import annotations

import io
import pathlib
import stat
import zipfile
from types import SimpleNamespace

import aioftp


class ZipPathIO(aioftp.AbstractPathIO):
    """What lies in an archive."""

    archive = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.opened = 0

    @property
    def state(self):
        return self.archive

    def _name(self, path):
        return "/".join(part for part in path.parts if part not in ("/", "\\"))

    def _names(self):
        return [name.rstrip("/") for name in self.archive.namelist()]

    def _folders(self):
        found = {""}
        for name in self._names():
            found.update(str(p) for p in pathlib.PurePosixPath(name).parents if str(p) != ".")
        return found

    @aioftp.pathio.universal_exception
    async def exists(self, path):
        return self._name(path) in self._folders() or self._name(path) in self._names()

    @aioftp.pathio.universal_exception
    async def is_dir(self, path):
        return self._name(path) in self._folders()

    @aioftp.pathio.universal_exception
    async def is_file(self, path):
        return self._name(path) in self._names()

    async def mkdir(self, path, *, parents=False, exist_ok=False):
        raise aioftp.PathIOError("read only")

    rmdir = unlink = mkdir

    @aioftp.pathio.universal_exception
    async def rename(self, source, destination):
        raise PermissionError("read only")

    def list(self, path):
        names = sorted({*self._names(), *self._folders()} - {""})
        here = self._name(path)

        class Lister(aioftp.AbstractAsyncLister):
            todo = iter([n for n in names if str(pathlib.PurePosixPath(n).parent) == (here or ".")])

            @aioftp.with_timeout
            async def __anext__(self):
                for name in self.todo:
                    return path / name.rpartition("/")[2]
                raise StopAsyncIteration

        return Lister(timeout=self.timeout)

    @aioftp.pathio.universal_exception
    async def stat(self, path):
        name = self._name(path)
        if name in self._folders():
            return SimpleNamespace(
                st_size=0, st_mtime=1e9, st_ctime=1e9, st_nlink=1, st_mode=stat.S_IFDIR | 0o555
            )
        info = self.archive.getinfo(name)
        return SimpleNamespace(
            st_size=info.file_size,
            st_mtime=1e9,
            st_ctime=1e9,
            st_nlink=1,
            st_mode=stat.S_IFREG | 0o444,
        )

    @aioftp.pathio.universal_exception
    async def _open(self, path, mode="rb", *args, **kwargs):
        if mode != "rb":
            raise PermissionError("read only")
        return io.BytesIO(self.archive.read(self._name(path)))

    @aioftp.pathio.universal_exception
    @aioftp.pathio.defend_file_methods
    async def seek(self, file, *args, **kwargs):
        return file.seek(*args, **kwargs)

    @aioftp.pathio.universal_exception
    @aioftp.pathio.defend_file_methods
    async def read(self, file, *args, **kwargs):
        return file.read(*args, **kwargs)

    @aioftp.pathio.universal_exception
    @aioftp.pathio.defend_file_methods
    async def write(self, file, *args, **kwargs):
        raise PermissionError("read only")

    @aioftp.pathio.universal_exception
    @aioftp.pathio.defend_file_methods
    async def close(self, file):
        file.close()


async def main(root: pathlib.Path) -> list[object]:
    """Serve it, and read it by a client."""
    with zipfile.ZipFile(root / "a.zip", "w") as archive:
        archive.writestr("top.txt", "top")
        archive.writestr("one/two/deep.txt", "deep" * 10_000)
        archive.writestr("one/empty", "")
    told: list[object] = []
    with zipfile.ZipFile(root / "a.zip") as archive:
        ZipPathIO.archive = archive
        server = aioftp.Server(
            [aioftp.User(base_path="/")], path_io_factory=ZipPathIO, block_size=1000
        )
        await server.start("127.0.0.1", 0)
        async with aioftp.Client.context("127.0.0.1", server.server_port) as client:
            listed = await client.list(recursive=True)
            told.append(sorted((str(p), i["type"], i["size"], i["modify"]) for p, i in listed))
            for command in ("MLSD", "LIST"):
                listed = await client.list("one", raw_command=command)
                told.append(sorted((str(p), i["type"]) for p, i in listed))
            await client.download("one", root / "got")
            told.append(sorted(str(p.relative_to(root)) for p in (root / "got").rglob("*")))
            async with client.download_stream("one/two/deep.txt", offset=39_990) as stream:
                told.append(await stream.read())
            for name in ("exists", "is_file", "is_dir"):
                call = getattr(client, name)
                told.append([name, await call("one")])
            for call in (
                lambda: client.make_directory("new"),
                lambda: client.remove_file("top.txt"),
                lambda: client.remove_directory("one"),
                lambda: client.rename("top.txt", "other"),
                lambda: client.upload(root / "a.zip"),
                lambda: client.change_directory("top.txt"),
                lambda: client.download("nope", root),
            ):
                try:
                    await call()
                    told.append("done")
                except aioftp.StatusCodeError as error:
                    told.append(str(error.received_codes[-1]) > "400")
        await server.close()
    return told
