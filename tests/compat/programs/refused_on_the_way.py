"""Downloads that a server refuses at one step or another."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import pathlib

import aioftp

STEPS = {
    "TYPE": b"504 no",
    "PASV": b"425 no",
    "REST": b"502 no",
    "RETR": b"550 no",
}
ANSWERS = {"USER": b"230 in", "TYPE": b"200 ok", "REST": b"350 ok", "RETR": b"150 go"}


async def refused_at(step: str) -> object:
    """What a download with an offset raises where one step is refused."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        data = await asyncio.start_server(lambda _, other: other.close(), "127.0.0.1", 0)
        port = data.sockets[0].getsockname()[1]
        answers = {**ANSWERS, "PASV": f"227 (127,0,0,1,{port >> 8},{port & 255})".encode()}
        answers[step] = STEPS[step]
        writer.write(b"220 go\r\n")
        while line := await reader.readline():
            writer.write(answers.get(line.split()[0].decode(), b"500 what") + b"\r\n")
        data.close()
        writer.close()
        await writer.wait_closed()
        is_over.set()

    is_over = asyncio.Event()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    client = aioftp.Client(socket_timeout=5)
    try:
        await client.connect("127.0.0.1", server.sockets[0].getsockname()[1])
        await client.login()
        await client.download_stream("f", offset=3)
    except aioftp.StatusCodeError as error:
        return [*map(str, error.expected_codes)], [*map(str, error.received_codes)], error.info
    finally:
        client.close()
        await is_over.wait()
        server.close()


async def main(root: pathlib.Path) -> list[object]:
    """Each step."""
    return [await refused_at(step) for step in STEPS]
