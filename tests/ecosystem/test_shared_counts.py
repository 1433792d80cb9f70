"""What several processes count together, in a file and in Redis."""

from __future__ import annotations

import errno
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack
from importlib.util import find_spec
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
    LocalFileSystem,
    MemoryFileSystem,
    QuotaFileSystem,
    Server,
    User,
)
from anyftp._counts import BANNED, LOST
from anyftp.shared import SharedCounts
from anyftp.shared._sqlite import connect, forget
from support.clocks import ASYNCIO, TRIO, Backend
from support.redis import redis_running

#: coredis leaves the memory streams of its own to the garbage collector.
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.usefixtures("collected"),
    pytest.mark.filterwarnings("ignore:Unclosed <MemoryObject:ResourceWarning"),
]

BACKENDS = [pytest.param(ASYNCIO, id="asyncio"), pytest.param(TRIO, id="trio")]


@pytest.fixture(params=BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if find_spec("coredis") is None:
        pytest.skip("coredis is not installed (nox -s ecosystem does)")
    with redis_running(tmp_path_factory.mktemp("redis")) as server:
        yield server.url


@pytest.fixture(params=["sqlite", "redis"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "redis":
        found: str = request.getfixturevalue("redis_url")
        return found
    return f"sqlite://{tmp_path}/counts"


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    return f"counts of {request.node.name}"


@pytest.mark.parametrize(
    "url",
    [
        *("sqlite:", "sqlite://", "sqlite:///", "sqlite://counts", "sqlite:counts"),
        *("sqlite::memory:", "sqlite://folder/counts", "sqlite:///folder/"),
        *("sqlite:///counts?mode=ro", "sqlite:///a#b"),
    ],
)
def test_a_file_that_not_all_would_find_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="sqlite:///whole/path"):
        SharedCounts(url)


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
                await anyio.sleep(0.001)
                held -= 1
                await counts.give_back(["all"])
            await anyio.lowlevel.checkpoint()

    async with AsyncExitStack() as stack:
        members = [await stack.enter_async_context(SharedCounts(url, name)) for _ in range(3)]
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


async def test_who_is_known_to_be_dead_is_forgotten_at_once(tmp_path: Path) -> None:
    path = tmp_path / "counts"
    async with SharedCounts(f"sqlite://{path}", member="dead") as dead:
        await dead.take({"all": 1})
        async with SharedCounts(f"sqlite://{path}") as counts:
            assert await counts.take({"all": 1}) == "all"
            forget(str(path), "dead")
            assert await counts.take({"all": 1}) is None


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


@pytest.mark.parametrize("when_lost", ["refuse", "local"])
async def test_redis_goes_and_comes_back(when_lost: str, name: str, tmp_path: Path) -> None:
    pytest.importorskip("coredis", reason="coredis is not installed (nox -s ecosystem does)")
    with redis_running(tmp_path) as redis:
        async with SharedCounts(redis.url, name, when_lost=when_lost) as counts:  # type: ignore[arg-type]
            assert await counts.take({"all": 5}) is None
            redis.stop()
            with anyio.fail_after(10):
                while not counts.is_lost:
                    await anyio.sleep(0.05)
            assert await counts.take({"all": 5}) == (LOST if when_lost == "refuse" else None)
            redis.start()
            with anyio.fail_after(10):
                while counts.is_lost:
                    await anyio.sleep(0.05)
            ((_, held),) = await counts.numbers(["all"])
            assert held == (1 if when_lost == "refuse" else 2)


@pytest.mark.parametrize("wrong", ["file:///x", "http://x", "x"])
def test_a_url_of_another_kind(wrong: str) -> None:
    with pytest.raises(ValueError, match="the URL of counts must"):
        SharedCounts(wrong)


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

WRITER = """
import sys
from pathlib import PurePosixPath
import anyio
from anyftp import LocalFileSystem, QuotaFileSystem, FileSystemError
from anyftp.shared import SharedCounts

async def write(files, name, block):
    try:
        async with await files.open_write(PurePosixPath(name)) as file:
            for _ in range(10):
                await file.write(memoryview(block))
            await file.commit()
    except FileSystemError as error:
        assert error.errno == 122, error

async def main():
    url, name, folder, me = sys.argv[1:]
    inner = LocalFileSystem(folder)
    async with SharedCounts(url, name) as counts:
        quota = QuotaFileSystem(inner, max_bytes=600_000, store=counts.quota("home", inner))
        print("ready", flush=True)
        sys.stdin.readline()
        async with anyio.create_task_group() as group:
            for one in range(4):
                group.start_soon(write, quota, f"/{me}-{one}", b"x" * 9_973)
        # What is left is used to the last byte, and by all.
        for size in (9_973, 997, 97, 7, 1):
            for turn in range(12):
                try:
                    async with await quota.open_write(PurePosixPath(f"/{me}{size}-{turn}")) as file:
                        await file.write(memoryview(b"x" * size))
                        await file.commit()
                except FileSystemError:
                    break

anyio.run(main)
"""


def test_a_quota_is_kept_to_the_byte_by_three_processes(
    url: str, name: str, tmp_path: Path
) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "there").write_bytes(b"x" * 50_000)
    with ExitStack() as stack:
        processes = []
        for me in "abc":
            command = [sys.executable, "-c", WRITER, url, name, str(folder), me]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            processes.append(stack.enter_context(subprocess.Popen(command, text=True, **pipes)))  # type: ignore[call-overload]
        for process in processes:
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            process.stdin.write("\n")
            process.stdin.flush()
        for process in processes:
            assert process.wait(50) == 0
    assert sum(file.stat().st_size for file in folder.iterdir()) == 600_000


async def test_a_quota_in_the_words_of_its_file_system(url: str, name: str) -> None:
    inner = MemoryFileSystem()
    path = PurePosixPath("/file")
    async with SharedCounts(url, name) as one, SharedCounts(url, name) as other:
        here = QuotaFileSystem(inner, max_bytes=10, store=one.quota("q", inner))
        there = QuotaFileSystem(inner, max_bytes=10, store=other.quota("q", inner))
        async with await here.open_write(path) as file:
            await file.write(memoryview(b"12345678"))
            with pytest.raises(FileSystemError) as caught:
                async with await there.open_write(PurePosixPath("/other")) as second:
                    await second.write(memoryview(b"123"))
            assert caught.value.errno == errno.EDQUOT
            assert await there.space_left(PurePosixPath("/")) == 2
            await file.commit()
        assert (await there.usage()).nbytes == 8
        async with await there.open_write(path) as file:  # takes the place of the other
            await file.write(memoryview(b"1234567890"))
            await file.commit()
        assert (await here.usage()) == (10, 1)
        await here.remove_file(path)
        assert (await there.usage()) == (0, 0)


async def test_a_server_over_a_local_folder(url: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    inner = LocalFileSystem(tmp_path / "home")
    async with SharedCounts(url, name) as counts:
        quota = QuotaFileSystem(inner, max_files=2, store=counts.quota("folder", inner))
        for one in ("/a", "/b"):
            await quota.make_directory(PurePosixPath(one))
        with pytest.raises(FileSystemError) as caught:
            await quota.make_directory(PurePosixPath("/c"))
        assert caught.value.errno == errno.EDQUOT


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


@pytest.mark.parametrize("lock", ["BEGIN", "BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
def test_a_ledger_that_another_makes_at_the_same_moment(tmp_path: Path, lock: str) -> None:
    path = str(tmp_path / "counts")
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE mine (x)")
    other.execute(lock)
    other.execute("SELECT * FROM mine").fetchall()
    release = threading.Timer(0.2, other.execute, ["COMMIT"])
    release.start()
    connect(path).close()
    release.join()
    other.close()
