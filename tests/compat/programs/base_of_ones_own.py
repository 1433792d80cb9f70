"""Clients on `BaseClient`, which hear the greeting and their replies by themselves."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import contextlib
import pathlib
from collections.abc import AsyncIterator, Awaitable

import aioftp

REPLIES = {
    b"ONE": b"200 one  \r\n",
    b"CODED": b"211-first\r\n211-second\r\n211 end\r\n",
    b"PLAIN": b"211-first\r\n second\r\n-third\r\n\r\n211-\r\n211 \r\n",
    b"BARE": b"211-first\r\n211\r\n",
    b"BYE": b"421-too\r\n421 many\r\n",
}


class Mini(aioftp.BaseClient):
    """No more than a login."""

    async def connect(self, host: str, port: int = 21) -> list[str]:
        """The greeting's lines."""
        await super().connect(host, port)
        _, info = await self.command(None, "220", "120")
        return info


@contextlib.asynccontextmanager
async def scripted() -> AsyncIterator[int]:
    """A server that says what is written above; its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220-hello\r\n220-there\r\n you\r\n220 end\r\n")
        while line := await reader.readline():
            writer.write(REPLIES.get(line.strip(), b"500 what\r\n"))
            if line == b"BYE\r\n":
                break
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def told(awaitable: Awaitable[object]) -> object:
    """What comes of it."""
    try:
        return await awaitable
    except aioftp.StatusCodeError as error:
        return [*map(str, error.expected_codes)], [*map(str, error.received_codes)], error.info
    except Exception as error:
        return type(error).__name__


async def main(root: pathlib.Path) -> list[object]:
    """Each reply, heard in each way."""
    found: list[object] = []
    async with scripted() as port:
        for line in ("ONE", "CODED", "PLAIN", "BARE", "BYE", "WHAT"):
            for expected in ("2xx", ("421", "2xx"), "4xx"):
                mini = Mini(socket_timeout=2)
                found.append(await mini.connect("127.0.0.1", port))
                found.append(await told(mini.command(line, expected)))
                mini.close()
            mini = Mini(socket_timeout=2)
            await mini.connect("127.0.0.1", port)
            await mini.command(line)
            found.append(await told(mini.parse_response()))
            mini.close()
        base = aioftp.BaseClient(socket_timeout=2)
        await base.connect("127.0.0.1", port)
        found += [await base.parse_line() for _ in range(4)]
        await base.command("CODED")
        found += [await base.parse_line() for _ in range(3)]
        base.close()
        client = aioftp.Client(socket_timeout=2)
        found.append(await client.connect("127.0.0.1", port))
        found.append(await told(client.rename("BYE", "here")))
        found.append(await told(client.command("BYE", "2xx")))
        client.close()
    return found
