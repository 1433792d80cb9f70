"""A connection that was lent is as it was before, for the next user."""

from __future__ import annotations

import pytest

from pool.pooling import CONTENT, pooled

pytestmark = pytest.mark.anyio


async def test_what_its_user_changed_is_put_back() -> None:
    async with pooled(1) as (pool, server):
        server.files.put("/deep/down/file", CONTENT)
        async with pool.client() as client:
            await client.change_directory("/deep")
            await client.change_directory("down")
        async with pool.client() as client:
            assert str(await client.get_current_directory()) == "/"
            await client.change_directory("deep")
            await client.change_to_parent()
            await client.change_directory("deep")
        async with pool.client() as client:
            assert str(await client.get_current_directory()) == "/"
        assert pool.nopen == 1


@pytest.mark.parametrize("line", ["CWD deep", "TYPE A", "MODE S", "REIN"])
async def test_a_command_of_its_users_own_makes_it_no_further_users(line: str) -> None:
    async with pooled(1) as (pool, server):
        server.files.put("/deep/file", CONTENT)
        async with pool.client() as client:
            await client.command(line)
        assert pool.nopen == 0
        async with pool.client() as client:
            assert str(await client.get_current_directory()) == "/"


async def test_an_open_stream_is_broken_off() -> None:
    async with pooled(1) as (pool, server):
        server.files.put("/file", CONTENT * 10_000)
        async with pool.client() as client:
            stream = await client.download_stream("/file")
            await stream.read(1)
        async with pool.client() as client:
            assert await client.size("/file") == len(CONTENT) * 10_000
