"""Subclasses of pathlib's paths, texts, relative and odd names, wherever a path is taken."""

# mypy: ignore-errors

from __future__ import annotations

import pathlib

import aioftp


class RemoteFile(pathlib.PurePosixPath):
    """A remote path that knows its kind."""

    @property
    def is_archive(self) -> bool:
        return self.suffix in (".zip", ".tar")


class LocalFile(type(pathlib.Path())):  # type: ignore[misc]  # the class of this system
    """A local path that knows its size."""

    @property
    def nbytes(self) -> int:
        return int(self.stat().st_size)


NAMES = [
    "plain",
    "with blank",
    "-rf",
    "a;b=c",
    "'quoted'",
    "\N{GREEK SMALL LETTER ALPHA}.zip",
    "%41",
]


async def main(root: pathlib.Path) -> list[object]:
    """Each name there and back, by each kind of path."""
    (root / "remote").mkdir()
    local = LocalFile(root / "local")
    local.mkdir()
    for name in NAMES:
        (local / name).write_bytes(name.encode() * 100)
    server = aioftp.Server([aioftp.User(base_path=root / "remote", home_path="/home")])
    (root / "remote" / "home").mkdir()
    await server.start("127.0.0.1", 0)
    told: list[object] = []
    async with aioftp.Client.context("127.0.0.1", server.server_port) as client:
        told.append(await client.get_current_directory())
        await client.make_directory(RemoteFile("deep/er/still"))
        await client.change_directory(RemoteFile("deep"))
        told.append(str(await client.get_current_directory()))
        for name in NAMES:
            await client.upload(local / name, RemoteFile("er"))
            await client.upload(str(local / name), f"still-{name}", write_into=True)
        await client.change_directory()
        await client.change_directory("..")
        told.append(str(await client.get_current_directory()))
        found = [RemoteFile(path) for path, _ in await client.list("home", recursive=True)]
        told.append(sorted(str(path) for path in found))
        told.append(sorted(str(path) for path in found if path.is_archive))
        for path in found:
            if await client.is_file(path):
                await client.download(path, LocalFile(root / "back"))
        back = [LocalFile(path) for path in (root / "back").iterdir()]
        told.append(sorted((path.name, path.nbytes) for path in back))
        relative = [RemoteFile("home") / "." / "deep", "home//deep", "/home/deep/../deep", "./home"]
        told.append([await client.is_dir(path) for path in relative])
        await client.rename(RemoteFile("home/deep/still-plain"), "/moved to")
        told.append([await client.exists(path) for path in ("moved to", "home/deep/still-plain")])
        await client.remove(RemoteFile("home"))
        told.append(sorted(path.name for path in (root / "remote").iterdir()))
    await server.close()
    return told
