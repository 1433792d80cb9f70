"""Transfers that go on where they ended, both ways, by sizes; and what lies beyond the end."""

# mypy: ignore-errors

from __future__ import annotations

import pathlib

import aioftp

WHOLE = bytes(range(256)) * 400


class Resumable(aioftp.Client):
    """With two methods more."""

    async def get(self, remote, local, limit=None):
        have = local.stat().st_size if local.exists() else 0
        size = int((await self.stat(remote))["size"])
        if have >= size:
            return 0
        got = 0
        with local.open("ab") as file:
            async with self.download_stream(remote, offset=have) as stream:
                async for block in stream.iter_by_block(4096):
                    file.write(block)
                    got += len(block)
                    if limit and got >= limit:
                        raise InterruptedError
        return got

    async def put(self, local, remote, limit=None):
        have = int((await self.stat(remote))["size"]) if await self.exists(remote) else 0
        with local.open("rb") as file:
            file.seek(have)
            sent = 0
            async with self.upload_stream(remote, offset=have) as stream:
                while block := file.read(4096):
                    await stream.write(block)
                    sent += len(block)
                    if limit and sent >= limit:
                        break
        return sent


async def main(root: pathlib.Path) -> list[object]:
    """Interrupted and resumed."""
    served, local = root / "served", root / "local"
    served.mkdir()
    local.mkdir()
    (served / "whole").write_bytes(WHOLE)
    (local / "whole").write_bytes(WHOLE)
    server = aioftp.Server([aioftp.User(base_path=served)])
    await server.start("127.0.0.1", 0)
    told: list[object] = []
    for limit in (20_000, 30_000, None, None):
        client = Resumable()
        await client.connect("127.0.0.1", server.server_port)
        await client.login()
        try:
            told.append(await client.get("whole", local / "got", limit))
            await client.quit()
        except InterruptedError:
            told.append((local / "got").stat().st_size >= limit)
            client.close()
    told.append((local / "got").read_bytes() == WHOLE)
    async with Resumable.context("127.0.0.1", server.server_port) as client:
        for limit in (20_480, 40_960, None, None):
            sent = await client.put(local / "whole", "there", limit)
            told.append(sent)
        told.append((served / "there").read_bytes() == WHOLE)
        for offset in (len(WHOLE) - 3, len(WHOLE), len(WHOLE) + 10):
            async with client.download_stream("whole", offset=offset) as stream:
                told.append(await stream.read())
        async with client.upload_stream("there", offset=5) as stream:
            await stream.write(b"abc")
        told.append([(served / "there").stat().st_size, (served / "there").read_bytes()[:10]])
        for offset in (0, 3):
            async with client.append_stream("there", offset=offset) as stream:
                await stream.write(b"end")
        told.append([(served / "there").stat().st_size, (served / "there").read_bytes()[-5:]])
    await server.close()
    return told
