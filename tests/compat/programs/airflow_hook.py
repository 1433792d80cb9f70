"""A workflow's hook: connects late, retrieves and stores, tells failures in its own words."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import io
import pathlib

import aioftp


class Hook:
    """Like those of workflow engines: one connection, kept until the block is left."""

    def __init__(self, host, port, login, password):
        self.where = host, port, login, password
        self.conn = None

    async def __aenter__(self):
        return self

    async def __aexit__(self, *exc):
        if self.conn is not None:
            await self.conn.quit()
            self.conn = None

    async def get_conn(self):
        if self.conn is None:
            host, port, login, password = self.where
            self.conn = aioftp.Client(socket_timeout=10)
            await self.conn.connect(host, port)
            await self.conn.login(login, password)
        return self.conn

    async def describe_directory(self, path):
        conn = await self.get_conn()
        await conn.change_directory(path)
        found = {}
        async for name, facts in conn.list():
            found[str(name)] = {key: facts[key] for key in ("type", "size") if key in facts}
        await conn.change_directory("/")
        return found

    async def retrieve_file(self, remote, output, callback=None):
        conn = await self.get_conn()
        async with conn.download_stream(remote) as stream:
            async for block in stream.iter_by_block(1000):
                output.write(block)
                if callback:
                    callback(len(block))

    async def store_file(self, remote, source):
        conn = await self.get_conn()
        async with conn.upload_stream(remote) as stream:
            while block := source.read(1 << 14):
                await stream.write(block)

    async def get_size(self, path):
        return int((await (await self.get_conn()).stat(path))["size"])

    async def test_connection(self):
        try:
            conn = await self.get_conn()
            return True, str(await conn.get_current_directory())
        except Exception as error:
            return False, type(error).__name__


async def main(root: pathlib.Path) -> list[object]:
    """A few tasks of a workflow."""
    served = root / "served"
    (served / "in").mkdir(parents=True)
    server = aioftp.Server([aioftp.User("etl", "x", base_path=served)])
    await server.start("127.0.0.1", 0)
    told: list[object] = []
    async with Hook("127.0.0.1", server.server_port, "etl", "x") as hook:
        told.append(await hook.test_connection())
        await hook.store_file("in/one.csv", io.BytesIO(b"a,b\n" * 5000))
        await hook.store_file("in/empty.csv", io.BytesIO())
        told.append(await hook.describe_directory("/in"))
        got, sizes = io.BytesIO(), []
        await hook.retrieve_file("in/one.csv", got, sizes.append)
        told.append([len(got.getvalue()), sum(sizes), max(sizes) <= 1000])
        told.append(await hook.get_size("in/one.csv"))
        for path in ("in/none.csv", "in"):
            try:
                await hook.retrieve_file(path, got)
            except aioftp.StatusCodeError as error:
                told.append([str(error.received_codes[-1]), [str(c) for c in error.expected_codes]])
        told.append(await hook.get_size("in/empty.csv"))
    bad = Hook("127.0.0.1", server.server_port, "etl", "wrong")
    told.append(await bad.test_connection())
    bad.conn.close()
    await server.close()
    gone = Hook("127.0.0.1", server.server_port, "etl", "x")
    told.append(await gone.test_connection())
    told.append(len(asyncio.all_tasks()))
    return told
