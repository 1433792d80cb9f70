"""Streams and listings that nobody closes, asked for again, or refused after all."""

# mypy: ignore-errors

from __future__ import annotations

import pathlib

import aioftp


async def main(root: pathlib.Path) -> list[object]:
    """What becomes of them."""
    (root / "small").write_bytes(b"12345")
    (root / "big").write_bytes(bytes(1 << 24))
    server = aioftp.Server([aioftp.User(base_path=root)])
    await server.start("127.0.0.1", 0)
    found: list[object] = []
    for name in ("small", "big"):
        for nbytes in (0, 3, -1):
            client = aioftp.Client(socket_timeout=5)
            await client.connect("127.0.0.1", server.server_port)
            await client.login()
            stream = await client.download_stream(name)
            found.append(len(await stream.read(nbytes)))
            found.append(await client.quit())
            client.close()
    client = aioftp.Client(socket_timeout=5)
    await client.connect("127.0.0.1", server.server_port)
    await client.login()
    stream = await client.upload_stream("up")
    await stream.write(b"x")
    found.append(await client.quit())
    client.close()
    async with aioftp.Client.context("127.0.0.1", server.server_port) as client:
        listing = client.list()
        found.append(type(await listing.__anext__()))
        found.append(sorted(str(path) for path, _ in await listing))
    client = aioftp.Client(socket_timeout=5)
    await client.connect("127.0.0.1", server.server_port)
    await client.login()
    try:
        await client.get_stream("RETR small", "3xx")
    except aioftp.StatusCodeError as error:
        found.append(([*map(str, error.expected_codes)], [*map(str, error.received_codes)]))
    client.close()
    await server.close()
    return found
