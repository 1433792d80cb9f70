"""A proxy for tests: SOCKS 4, 4a and 5 and HTTP CONNECT, told apart by their first byte."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import AsyncIterator

import anyio

from anyftp._net import connect_tcp, listen_tcp
from anyftp._streams import SocketStream

USER, PASSWORD = "me", "open:sesame"


class Proxy:
    """Connects whoever asks to 127.0.0.1, whatever host they ask for.

    Attributes:
        asked: host, port and protocol of each connection asked for.
        has_password: whether the password is wanted.
        refuses: whether to refuse every connection.
        waits_for: bytes of the server's to send in one piece with the answer.
        noise: to be said instead of any answer.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, int, str]] = []
        self.has_password = False
        self.refuses = False
        self.waits_for = 0
        self.noise = b""
        self.port = 0

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[int]:
        """Serve within the block; gives the port."""
        listener = await listen_tcp("127.0.0.1")
        self.port = listener.port
        async with anyio.create_task_group() as group:

            async def accept() -> None:
                while True:
                    group.start_soon(self._serve, await listener.accept())

            group.start_soon(accept)
            try:
                yield listener.port
            finally:
                group.cancel_scope.cancel()
                listener.close()

    async def _serve(self, client: SocketStream) -> None:
        over = (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError, OSError)
        with contextlib.suppress(*over):
            try:
                await self._speak(client)
            finally:
                client.close()

    async def _speak(self, client: SocketStream) -> None:
        if self.noise:
            await client.send(self.noise)
            return
        first = await exactly(client, 1)
        if first == b"\x05":
            _, port, yes, no = await self._hear_5(client)
        elif first == b"\x04":
            _, port, yes, no = await self._hear_4(client)
        else:
            _, port, yes, no = await self._hear_connect(client)
        if self.refuses or not yes:
            await client.send(no)
            return
        server = await connect_tcp("127.0.0.1", port)
        try:
            greeting = await exactly(server, self.waits_for)
            await client.send(yes + greeting)
            async with anyio.create_task_group() as group:
                group.start_soon(pump, client, server)
                await pump(server, client)
        finally:
            server.close()

    async def _hear_5(self, client: SocketStream) -> tuple[str, int, bytes, bytes]:
        (count,) = await exactly(client, 1)
        methods = await exactly(client, count)
        method = 2 if self.has_password else 0
        if method not in methods:
            await client.send(b"\x05\xff")
            raise anyio.EndOfStream
        await client.send(bytes([5, method]))
        if self.has_password:
            await exactly(client, 1)
            user = await exactly(client, (await exactly(client, 1))[0])
            password = await exactly(client, (await exactly(client, 1))[0])
            is_right = (user.decode(), password.decode()) == (USER, PASSWORD)
            await client.send(bytes([1, not is_right]))
            if not is_right:
                raise anyio.EndOfStream
        _, _, _, kind = await exactly(client, 4)
        if kind == 3:
            host = (await exactly(client, (await exactly(client, 1))[0])).decode()
        else:
            host = ".".join(map(str, await exactly(client, 4 if kind == 1 else 16)))
        port = int.from_bytes(await exactly(client, 2), "big")
        self.asked.append((host, port, "5"))
        rest = b"\x00\x01" + bytes(6)
        return host, port, b"\x05\x00" + rest, b"\x05\x02" + rest

    async def _hear_4(self, client: SocketStream) -> tuple[str, int, bytes, bytes]:
        _, high, low, *address = await exactly(client, 7)
        await until(client, b"\0")
        host, version = ".".join(map(str, address)), "4"
        if host.startswith("0.0.0."):
            host, version = (await until(client, b"\0")).decode(), "4a"
        self.asked.append((host, high << 8 | low, version))
        return host, high << 8 | low, b"\x00\x5a" + bytes(6), b"\x00\x5b" + bytes(6)

    async def _hear_connect(self, client: SocketStream) -> tuple[str, int, bytes, bytes]:
        header = (await until(client, b"\r\n\r\n")).decode()
        host, _, port = header.split()[1].rpartition(":")
        self.asked.append((host, int(port), "http"))
        pair = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.has_password and f"Basic {pair}" not in header:
            return host, int(port), b"", b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"
        yes = b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n"
        return host, int(port), yes, b"HTTP/1.1 403 Forbidden\r\n\r\n"


async def exactly(stream: SocketStream, count: int) -> bytes:
    """So many bytes and no more."""
    data = b""
    while len(data) < count:
        data += await stream.receive(count - len(data))
    return data


async def until(stream: SocketStream, end: bytes) -> bytes:
    """All before some end, which is read too."""
    data = b""
    while not data.endswith(end):
        data += await stream.receive(1)
    return data.removesuffix(end)


async def pump(source: SocketStream, target: SocketStream) -> None:
    """Hand on bytes until one side ends."""
    with contextlib.suppress(anyio.EndOfStream, anyio.BrokenResourceError):
        while True:
            await target.send(await source.receive())
    with contextlib.suppress(anyio.BrokenResourceError, OSError):
        await target.send_eof()
