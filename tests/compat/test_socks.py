"""Connections through a SOCKS proxy, the data connections among them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import anyftp_compat as aioftp
from compat.peer import Peer

pytest.importorskip("python_socks", reason="the extra socks is not installed")
pytestmark = pytest.mark.anyio


class Proxy:
    """A SOCKS proxy of few words.

    Attributes:
        asked: ports that it was asked to connect to.
    """

    def __init__(self, secret: str = "") -> None:
        self.secret = secret
        self.asked: list[int] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            port = await (self._hear_4 if await reader.read(1) == b"\x04" else self._hear_5)(
                reader, writer
            )
            self.asked.append(port)
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        except (asyncio.IncompleteReadError, PermissionError):
            writer.close()

    async def _hear_4(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        request = await reader.readuntil(b"\x7f\x00\x00\x01")
        await reader.readuntil(b"\x00")
        writer.write(b"\x00\x5a" + bytes(6))
        return int.from_bytes(request[1:3], "big")

    async def _hear_5(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        (count,) = await reader.readexactly(1)
        method = max(await reader.readexactly(count))
        writer.write(bytes([5, method]))
        if method == 2:
            _, length = await reader.readexactly(2)
            await reader.readexactly(length)
            (length,) = await reader.readexactly(1)
            is_right = await reader.readexactly(length) == self.secret.encode()
            writer.write(bytes([1, 0 if is_right else 1]))
            if not is_right:
                raise PermissionError
        request = await reader.readexactly(10)
        writer.write(b"\x05\x00\x00\x01" + bytes(6))
        return int.from_bytes(request[8:10], "big")


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


@pytest.mark.parametrize(
    ("options", "works"),
    [
        ({}, True),
        ({"socks_version": 4}, True),
        ({"username": "me", "password": "right"}, True),
        ({"username": "me", "password": "wrong"}, False),
    ],
)
async def test_through_a_proxy(options: dict[str, Any], works: bool, peer: Peer) -> None:
    (peer.root / "file").write_bytes(b"through the proxy")
    proxy = Proxy("right")
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    try:
        client = aioftp.Client(
            socks_host="127.0.0.1", socks_port=server.sockets[0].getsockname()[1], **options
        )
        if not works:
            with pytest.raises(ConnectionError):
                await client.connect("127.0.0.1", peer.port)
            return
        await client.connect("127.0.0.1", peer.port)
        await client.login("user", "secret")
        async with client.download_stream("file") as stream:
            assert await stream.read() == b"through the proxy"
        await client.quit()
        assert proxy.asked[0] == peer.port
        assert len(proxy.asked) == 2
    finally:
        server.close()
        await asyncio.sleep(0.05)


async def test_unknown_keyword() -> None:
    client = aioftp.Client(socks_hots="x")  # type: ignore[call-arg]  # there is none
    with pytest.raises(TypeError, match="unexpected"):
        await client.connect("127.0.0.1", 1)
