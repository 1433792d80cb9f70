"""What several processes count together, in a file and in Redis."""

from __future__ import annotations

import errno
import subprocess
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path, PurePosixPath

import anyio
import pytest

from anyftp import (
    BanPolicy,
    Client,
    ClientPool,
    ConnectionLost,
    FileSystemError,
    FTPError,
    MemoryFileSystem,
    QuotaFileSystem,
    Server,
    User,
)
from anyftp._counts import BANNED, LOST
from anyftp.shared import SharedCounts
from ecosystem.kept import MARKS
from ecosystem.kept import anyio_backend as anyio_backend
from ecosystem.kept import forget as forget
from ecosystem.kept import name as name
from ecosystem.kept import redis as redis
from ecosystem.kept import url as url

pytestmark = MARKS


# Places


async def test_all_or_nothing_is_taken(url: str, name: str) -> None:
    async with SharedCounts(url, name) as one, SharedCounts(url, name) as other:
        assert await one.take({"all": 2, "a": 1}) is None
        assert await other.take({"all": 2, "a": 1}) == "a"
        assert await other.take({"all": 2, "b": None}) is None
        assert await one.take({"all": 2, "c": 1}) == "all"
        await other.give_back(["all", "b"])
        assert await one.take({"all": 2, "c": 1}) is None


async def test_many_at_once_are_never_too_many(url: str, name: str) -> None:
    held = highest = 0

    async def come_and_go(counts: SharedCounts) -> None:
        nonlocal held, highest
        for _ in range(10):
            if await counts.take({"all": 3}) is None:
                held += 1
                highest = max(highest, held)
                while highest < 3:  # nobody leaves before all places were taken
                    await anyio.sleep(0.001)
                held -= 1
                await counts.give_back(["all"])
            await anyio.lowlevel.checkpoint()

    async with AsyncExitStack() as stack:
        members = [await stack.enter_async_context(SharedCounts(url, name)) for _ in range(3)]
        with anyio.fail_after(30):
            async with anyio.create_task_group() as group:
                for member in members * 3:
                    group.start_soon(come_and_go, member)
        assert highest == 3
        assert [number for _, number in await members[0].numbers(["all"])] == [0]


async def test_who_leaves_gives_everything_back(url: str, name: str) -> None:
    async with SharedCounts(url, name) as one:
        async with SharedCounts(url, name) as other:
            assert await other.take({"all": 1}) is None
            assert await one.take({"all": 1}) == "all"
        assert await one.take({"all": 1}) is None


async def test_whoever_is_cancelled_holds_nothing(url: str, name: str) -> None:
    async with SharedCounts(url, name) as counts, SharedCounts(url, name) as other:
        for turns in range(12):
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as group:

                    async def cancel(turns: int = turns, scope: anyio.CancelScope = scope) -> None:
                        for _ in range(turns):
                            await anyio.lowlevel.checkpoint()
                        scope.cancel()

                    group.start_soon(cancel)
                    if await counts.take({"all": 1}) is None:
                        await counts.give_back(["all"])
            assert await other.take({"all": 1}) is None
            await other.give_back(["all"])


PROCESS = """
import sys
import anyio
from anyftp.shared import SharedCounts

async def main():
    async with SharedCounts(sys.argv[1], sys.argv[2], member="doomed") as counts:
        print(await counts.take({"all": 1}), flush=True)
        await anyio.sleep_forever()

anyio.run(main)
"""


@pytest.mark.wallclock
async def test_who_is_killed_gives_everything_back(url: str, name: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROCESS, url, name]
    async with SharedCounts(url, name) as counts:
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "None\n"
            assert await counts.take({"all": 1}) == "all"
            process.kill()
        assert await counts.take({"all": 1}) == "all"
        with anyio.fail_after(20):
            while await counts.take({"all": 1}) is not None:
                await anyio.sleep(0.1)


async def test_bans_are_everybodys(url: str, name: str) -> None:
    async with SharedCounts(url, name) as one, SharedCounts(url, name) as other:
        await one.ban("192.0.2.1", 60)
        assert await other.take({"all": 1}, network="192.0.2.1") == BANNED
        assert await other.take({"all": 1}, network="192.0.2.2") is None
        with anyio.fail_after(10):
            while "192.0.2.1" not in other.bans():
                await anyio.sleep(0.05)
        assert 0 < other.bans()["192.0.2.1"] <= 60
        assert other.lift("192.0.2.1")
        await other.give_back(["all"])
        with anyio.fail_after(10):
            while await one.take({"all": 1}, network="192.0.2.1") is not None:
                await anyio.sleep(0.05)


async def test_bans_outlive_what_they_were_kept_in(
    url: str, name: str, forget: Callable[[], None]
) -> None:
    async with SharedCounts(url, name) as one:
        await one.ban("192.0.2.1", 60)
        forget()
        with anyio.fail_after(20):
            async with SharedCounts(url, name) as late:
                while "192.0.2.1" not in late.bans():
                    await anyio.sleep(0.05)
                assert await late.take({"all": 1}, network="192.0.2.1") == BANNED


async def test_failures_are_everybodys(url: str, name: str) -> None:
    async with SharedCounts(url, name) as one, SharedCounts(url, name) as other:
        assert len(await one.fail("192.0.2.1")) == 1
        assert len(await other.fail("192.0.2.1")) == 2
        ages = await one.fail("192.0.2.1")
        assert len(ages) == 3
        assert sorted(ages, reverse=True) == list(ages)
        assert ages[-1] == 0
        assert len(await one.fail("192.0.2.2")) == 1


@pytest.mark.parametrize("when_lost", ["refuse", "local"])
async def test_nobody_can_be_asked(when_lost: str, tmp_path: Path) -> None:
    nowhere = f"sqlite://{tmp_path}/none/counts"
    with anyio.fail_after(5):
        async with SharedCounts(nowhere, when_lost=when_lost) as counts:  # type: ignore[arg-type]
            assert counts.is_lost
            assert await counts.take({"all": 1}) == (LOST if when_lost == "refuse" else None)
            assert await counts.fail("192.0.2.1") == ()
            await counts.ban("192.0.2.1", 1)
            await counts.give_back(["all"])
            quota = QuotaFileSystem(
                MemoryFileSystem(), max_bytes=1, store=counts.quota("q", MemoryFileSystem())
            )
            with pytest.raises(FileSystemError) as caught:
                await quota.open_write(PurePosixPath("/file"))
            assert caught.value.errno == errno.EIO


# Servers


async def serving(stack: AsyncExitStack, counts: SharedCounts, **options: object) -> int:
    group = await stack.enter_async_context(anyio.create_task_group())
    stack.callback(group.cancel_scope.cancel)
    users = [User(name="bob", password="secret", file_system=MemoryFileSystem(), max_connections=2)]
    server = Server(users, counts=counts, login_delay=0, **options)  # type: ignore[arg-type]
    addresses = await group.start(server.serve, "127.0.0.1", 0)
    port: int = addresses[0][1]
    return port


async def logged_in(port: int, password: str = "secret") -> Client:
    client = Client()
    try:
        await client.connect("127.0.0.1", port)
        await client.login("bob", password)
    except BaseException:
        client.close()
        raise
    return client


async def test_servers_let_in_so_many_together(url: str, name: str) -> None:
    async with AsyncExitStack() as stack:
        ports = []
        for _ in range(2):
            counts = await stack.enter_async_context(SharedCounts(url, name))
            ports.append(await serving(stack, counts, max_connections=3))
        clients = [Client() for _ in range(6)]
        for client, port in zip(clients[:3], ports * 2, strict=False):
            await client.connect("127.0.0.1", port)
        for client, port in zip(clients[3:], ports * 2, strict=False):
            with pytest.raises(FTPError, match="Too many connections"):
                await client.connect("127.0.0.1", port)
        await clients[0].quit()  # its place is free before it sees the end
        await clients[5].connect("127.0.0.1", ports[1])
        for client in clients:
            client.close()


async def test_servers_count_users_together(url: str, name: str) -> None:
    async with AsyncExitStack() as stack:
        ports = []
        for _ in range(2):
            counts = await stack.enter_async_context(SharedCounts(url, name))
            ports.append(await serving(stack, counts))
        one, other = await logged_in(ports[0]), await logged_in(ports[1])
        with pytest.raises(FTPError, match="Too many connections of this user"):
            await logged_in(ports[1])
        await one.command("REIN")
        third = await logged_in(ports[1])
        for client in (one, other, third):
            client.close()


async def test_guesses_at_one_server_ban_at_all(url: str, name: str) -> None:
    async with AsyncExitStack() as stack:
        ports = []
        for _ in range(2):
            counts = await stack.enter_async_context(SharedCounts(url, name))
            ports.append(await serving(stack, counts, ban=BanPolicy(failures=3)))
        for port in (*ports, ports[0]):
            with pytest.raises(FTPError):
                await logged_in(port, "wrong")
        for port in ports:
            with pytest.raises(FTPError, match="banned"):
                await logged_in(port)


# Quotas


# Pools


@pytest.fixture
def no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leases that a busy machine renews in time, and files that may be busy for as long."""
    for module in ("_counts", "_sqlite", "_redis"):
        monkeypatch.setattr(f"anyftp.shared.{module}.LEASE_SECONDS", 60.0)
    monkeypatch.setattr("anyftp.shared._turns.ANSWER_SECONDS", 24.0)
    monkeypatch.setattr("anyftp.shared._sqlite._BUSY_SECONDS", 24.0)


@pytest.mark.usefixtures("no_hurry")
async def test_pools_have_so_many_connections_together(url: str, name: str) -> None:
    files = MemoryFileSystem()
    async with AsyncExitStack() as stack:
        group = await stack.enter_async_context(anyio.create_task_group())
        stack.callback(group.cancel_scope.cancel)
        server = Server([User(file_system=files)], max_connections=3)
        ((_, port),) = await group.start(server.serve, "127.0.0.1", 0)

        async def use(pool: ClientPool) -> None:
            for _ in range(4):
                async with pool.client() as client:
                    await client.noop()
                    await anyio.sleep(0.01)

        async with AsyncExitStack() as inner:
            pools = []
            for _ in range(3):
                counts = await inner.enter_async_context(SharedCounts(url, name))
                pool = ClientPool("127.0.0.1", port, size=3, counts=counts)
                pools.append(await inner.enter_async_context(pool))
            with anyio.fail_after(40):
                async with anyio.create_task_group() as users:
                    for pool in pools * 3:
                        users.start_soon(use, pool)
            assert server.statistics().connections_refused == 0
            # All are idle now, and who has none of them gets one nonetheless.
            counts = await inner.enter_async_context(SharedCounts(url, name))
            async with ClientPool("127.0.0.1", port, size=3, counts=counts) as late:
                with anyio.fail_after(10):
                    await use(late)
            assert server.statistics().connections_refused == 0
        async with SharedCounts(url, name) as counts:
            (_, held), (_, waiting) = await counts.numbers(
                [f"connections to 127.0.0.1:{port}", f"waiting for 127.0.0.1:{port}"]
            )
            assert (held, waiting) == (0, 0)


async def test_a_pool_without_anybody_to_ask(tmp_path: Path) -> None:
    async with (
        SharedCounts(f"sqlite://{tmp_path}/none/counts") as counts,
        ClientPool("127.0.0.1", 9, size=3, counts=counts) as pool,
    ):
        with anyio.fail_after(5), pytest.raises(ConnectionLost, match="nobody can be asked"):
            async with pool.client():
                pass
        assert pool.nopen == 0


async def test_what_is_given_back_and_settled_after_a_cancellation_is_told(
    url: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """As a server's sessions do that end because all is cancelled, the counts' own task too."""
    with anyio.CancelScope() as scope:
        async with SharedCounts(url, name) as counts:
            assert await counts.take({"place": 1, "other": 1}) is None
            await counts.begin({"bytes": 0})
            scope.cancel()
            try:
                await anyio.sleep(10)
            finally:
                with anyio.CancelScope(shield=True):
                    await anyio.sleep(0.1)  # it is closed by now
                    await counts.give_back(["place"])
                    await counts.settle({"bytes": (0, 1000)})
    async with SharedCounts(url, name) as counts:
        assert await counts.take({"place": 1, "other": 1}) is None
        assert await counts.numbers(["bytes"]) == [(1000, 0)]
    assert "cannot be reached" not in caplog.text
