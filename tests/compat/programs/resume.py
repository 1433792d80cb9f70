"""Downloads and uploads that break off and go on where they were."""

# mypy: ignore-errors

from __future__ import annotations

import hashlib
import pathlib

import aioftp

BODY = bytes(range(256)) * 2000


async def download(port: int, path: str, target: pathlib.Path, step: int) -> list[int]:
    """A file in steps, each by a connection of its own that is dropped."""
    sizes = []
    target.touch()
    while (have := target.stat().st_size) < len(BODY):
        sizes.append(have)
        client = aioftp.Client(socket_timeout=5)
        await client.connect("127.0.0.1", port)
        await client.login()
        stream = await client.download_stream(path, offset=have)
        taken = 0
        with target.open("ab") as file:
            while taken < step and (data := await stream.read(min(8192, step - taken))):
                file.write(data)
                taken += len(data)
        stream.close()
        client.close()
    return sizes


async def upload(client: aioftp.Client, path: str, body: bytes, step: int) -> list[int]:
    """A file in steps: the server's size says where to go on."""
    sizes = []
    have = 0
    while have < len(body):
        sizes.append(have)
        async with client.upload_stream(path, offset=have) as stream:
            await stream.write(body[have : have + step])
        have = int((await client.stat(path))["size"])
    return sizes


async def main(root: pathlib.Path) -> list[object]:
    """Both directions, appends, offsets beyond the end, an exception in the middle."""
    (root / "file").write_bytes(BODY)
    server = aioftp.Server([aioftp.User(base_path=root)])
    await server.start("127.0.0.1", 0)
    told: list[object] = []
    async with aioftp.Client.context("127.0.0.1", server.server_port) as client:
        told.append(await download(server.server_port, "file", root / "back", 200_000))
        told.append(hashlib.sha256((root / "back").read_bytes()).hexdigest()[:8])
        told.append(await upload(client, "up", BODY, 150_000))
        told.append((root / "up").read_bytes() == BODY)
        async with client.append_stream("up") as stream:
            await stream.write(b"the end")
        told.append((root / "up").read_bytes()[-10:])
        for offset in (len(BODY), len(BODY) + 5):
            async with client.download_stream("file", offset=offset) as stream:
                told.append(await stream.read())
        async with client.upload_stream("file", offset=10) as stream:
            await stream.write(b"XYZ")
        told.append((root / "file").read_bytes()[8:15])
        for number in range(3):
            try:
                async with client.download_stream("back") as stream:
                    told.append(len(await stream.readexactly(100)))
                    raise RuntimeError("enough")
            except RuntimeError as error:
                told.append((number, str(error)))
                await client.command(None, ("226", "426", "451", "551", "150"), "1xx")
            told.append(str(await client.get_current_directory()))
    await server.close()
    return told
