"""A client whose connections, both kinds, go through a tunnel that it makes itself."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import pathlib
from typing import Any

import aioftp


class Tunnel:
    """CONNECT host port, and from then on bytes both ways; counts connections and bytes."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.nbytes = 0
        self.server: Any = None
        self.tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> int:
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        port: int = self.server.sockets[0].getsockname()[1]
        return port

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        verb, host, port = (await reader.readline()).decode().split()
        self.asked.append(f"{verb} {host}")
        there, back = await asyncio.open_connection(host, int(port))
        writer.write(b"OK\n")
        for pair in ((reader, back), (there, writer)):
            task = asyncio.create_task(self.pump(*pair))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1 << 16):
                self.nbytes += len(data)
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


class TunnelClient(aioftp.Client):
    """Goes through it."""

    def __init__(self, tunnel: int, **options: Any) -> None:
        super().__init__(**options)
        self.tunnel = tunnel
        self.opened: list[asyncio.StreamWriter] = []

    async def _open_connection(self, host: str, port: int) -> Any:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.tunnel)
        writer.write(f"CONNECT {host} {port}\n".encode())
        if await reader.readline() != b"OK\n":
            raise ConnectionRefusedError("the tunnel is closed")
        self.opened.append(writer)
        return reader, writer


async def main(root: pathlib.Path) -> list[object]:
    """Transfers both ways through the tunnel, and a tunnel that has gone."""
    (root / "remote").mkdir()
    server = aioftp.Server([aioftp.User(base_path=root / "remote")])
    await server.start("127.0.0.1", 0)
    tunnel = Tunnel()
    port = await tunnel.start()
    told: list[object] = []
    (root / "source").write_bytes(b"0123456789" * 30_000)
    client = TunnelClient(port, socket_timeout=5)
    await client.connect("127.0.0.1", server.server_port)
    await client.login()
    await client.upload(root / "source", "copy", write_into=True)
    await client.download("copy", root / "back", write_into=True)
    told.append((root / "back").read_bytes() == (root / "source").read_bytes())
    told.append([(str(path), info["size"]) for path, info in await client.list()])
    async with client.download_stream("copy", offset=299_990) as stream:
        told.append(await stream.read())
    told.append((len(client.opened), tunnel.asked, tunnel.nbytes > 600_000))
    await client.quit()
    tunnel.server.close()
    other = TunnelClient(port, socket_timeout=5, connection_timeout=5)
    try:
        await other.connect("127.0.0.1", server.server_port)
    except OSError as error:
        told.append(type(error).__name__)
    await server.close()
    await asyncio.sleep(0.05)
    for task in list(tunnel.tasks):
        task.cancel()
    return told
