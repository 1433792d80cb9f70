"""A client that mirrors a tree both ways, with limits, progress, and listings of its own."""

from __future__ import annotations

import asyncio
import pathlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aioftp

Listing = list[tuple[pathlib.PurePosixPath, aioftp.ListInfo]]


@dataclass
class Progress:
    """Bytes that have moved, by direction."""

    moved: dict[str, int] = field(default_factory=dict)

    def count(self, direction: str, nbytes: int) -> None:
        self.moved[direction] = self.moved.get(direction, 0) + nbytes


class ReportingThrottle(aioftp.Throttle):
    """Reports each block that it pays for."""

    def __init__(self, direction: str, progress: Progress, limit: int | None = None) -> None:
        super().__init__(limit=limit)
        self.direction = direction
        self.progress = progress
        self.waits = 0

    async def wait(self) -> None:
        self.waits += 1
        await super().wait()

    def append(self, data: bytes, start: float) -> None:
        self.progress.count(self.direction, len(data))
        super().append(data, start)

    def clone(self) -> ReportingThrottle:
        return ReportingThrottle(self.direction, self.progress, self.limit)


class Mirror(aioftp.Client):
    """Downloads and uploads trees file by file, by its own streams."""

    def __init__(self, progress: Progress, socket_timeout: float | None = None) -> None:
        super().__init__(socket_timeout=socket_timeout, path_io_factory=aioftp.AsyncPathIO)
        self.throttle = aioftp.StreamThrottle(
            read=ReportingThrottle("down", progress, 1 << 28),
            write=ReportingThrottle("up", progress, 1 << 28),
        )

    @asynccontextmanager
    async def logged_in(self, host: str, port: int) -> AsyncIterator[Mirror]:
        """Connect for a while."""
        await self.connect(host, port)
        try:
            await self.login("user", "secret")
            yield self
        finally:
            await self.quit()

    async def files(self, root: pathlib.PurePosixPath) -> Listing:
        """The files below a folder."""
        found: Listing = []
        async for path, info in self.list(root, recursive=True):
            if info["type"] == "file":
                found.append((path, info))
        return sorted(found, key=lambda entry: str(entry[0]))

    async def fetch(self, path: pathlib.PurePosixPath, target: pathlib.Path) -> int:
        """Download one file; how long it is."""
        nbytes = 0
        target.parent.mkdir(parents=True, exist_ok=True)
        async with (
            self.download_stream(path) as stream,
            self.path_io.open(target, mode="wb") as file,
        ):
            async for block in stream.iter_by_block(4096):
                await file.write(block)
                nbytes += len(block)
        return nbytes

    async def put(self, source: pathlib.Path, path: pathlib.PurePosixPath) -> None:
        """Upload one file, in two parts."""
        content = source.read_bytes()
        half = len(content) // 2
        await self.make_directory(path.parent)
        stream = await self.upload_stream(path)
        await stream.write(content[:half])
        await stream.finish()
        async with self.append_stream(path) as rest:
            await rest.write(content[half:])


def described(entries: Iterable[tuple[pathlib.PurePosixPath, aioftp.ListInfo]]) -> list[object]:
    """What is the same whenever it runs."""
    return [(str(path), info["type"], int(info["size"])) for path, info in entries]


async def main(root: pathlib.Path) -> list[object]:
    """Mirror a tree there and back."""
    served, local = root / "served", root / "local"
    for name, content in (("a", b"a" * 10_000), ("b/c", b"c" * 300), ("b/d/e", b"")):
        (served / name).parent.mkdir(parents=True, exist_ok=True)
        (served / name).write_bytes(content)
    server = aioftp.Server([aioftp.User("user", "secret", base_path=served)])
    await server.start("127.0.0.1", 0)
    host, port = server.address
    assert host is not None
    progress = Progress()
    told: list[object] = []
    try:
        async with Mirror(progress, socket_timeout=10).logged_in(host, port) as client:
            entries = await client.files(pathlib.PurePosixPath("/"))
            told.append(described(entries))
            for path, _ in entries:
                told.append(await client.fetch(path, local / path.relative_to("/")))
            told.append(progress.moved["down"] >= 10_300)  # and lines, where they are counted
            await client.put(local / "a", pathlib.PurePosixPath("/copy/of/a"))
            told.append((served / "copy/of/a").read_bytes() == (served / "a").read_bytes())
            await client.rename("copy/of/a", "copy/b")
            await client.upload(local / "b", "/again", write_into=True)
            await client.download("again", str(local / "once more"), write_into=True)
            first, second = await client.stat("b/c"), await client.stat("again/c")
            told.append((first["size"], first["type"]) == (second["size"], second["type"]))
            told.append(described(await client.files(pathlib.PurePosixPath("/copy"))))
            await client.remove("again")
            told.append((await client.exists("again"), await client.is_dir("copy")))
            told.append(progress.moved["up"] >= 10_000 + 300)
    finally:
        await server.close()
    await asyncio.sleep(0.05)
    told.append(sorted(str(path.relative_to(local)) for path in local.rglob("*")))
    return told
