"""aioftp's streams and helpers for a protocol of one's own: no FTP at all."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import pathlib
import time

import aioftp


class Line:
    """A connection that can be entered without awaiting it."""

    def __init__(self, stream):
        self.stream = stream
        self.closed = False
        self.timeout = 0.2
        self.patience = 0.05

    async def __aenter__(self):
        return self

    async def __aexit__(self, *exc):
        self.closed = True
        self.stream.close()

    @aioftp.with_timeout
    async def ask(self, text):
        await self.stream.write(text.encode() + b"\n")
        return (await self.stream.readline()).decode()

    @aioftp.with_timeout("patience")
    async def silence(self):
        return await self.stream.read(1)


@aioftp.async_enterable
async def connect(port, **options):
    """Await it or enter it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    return Line(aioftp.ThrottleStreamIO(reader, writer, **options))


class Numbers(aioftp.AbstractAsyncLister):
    """A lister of one's own."""

    def __init__(self, count, **kwargs):
        super().__init__(**kwargs)
        self.left = list(range(count))

    @aioftp.with_timeout
    async def __anext__(self):
        if not self.left:
            raise StopAsyncIteration
        return self.left.pop(0)


class Slow(Numbers):
    """One that takes too long."""

    @aioftp.with_timeout
    async def __anext__(self):
        await asyncio.sleep(1)


class Words(aioftp.AsyncListerMixin):
    """Only the mixin."""

    async def __aiter__(self):
        for word in ("a", "b"):
            yield word


async def main(root: pathlib.Path) -> list[object]:
    """An echo, by lines and by blocks, some of it slowly."""
    told: list[object] = []

    async def serve(reader, writer):
        async with aioftp.ThrottleStreamIO(reader, writer, timeout=2) as stream:
            async for line in stream.iter_by_line():
                if line == b"blocks\n":
                    await stream.write(bytes(30_000))
                elif line == b"silence\n":
                    await asyncio.sleep(0.4)
                elif line == b"end\n":
                    break
                else:
                    await stream.write(line.upper())

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with connect(port) as line:
        told.append(await line.ask("hello"))
    told.append(line.closed)
    line = await connect(port, timeout=0.1)
    told.append([line.stream.read_timeout, line.stream.write_timeout])
    for call in (line.silence, lambda: line.stream.read(1), lambda: line.ask("silence")):
        try:
            await call()
        except TimeoutError:
            told.append("TimeoutError")
    await asyncio.sleep(0.5)
    told.append(await line.ask("still there"))
    await line.stream.write(b"blocks\n")
    told.append(len(await line.stream.readexactly(30_000)))
    await line.stream.write(b"end\n")
    told.append(await line.stream.read())
    try:
        await line.stream.readexactly(1)
    except asyncio.IncompleteReadError as error:
        told.append([error.partial, error.expected])
    line.stream.close()
    pair = aioftp.StreamThrottle.from_limits(20_000, None)
    twin = pair.clone()
    told.append([pair.read.limit, twin.read.limit, pair.write.limit, twin.read is pair.read])
    line = await connect(port, throttles={"own": pair})
    start = time.monotonic()
    await line.stream.write(b"blocks\n")
    got = 0
    async for block in line.stream.iter_by_block(3000):
        got += len(block)
        if got == 30_000:
            break
    told.append(1.0 < time.monotonic() - start < 2.5)
    line.stream.close()
    told.append([await Numbers(3), [n async for n in Numbers(2)], await Words()])
    try:
        await Slow(1, timeout=0.01)
    except TimeoutError:
        told.append("slow")
    told.append([aioftp.Code("226").matches("2xx"), aioftp.Code("226").matches("x5x")])
    told.append([aioftp.wrap_with_container("x"), aioftp.wrap_with_container(("x",))])
    told.append([type(each).__name__ for each in aioftp.wrap_into_codes(["1", "2"])])
    connection = aioftp.Connection(a=1)
    connection.b = 2
    connection.b = 3
    del connection.a
    told.append([connection.b, "a" in connection, connection.future.c.done()])
    waiting = asyncio.create_task(asyncio.wait_for(connection.future.c, 1))
    await asyncio.sleep(0)
    connection.c = 4
    told.append(await waiting)
    try:
        told.append(connection.nothing)
    except AttributeError as error:
        told.append(str(error))
    server.close()
    return told
