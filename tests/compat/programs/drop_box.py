"""A box that acts on what is dropped there: handlers that call the stock ones."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import pathlib

import aioftp


class DropBox(aioftp.Server):
    """Tells of each file that came, and hides what it has not seen yet."""

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)
        self.arrived: asyncio.Queue[tuple[str, int]] = asyncio.Queue()
        self.deleted: list[str] = []

    @aioftp.ConnectionConditions(aioftp.ConnectionConditions.login_required)
    @aioftp.PathPermissions(aioftp.PathPermissions.writable)
    async def dele(self, connection: aioftp.Connection, rest: str) -> bool:
        _, virtual = self.get_paths(connection, rest)
        self.deleted.append(str(virtual))
        return await super().dele(connection, rest)

    async def stor(self, connection: aioftp.Connection, rest: str, mode: str = "wb") -> bool:
        _, virtual = self.get_paths(connection, rest)
        if virtual.suffix == ".exe":
            connection.response("553", "no programs")
            return True
        goes_on = await super().stor(connection, rest, mode)
        self.arrived.put_nowait((f"{connection.user.login}:{virtual}", mode))
        return goes_on


async def main(root: pathlib.Path) -> list[object]:
    """Some drops."""
    users = [
        aioftp.User("in", "secret", base_path=root),
        aioftp.User(
            "look", "secret", base_path=root, permissions=[aioftp.Permission("/", writable=False)]
        ),
    ]
    server = DropBox(users)
    await server.start("127.0.0.1", 0)
    told: list[object] = []
    async with aioftp.Client.context(*server.address, "in", "secret") as client:
        for name in ("one.txt", "two.exe", "three.txt"):
            try:
                async with client.upload_stream(name) as stream:
                    await stream.write(name.encode())
            except aioftp.StatusCodeError as error:
                told.append((name, error.received_codes, error.info))
        async with client.append_stream("one.txt") as stream:
            await stream.write(b" and more")
        await client.remove_file("three.txt")
    async with aioftp.Client.context(*server.address, "look", "secret") as client:
        for call in (client.remove_file("one.txt"), client.make_directory("new")):
            try:
                await call
            except aioftp.StatusCodeError as error:
                told.append(error.received_codes)
    await server.close()
    while not server.arrived.empty():
        told.append(server.arrived.get_nowait())
    told.append(server.deleted)
    told.append({path.name: path.read_text() for path in sorted(root.iterdir())})
    return told
