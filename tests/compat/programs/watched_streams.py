"""Streams and throttles without any FTP: a protocol of lines between two tasks."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import pathlib
from typing import Any

import aioftp


class Meter(aioftp.Throttle):
    """Knows how much has passed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.nbytes = 0
        self.nblocks = 0

    def append(self, data: bytes, start: float) -> None:
        self.nbytes += len(data)
        self.nblocks += 1
        super().append(data, start)


class Echo:
    """Answers lines; BLOB n asks for n bytes, QUIT ends it."""

    def __init__(self) -> None:
        self.meters = aioftp.StreamThrottle(read=Meter(), write=Meter())
        self.ended = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        throttles = {"server": self.meters, "own": aioftp.StreamThrottle.from_limits(None, 1 << 30)}
        async with aioftp.ThrottleStreamIO(reader, writer, throttles, timeout=20) as stream:
            async for line in stream.iter_by_line():
                verb, _, rest = line.strip().decode().partition(" ")
                if verb == "BLOB":
                    await stream.write(bytes(int(rest)))
                elif verb == "TAKE":
                    body = await stream.readexactly(int(rest))
                    await stream.write(f"{len(body)} {body[-1:]!r}\n".encode())
                elif verb == "QUIT":
                    break
                else:
                    await stream.write(line.upper())
        self.ended.set()


async def main(root: pathlib.Path) -> list[object]:
    """A conversation, and what the meters say of it."""
    echo = Echo()
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    reader, writer = await asyncio.open_connection(host, port)
    stream = aioftp.StreamIO(reader, writer, timeout=1)
    told: list[object] = []
    await stream.write(b"hello\n")
    told.append(await stream.readline())
    await stream.write(b"BLOB 100000\n")
    told.append(len(await stream.readexactly(100_000)))
    await stream.write(b"TAKE 50000\n" + bytes(49_999) + b"!")
    told.append(await stream.readline())
    for read in (stream.readline(), stream.read(10), stream.readexactly(4)):
        try:
            told.append(await read)
        except TimeoutError:
            told.append("nothing came")
    await stream.write(b"still there\nQUIT\n")
    told.append(await stream.read())
    told.append(await stream.read(5))
    try:
        await stream.readexactly(3)
    except asyncio.IncompleteReadError as error:
        told.append((error.partial, error.expected))
    await echo.ended.wait()
    stream.close()
    server.close()
    read_meter: Any = echo.meters.read
    write_meter: Any = echo.meters.write
    told.append((write_meter.nbytes, write_meter.nblocks))
    told.append(read_meter.nbytes > 0)
    clone = echo.meters.clone()
    told.append((type(clone.read).__name__, clone.read.limit, clone.read is not echo.meters.read))
    return told
