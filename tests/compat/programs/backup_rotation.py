"""Backups of routers: each day one is kept, old ones go, a config is compared with the last."""

# mypy: ignore-errors

from __future__ import annotations

import difflib
import pathlib
from typing import NamedTuple

import aioftp


class Backup(NamedTuple):
    """A file that was found."""

    name: str
    content: str


class Store:
    """The place where they lie."""

    def __init__(self, host: str, port: int, folder: str) -> None:
        self.options = {"host": host, "port": port, "connection_timeout": 5}
        self.folder = "/" + folder.strip("/") + "/"

    async def latest(self, router: str) -> Backup | None:
        """The one without a date, if there is one."""
        async with aioftp.Client.context(**self.options) as client:
            try:
                await client.change_directory(self.folder)
                info = await client.list(f"{router}.cfg")
            except aioftp.errors.StatusCodeError:
                return None
            if info:
                return Backup("listed as a folder", "")
            try:
                facts = await client.stat(f"{router}.cfg")
                async with client.download_stream(f"{router}.cfg") as stream:
                    content = (await stream.read()).decode()
            except aioftp.errors.StatusCodeError:
                return None
            return Backup(f"{router}.cfg, {facts['size']}", content)

    async def put(self, router: str, config: str, day: str) -> list[str]:
        """Keep a config; the one before gets its day. Returns the difference."""
        before = await self.latest(router)
        async with aioftp.Client.context(**self.options) as client:
            await client.make_directory(self.folder)
            await client.change_directory(self.folder)
            if before is not None:
                await client.rename(f"{router}.cfg", f"{router}-{day}.cfg")
            async with client.upload_stream(f"{router}.cfg") as stream:
                await stream.write(config.encode())
            old = sorted(str(p) for p, _ in await client.list() if str(p).startswith(f"{router}-"))
            for name in old[:-2]:
                await client.remove_file(name)
        lines = before.content.splitlines() if before is not None else []
        return list(difflib.unified_diff(lines, config.splitlines(), n=0, lineterm=""))[2:]


async def main(root: pathlib.Path) -> list[object]:
    """A week."""
    server = aioftp.Server([aioftp.User(base_path=root)])
    await server.start("127.0.0.1", 0)
    store = Store(*server.address, "backups/routers")
    told: list[object] = [await store.latest("10.0.0.1")]
    for day in range(1, 6):
        config = f"hostname one\nversion {day}\nsnmp off\n"
        told.append(await store.put("10.0.0.1", config, f"2024-05-0{day}"))
    told.append(await store.latest("10.0.0.1"))
    told.append(await store.latest("10.0.0.2"))
    await server.close()
    told.append(sorted(path.name for path in (root / "backups" / "routers").iterdir()))
    return told
