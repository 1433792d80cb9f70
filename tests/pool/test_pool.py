"""The pool against our own server, which counts who is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from anyftp import (
    ClientPool,
    ConnectionLost,
    IncompleteTransferError,
    LocalProtocolError,
    PermanentReplyError,
    ReplyError,
    TransientReplyError,
)
from anyftp.testing import RiggedServer, cancel_at_each_checkpoint
from pool.pooling import CONTENT, pooled
from support.tasks import nothing_left_over

pytestmark = pytest.mark.anyio


async def test_one_connection_after_another_is_one() -> None:
    async with pooled() as (pool, server):
        for _ in range(5):
            async with pool.client() as client:
                await client.noop()
                assert (pool.nopen, pool.nidle) == (1, 0)
        assert (pool.nopen, pool.nidle) == (1, 1)
        assert server.server.statistics().sessions == 1


async def use(pool: ClientPool, together: int, log: list[int]) -> None:
    """As many tasks as `together`, all of which hold a client at the same time if they can."""

    async def one() -> None:
        async with pool.client() as client:
            await client.noop()
            log.append(pool.nopen)
            await anyio.sleep(0.05)

    async with anyio.create_task_group() as group:
        for _ in range(together):
            group.start_soon(one)


async def test_never_more_than_its_size() -> None:
    async with pooled(3) as (pool, server):
        log: list[int] = []
        await use(pool, 10, log)
        assert len(log) == 10
        assert max(log) == 3
        assert server.server.statistics().sessions == 3


@pytest.mark.parametrize("setting", ["max_connections", "max_connections_per_address"])
async def test_it_learns_what_the_server_lets_in(setting: str) -> None:
    options: dict[str, Any] = {setting: 2}
    async with pooled(8, server=RiggedServer(**options)) as (pool, server):
        log: list[int] = []
        await use(pool, 10, log)
        assert len(log) == 10
        assert pool.limit == 2
        connects = server.server.statistics()
        await use(pool, 10, log)
        assert pool.limit == 2
        # Nobody has knocked again: all who came found that there are two.
        assert server.server.statistics().sessions == connects.sessions == 2


async def test_a_user_limit_shows_as_530() -> None:
    server = RiggedServer()
    server.refuse("PASS", "530", "Too many of you.", times=None)
    async with pooled(4, server=server) as (pool, _):
        with pytest.raises(PermanentReplyError):
            async with pool.client():
                pass
        assert pool.nopen == 0
        server.heal()
        async with pool.client() as client:
            server.refuse("PASS", "530", "Too many of you.")
            with anyio.move_on_after(0.3) as waited:
                async with pool.client():
                    raise AssertionError("let in")
            assert waited.cancelled_caught
            assert pool.limit == 1
            await client.noop()
        async with pool.client() as client:
            await client.noop()


async def test_a_wrong_password_is_tried_once_by_each_and_not_at_once() -> None:
    server = RiggedServer({"alice": "another"})
    errors: list[Exception] = []
    async with pooled(4, server=server) as (pool, _):

        async def one() -> None:
            try:
                async with pool.client():
                    pass
            except ReplyError as error:
                errors.append(error)

        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(one)
        assert len(errors) == 4
        assert pool.nopen == 0


async def test_a_dead_connection_is_not_lent() -> None:
    async with pooled(1) as (pool, server):
        async with pool.client() as client:
            await client.noop()
        (session,) = server.server.sessions
        session.kick()
        while server.server.sessions:
            await anyio.sleep(0.01)
        async with pool.client() as client:
            await client.noop()
        assert pool.nopen == 1


async def test_a_connection_that_dies_in_use_is_replaced() -> None:
    async with pooled(1) as (pool, server):
        server.files.put("/file", CONTENT)
        server.cut(10)
        with pytest.raises((ConnectionLost, IncompleteTransferError)):
            async with pool.client() as client, client.download_stream("/file") as stream:
                await stream.read(-1)
        async with pool.client() as client, client.download_stream("/file") as stream:
            assert await stream.read(-1) == CONTENT


async def test_age_and_idleness_end_a_connection() -> None:
    for setting in ("max_age", "max_idle"):
        options: dict[str, Any] = {setting: 0.05}
        async with pooled(1, **options) as (pool, _):
            async with pool.client() as first:
                await anyio.sleep(0.06)
            await anyio.sleep(0.06)
            async with pool.client() as second:
                await second.noop()
            assert first is not second
            assert not first.is_connected


async def test_all_pay_one_budget() -> None:
    async with pooled(3, read_speed_limit=1_000_000) as (pool, _):
        assert pool.throttle.read.limit == 1_000_000
        async with pool.client() as one, pool.client() as another:
            assert one.throttle is another.throttle is pool.throttle


@pytest.mark.parametrize("tls", ["explicit", "implicit"])
async def test_over_tls(tls: str, tmp_path: Path) -> None:
    async with pooled(2, tls=tls) as (pool, server):
        for number in range(6):
            server.files.put(f"/{number}", CONTENT)
        pairs = [(f"/{number}", tmp_path / f"{number}") for number in range(6)]
        assert (await pool.download_many(pairs)).files == 6


async def test_a_pool_that_is_closed_lends_nothing() -> None:
    async with pooled() as (pool, _):
        async with pool.client() as client:
            await pool.aclose()
            await client.noop()
        assert not client.is_connected
        with pytest.raises(LocalProtocolError, match="closed"):
            async with pool.client():
                pass


def test_a_pool_of_none() -> None:
    with pytest.raises(LocalProtocolError, match="size must be at least 1"):
        ClientPool("localhost", size=0)


async def test_whoever_waits_may_be_cancelled() -> None:
    async with pooled(1) as (pool, _):
        async with pool.client():
            for _ in range(3):
                with anyio.move_on_after(0.02):
                    async with pool.client():
                        raise AssertionError("lent twice")
        async with pool.client() as client:
            await client.noop()


async def test_cancelled_anywhere_it_loses_no_place() -> None:
    server = RiggedServer(max_connections_per_address=50)
    async with pooled(2, server=server) as (pool, _):

        async def scenario() -> None:
            async with pool.client() as one, pool.client() as another:
                await one.noop()
                await another.noop()

        async with nothing_left_over():
            async for _ in cancel_at_each_checkpoint(scenario, within_seconds=None):
                assert pool.nopen == pool.nidle
                if pool.nopen == 2:  # begin with fewer now and then
                    pool._drop(pool._idle.pop())
            async with pool.client(), pool.client():
                pass
            await pool.aclose()


async def test_no_server_no_client() -> None:
    async with ClientPool.context("127.0.0.1", 1, size=2) as pool:
        with pytest.raises(ConnectionLost):
            async with pool.client():
                pass
        assert pool.nopen == 0


async def test_a_refusal_of_the_user_is_the_users_own() -> None:
    """What a client's own user does wrong costs the pool nothing."""
    async with pooled(1) as (pool, server):
        server.refuse("NOOP", "450")
        with pytest.raises(TransientReplyError):
            async with pool.client() as client:
                await client.noop()
        assert (pool.nopen, pool.nidle) == (1, 1)


async def test_a_pool_that_shrinks_closes_what_is_too_much() -> None:
    async with pooled(4) as (pool, _):
        async with pool.client(), pool.client(), pool.client():
            pool.size = 1
        assert (pool.nopen, pool.nidle) == (1, 1)
        pool.size = 2
        async with pool.client(), pool.client():
            assert pool.nopen == 2
        pool.size = 1
        assert (pool.nopen, pool.nidle) == (1, 1)
        with pytest.raises(LocalProtocolError, match="size must be at least 1"):
            pool.size = 0
        assert pool.size == 1


async def test_a_pool_that_grows_has_room_for_those_who_wait() -> None:
    async with pooled(1) as (pool, _), pool.client(), anyio.create_task_group() as group:
        had = anyio.Event()

        async def have_another() -> None:
            async with pool.client() as client:
                await client.noop()
                had.set()

        group.start_soon(have_another)
        await anyio.wait_all_tasks_blocked()
        assert not had.is_set()
        pool.size = 2
        await had.wait()
