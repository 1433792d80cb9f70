"""What polls a server for years: connections that break, a server that starts again."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import logging
import os
import pathlib
from dataclasses import dataclass, field
from datetime import UTC, datetime

import aioftp


class UpdateFailed(Exception):
    """This time nothing came."""


@dataclass
class Coordinator:
    """Keeps one connection, gets the newest picture, tells what became of it."""

    host: str
    port: int
    history: list[str] = field(default_factory=list)
    client: aioftp.Client | None = None

    async def connected(self) -> aioftp.Client:
        """The connection; made anew if it is gone."""
        if self.client is None:
            client = aioftp.Client(socket_timeout=2, connection_timeout=2)
            await client.connect(self.host, self.port)
            try:
                await client.login("camera", "secret")
            except aioftp.StatusCodeError:
                client.close()
                raise
            self.client = client
        return self.client

    async def update(self) -> bytes:
        """The newest picture."""
        try:
            async with asyncio.timeout(5):
                client = await self.connected()
                newest = ("", pathlib.PurePosixPath())
                async for path, info in client.list("pictures"):
                    if path.suffix == ".jpg":
                        newest = max(newest, (info["modify"], path))
                if not newest[0]:
                    raise UpdateFailed("no picture")
                async with client.download_stream(newest[1]) as stream:
                    return await stream.read()
        except aioftp.StatusCodeError as error:
            raise UpdateFailed(f"refused with {error.received_codes[-1]}") from error
        except (OSError, TimeoutError) as error:
            if self.client is not None:
                self.client.close()
                self.client = None
            raise UpdateFailed("connection lost") from error

    async def poll(self) -> None:
        """Once, as the timer does it."""
        try:
            body = await self.update()
            self.history.append(body.decode())
        except UpdateFailed as error:
            self.history.append(str(error))

    async def unload(self) -> None:
        """The end."""
        if self.client is not None:
            await self.client.quit()
            self.client = None


async def main(root: pathlib.Path) -> list[object]:
    """A week in a second."""
    logging.getLogger("aioftp").setLevel(logging.CRITICAL)
    pictures = root / "pictures"
    pictures.mkdir()
    users = [aioftp.User("camera", "secret", base_path=root)]

    def take(name: str, text: str, day: int) -> None:
        (pictures / name).write_text(text)
        seconds = datetime(2024, 5, day, tzinfo=UTC).timestamp()
        os.utime(pictures / name, (seconds, seconds))

    server = aioftp.Server(users)
    await server.start("127.0.0.1", 0)
    port = server.server_port
    coordinator = Coordinator("127.0.0.1", port)
    await coordinator.poll()
    take("one.jpg", "first", 1)
    await coordinator.poll()
    take("two.jpg", "second", 2)
    take("notes.txt", "text", 3)
    await coordinator.poll()
    await server.close()
    await coordinator.poll()
    await coordinator.poll()
    server = aioftp.Server([aioftp.User("camera", "other", base_path=root)])
    await server.start("127.0.0.1", port)
    await coordinator.poll()
    await server.close()
    server = aioftp.Server(users, idle_timeout=1)
    await server.start("127.0.0.1", port)
    await coordinator.poll()
    await asyncio.sleep(1.6)  # the server has closed the connection meanwhile
    await coordinator.poll()
    await coordinator.poll()
    for path in pictures.iterdir():
        path.unlink()
    pictures.rmdir()
    await coordinator.poll()
    await coordinator.unload()
    await server.close()
    return [*coordinator.history]
