"""The control connection used by hand: its stream, reader, writer, throttles, and pipelining."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import pathlib

import aioftp


async def main(root: pathlib.Path) -> list[object]:
    """Lines out, lines in."""
    (root / "file").write_bytes(b"12345" * 1000)
    server = aioftp.Server([aioftp.User(base_path=root)])
    await server.start("127.0.0.1", 0)
    client = aioftp.Client(read_speed_limit=10_000_000)
    told: list[object] = []
    try:
        client.stream.write  # noqa: B018
    except Exception as error:
        told.append(type(error).__name__)
    told.append(await client.connect("127.0.0.1", server.server_port))
    await client.login()
    stream = client.stream
    told.append([type(stream).__name__, isinstance(stream, aioftp.ThrottleStreamIO)])
    told.append(sorted(stream.throttles))
    await stream.write(b"PWD\r\n")
    told.append((await stream.readline())[:7])
    stream.writer.write(b"TYPE I\r\nPWD\r\n")
    await stream.writer.drain()
    told.append([(await stream.reader.readline())[:4], (await stream.readline())[:7]])
    told.append((await client.command("PWD", "257"))[0])
    await client.command("PWD")
    told.append((await client.command(None, "257"))[0])
    peer = stream.writer.get_extra_info("peername")
    told.append([peer[1] == server.server_port, stream.writer.is_closing()])
    told.append([client.server_host, client.server_port == server.server_port])
    reader, writer = await client.get_passive_connection("I")
    await client.command("RETR file", "1xx")
    data = await reader.readexactly(10)
    rest = await reader.read()
    writer.close()
    await writer.wait_closed()
    told.append([data, len(rest), (await client.command(None, "2xx", "1xx"))[0]])
    stream_two = await client.get_stream("RETR file", "1xx")
    told.append(len(await stream_two.read()))
    stream_two.close()
    told.append(str((await client.command(None, "2xx"))[0]))
    stream_three = await client.download_stream("file")
    told.append([await stream_three.readexactly(5), await stream_three.read(5)])
    told.append((await stream_three.readline())[:5])
    await stream_three.finish()
    async with client.upload_stream("new") as up:
        up.writer.write(b"abc")
        await up.writer.drain()
        await up.write(b"def")
    told.append((root / "new").read_bytes())
    try:
        await client.command("NOSUCH", "2xx")
    except aioftp.StatusCodeError as error:
        told.append([str(error.received_codes[0]), error.info])
    try:
        await client.command("PWD\r\nQUIT", "2xx")
    except Exception as error:
        told.append(type(error).__name__)
    client.close()
    await asyncio.sleep(0.05)
    try:
        await client.command("PWD", "2xx")
    except Exception as error:
        told.append(isinstance(error, ConnectionError))
    client.close()
    await server.close()
    return told
