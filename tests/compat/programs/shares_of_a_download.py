"""How far a download is, for a bar; and one that goes on where the last one was left."""

# mypy: ignore-errors

from __future__ import annotations

import pathlib

import aioftp


async def fetch(client: aioftp.Client, name: str, target: pathlib.Path, start: int) -> list[float]:
    """A file from `start` on; the shares of it that were there after each piece, once each."""
    shares = []
    total = int((await client.stat(name))["size"])
    async with client.download_stream(name, offset=start) as stream:
        done = start
        with target.open("ab" if start else "wb") as file:
            async for block in stream.iter_by_block(1024):
                file.write(block)
                done += len(block)
                share = round(done / total, 1)
                if share not in shares:
                    shares.append(share)
    return shares


async def main(root: pathlib.Path) -> list[object]:
    """A big file, whole and resumed."""
    served = root / "served"
    served.mkdir()
    content = bytes(range(256)) * (1 << 15)
    (served / "big").write_bytes(content)
    server = aioftp.Server([aioftp.User(base_path=served)])
    await server.start("127.0.0.1", 0)
    told: list[object] = []
    async with aioftp.Client.context(*server.address, socket_timeout=5) as client:
        target = root / "here"
        told.append(await fetch(client, "big", target, 0))
        told.append(target.read_bytes() == content)
        target.write_bytes(content[:1_000_000])
        told.append(await fetch(client, "big", target, 1_000_000))
        told.append(target.read_bytes() == content)
        told.append(str(await client.get_current_directory()))
    await server.close()
    return told
