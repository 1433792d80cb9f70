"""A pool at servers that refuse, vanish and change their minds: nobody is bothered in a loop."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import anyio
import pytest
from anyio.abc import ByteStream

from anyftp import (
    Client,
    ClientPool,
    ConnectionLost,
    LocalFileSystem,
    LocalProtocolError,
    PermanentReplyError,
    ReplyError,
    StreamThrottle,
    connect_tcp,
)
from anyftp.testing import RiggedServer
from client.serving import Line, addressed
from support.patient_clocks import patient

pytestmark = pytest.mark.anyio


class Gate:
    """A dialler that counts who knocks for a control connection, and lets in whom it likes."""

    def __init__(self, lets_in: Callable[[int], bool]) -> None:
        self.nknocks = 0
        self._lets_in = lets_in
        self._port: int | None = None

    async def __call__(self, host: str, port: int) -> ByteStream:
        self._port = self._port or port
        if port == self._port:
            self.nknocks += 1
            await anyio.sleep(0.001)
            if not self._lets_in(self.nknocks):
                raise ConnectionLost("the gate is shut")
        return await connect_tcp(host, port)


@contextlib.asynccontextmanager
async def gated(
    folder: Path, lets_in: Callable[[int], bool], *, size: int = 4, password: str = "x"
) -> AsyncIterator[tuple[ClientPool, Gate]]:
    gate = Gate(lets_in)
    async with (
        addressed(LocalFileSystem(folder)) as (host, port),
        ClientPool.context(host, port, "alice", password, size=size, dialler=gate) as pool,
    ):
        yield pool, gate


async def crowd(pool: ClientPool, many: int, seconds: float = 0.02) -> list[Exception]:
    """So many tasks that want a client and hold it for a while; gives their errors."""
    errors: list[Exception] = []

    async def one() -> None:
        try:
            async with pool.client() as client:
                await client.noop()
                await anyio.sleep(seconds)
        except Exception as error:
            errors.append(error)

    async with anyio.create_task_group() as group:
        for _ in range(many):
            group.start_soon(one)
    return errors


async def test_a_server_that_shuts_its_gate_is_not_knocked_at_in_a_loop(tmp_path: Path) -> None:
    async with gated(tmp_path, lambda knock: knock == 1) as (pool, gate):
        assert await crowd(pool, 10, seconds=0.05) == []
        assert gate.nknocks <= 1 + 3  # as many as there were places for
        assert pool.limit == 1


async def test_a_gate_that_opens_later_lets_in_one_after_the_other(tmp_path: Path) -> None:
    async with gated(tmp_path, lambda knock: knock not in (2, 3, 4)) as (pool, _):
        await crowd(pool, 4)
        assert pool.limit == 1
        pool._server_limit._until = anyio.current_time()
        await crowd(pool, 40)
        assert pool.nopen == 4


async def test_who_waits_is_woken_when_the_limit_is_old(tmp_path: Path) -> None:
    async with gated(tmp_path, lambda knock: knock != 2) as (pool, gate), pool.client():
        with anyio.move_on_after(0.05):
            async with pool.client():
                raise AssertionError("let in")
        assert gate.nknocks == 2
        pool._server_limit._until = anyio.current_time() + 0.1
        async with pool.client() as client:
            await client.noop()


async def test_a_server_that_is_down_is_tried_once_for_all_who_wait(tmp_path: Path) -> None:
    async with gated(tmp_path, lambda knock: False) as (pool, gate):
        errors = await crowd(pool, 20)
        assert len(errors) == 20
        assert gate.nknocks == 1
        await crowd(pool, 1)
        assert gate.nknocks == 2


async def test_all_connections_die_and_the_server_is_down(tmp_path: Path) -> None:
    async with gated(tmp_path, lambda knock: knock <= 4) as (pool, gate):
        assert await crowd(pool, 4) == []
        for session in pool._idle:
            session.control.disconnect("cut")
        errors = await crowd(pool, 20)
        assert len(errors) == 20
        assert all(isinstance(error, ConnectionLost) for error in errors)
        assert gate.nknocks <= 4 + 4
        assert (pool.nopen, pool.nidle) == (0, 0)


async def test_nobody_is_hammered_with_a_wrong_password(tmp_path: Path) -> None:
    async with gated(tmp_path, lambda knock: True, password="wrong") as (pool, gate):
        pairs = [(f"/{number}", tmp_path / f"{number}") for number in range(500)]
        report = await pool.download_many(pairs, on_error="gather")
        assert len(report.failed) == 500
        assert all(isinstance(error, ReplyError) for _, error in report.failed)
        assert gate.nknocks <= 4  # as many as there were places for, before the first answer


@patient
async def test_a_password_that_is_changed_midway() -> None:
    server = RiggedServer()
    async with anyio.create_task_group() as group:
        await group.start(server.serve)
        line = Line()
        pool = ClientPool(server.host, server.port, "alice", "wonder", size=4, dialler=line)
        async with pool:
            async with pool.client():
                server.refuse("PASS", "530", "Login incorrect.", times=None)
                with anyio.move_on_after(1):  # a login that is cut short would be tried again
                    await crowd(pool, 20)
            assert await crowd(pool, 20) == []  # the one that was let in serves them all
            nknocks = len(line.controls)
            assert nknocks <= 1 + 3  # as many as there were places for
            pool._idle[0].control.disconnect("cut")
            errors = await crowd(pool, 20)
            assert len(errors) == 20
            assert all(isinstance(error, PermanentReplyError) for error in errors)
            assert len(line.controls) == nknocks + 1
        group.cancel_scope.cancel()


async def test_idle_connections_that_were_killed_are_replaced(tmp_path: Path) -> None:
    line = Line()
    async with (
        addressed(LocalFileSystem(tmp_path)) as (host, port),
        ClientPool.context(host, port, "alice", "x", size=3, dialler=line) as pool,
    ):
        assert await crowd(pool, 3) == []
        line.cut(slice(None))
        assert await crowd(pool, 9) == []
        assert len(line.controls) == 6
        assert pool.nopen == 3


async def test_cancelled_borrowers_leave_all_places(tmp_path: Path) -> None:
    async with gated(tmp_path, lambda knock: True) as (pool, _):
        for milliseconds in range(25):
            with anyio.move_on_after(milliseconds / 1000):
                await crowd(pool, 9, seconds=0.005)
        assert pool.nopen == pool.nidle
        assert not pool.is_wanted
        assert await crowd(pool, 9) == []


FORK = """
import os, sys
import anyio
from anyftp import ClientPool
from anyftp.testing import ServerThread

backend, tls = sys.argv[1], sys.argv[2] or None
with ServerThread(tls=tls) as server:
    context = server.client_context() if tls else None
    login = server.host, server.port, server.user, server.password
    pool = ClientPool(*login, size=2, tls=tls, ssl_context=context)

    async def use():
        async def one():
            async with pool.client() as client:
                await client.noop()
                await anyio.sleep(0.01)

        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(one)
        return pool.nopen

    print(anyio.run(use, backend=backend), flush=True)
    print(anyio.run(use, backend=backend), flush=True)  # another event loop
    child = os.fork()
    if not child:
        print(anyio.run(use, backend=backend), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
    print(anyio.run(use, backend=backend), flush=True)
    anyio.run(pool.aclose, backend=backend)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.parametrize("tls", ["", "explicit"])
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_pool_outlives_event_loops_and_forks(backend: str, tls: str) -> None:
    command = [sys.executable, "-W", "ignore", "-c", FORK, backend, tls]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50)
    assert done.stdout.split() == ["2"] * 4, done.stderr


# What a loan leaves behind


@contextlib.asynccontextmanager
async def pool_of_one(tmp_path: Path) -> AsyncIterator[ClientPool]:
    async with (
        addressed(LocalFileSystem(tmp_path)) as (host, port),
        ClientPool.context(host, port, "alice", "x", size=1) as pool,
    ):
        yield pool
        async with pool.client() as client:  # whatever was done, the next one has it as it was
            assert client.throttle is pool.throttle
            assert str(await client.get_current_directory()) == "/"
            await client.noop()
        assert pool.nopen == 1


async def test_a_login_as_somebody_else_ends_with_the_loan(tmp_path: Path) -> None:
    async with pool_of_one(tmp_path) as pool:
        async with pool.client() as client:
            with contextlib.suppress(ReplyError):
                await client.login("bob", "builder")
        assert pool.nopen == 0


async def test_another_connection_of_the_same_client_is_closed(tmp_path: Path) -> None:
    async with pool_of_one(tmp_path) as pool:
        async with pool.client() as client:
            await client.quit()
            await client.connect(*pool._where)
            session = client._session
        assert pool.nopen == 0
        assert session is not None
        assert not session.control.is_connected


async def test_a_throttle_of_its_own_ends_with_the_loan(tmp_path: Path) -> None:
    async with pool_of_one(tmp_path) as pool:
        async with pool.client() as client:
            client.throttle = StreamThrottle.from_limits(1, 1)
        assert pool.nopen == 1


async def test_another_throttle_of_the_pool_holds_for_all_at_once(tmp_path: Path) -> None:
    async with pool_of_one(tmp_path) as pool, pool.client() as client:
        pool.throttle = StreamThrottle.from_limits(1_000_000, None)
        assert client.throttle is pool.throttle
        pool.throttle = None
        assert client.throttle is pool.throttle
        assert pool.throttle.read.limit is None


async def test_a_client_is_of_no_use_after_its_loan(tmp_path: Path) -> None:
    async with pool_of_one(tmp_path) as pool:
        async with pool.client() as client:
            await client.noop()
        with pytest.raises(LocalProtocolError, match="not connected"):
            await client.noop()


async def test_a_session_that_somebody_still_uses_is_not_lent(tmp_path: Path) -> None:
    async def use(client: Client) -> None:
        with contextlib.suppress(ConnectionLost):
            await client.list("/")

    async with pool_of_one(tmp_path) as pool, anyio.create_task_group() as group:
        async with pool.client() as client:
            group.start_soon(use, client)
            await anyio.sleep(0)
            await anyio.lowlevel.checkpoint()
            assert client._connected().is_busy
        assert pool.nopen == 0


# Several connections for one client


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("together", [1, 3])
async def test_jobs_borrow_from_the_pool(size: int, together: int, tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"d{number % 3}").mkdir(exist_ok=True)
        (tmp_path / f"d{number % 3}" / f"{number}").write_bytes(bytes(1000 * number))
    line = Line()
    async with (
        addressed(LocalFileSystem(tmp_path)) as (host, port),
        ClientPool.context(host, port, "alice", "x", size=size, dialler=line) as pool,
    ):

        async def one(number: int) -> None:
            async with pool.client() as client:
                await client.change_directory("d0")
                report = await client.download("../d1", tmp_path / f"c{number}", jobs=5)
                assert report.files == 10

        with anyio.fail_after(20):
            async with anyio.create_task_group() as group:
                for number in range(together):
                    group.start_soon(one, number)
        assert len(line.controls) <= size
        assert pool.nopen == pool.nidle
        for _ in range(pool.nidle):
            async with pool.client() as client:
                assert str(await client.get_current_directory()) == "/"


async def test_segments_borrow_from_the_pool(tmp_path: Path) -> None:
    content = bytes(range(256)) * 4096 * 8
    (tmp_path / "large").write_bytes(content)
    line = Line()
    async with (
        addressed(LocalFileSystem(tmp_path)) as (host, port),
        ClientPool.context(host, port, "alice", "x", size=3, dialler=line) as pool,
    ):
        for _ in range(2):
            async with pool.client() as client:
                await client.download("large", tmp_path / "copy", segments=6)
            assert (tmp_path / "copy").read_bytes() == content
        assert len(line.controls) == 3
        assert (pool.nopen, pool.nidle) == (3, 3)


async def test_whoever_has_none_is_served_before_those_who_want_more(tmp_path: Path) -> None:
    """A borrowed connection is given back between two files."""
    for number in range(200):
        (tmp_path / "t").mkdir(exist_ok=True)
        (tmp_path / "t" / f"{number}").write_bytes(b"x")
    async with (
        addressed(LocalFileSystem(tmp_path)) as (host, port),
        ClientPool.context(host, port, "alice", "x", size=2) as pool,
    ):
        is_over = False

        async def tree() -> None:
            nonlocal is_over
            async with pool.client() as client:
                await client.download("t", tmp_path / "copy", jobs=4)
            is_over = True

        async with anyio.create_task_group() as group:
            group.start_soon(tree)
            while pool.nopen != 2:
                await anyio.sleep(0.001)
            async with pool.client() as client:
                await client.noop()
                assert not is_over


async def test_cancelled_jobs_give_everything_back(tmp_path: Path) -> None:
    for number in range(100):
        (tmp_path / "t").mkdir(exist_ok=True)
        (tmp_path / "t" / f"{number}").write_bytes(bytes(20_000))
    async with (
        addressed(LocalFileSystem(tmp_path), max_connections_per_address=50) as (host, port),
        ClientPool.context(host, port, "alice", "x", size=4) as pool,
    ):
        for milliseconds in (1, 3, 10, 20, 30, 50):
            with anyio.move_on_after(milliseconds / 1000):
                async with pool.client() as client:
                    await client.download("t", tmp_path / "copy", jobs=4)
            assert pool.nopen == pool.nidle
        assert not [path for path in tmp_path.rglob("*") if ".anyftp" in path.name]


async def test_jobs_go_on_when_a_borrowed_connection_dies(tmp_path: Path) -> None:
    for number in range(100):
        (tmp_path / "t").mkdir(exist_ok=True)
        (tmp_path / "t" / f"{number}").write_bytes(bytes(20_000))
    line = Line()

    def cut(_: object) -> None:
        if len(line.controls) == 3:
            line.cut(slice(1, 3))

    async with (
        addressed(LocalFileSystem(tmp_path)) as (host, port),
        ClientPool.context(host, port, "alice", "x", size=3, dialler=line) as pool,
    ):
        async with pool.client() as client:
            report = await client.download("t", tmp_path / "copy", jobs=3, progress=cut)
            assert report.files == 100
        assert pool.nopen == pool.nidle
