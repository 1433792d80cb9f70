"""Sessions that are listed, limited and kicked out; what is said at the end of a drain."""

from __future__ import annotations

import gc
import os
import weakref
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Self

import anyio
import pytest
from anyio.lowlevel import checkpoint

from anyftp._fs import FileInfo, LocalFileSystem, MemoryFileSystem
from anyftp._server import ConnectionRefused, Disconnected, Server, User, UserManager
from anyftp._throttle import StreamThrottle, Throttle
from server.probe import Probe, conversing, logged_in, server_of, serving
from support.clocks import VIRTUAL_BACKENDS

pytestmark = pytest.mark.anyio


async def test_what_the_list_of_sessions_tells() -> None:
    tree = MemoryFileSystem()
    server = server_of(tree)
    async with (
        serving(server) as address,
        await Probe.connect(address) as one,
        await Probe.connect(address) as two,
    ):
        await one.log_in()
        await two.reply()
        bob, nobody = server.sessions
        assert (bob.number, nobody.number) == (1, 2)
        assert bob.peer_host == "127.0.0.1"
        assert bob.user is not None
        assert (bob.user.name, nobody.user) == ("bob", None)
        assert timedelta(0) <= datetime.now(UTC) - bob.since < timedelta(minutes=1)
        assert bob.transfer is None
        async with await one.open_data() as data:
            await one.ask("STOR f")
            await data.write(b"x" * 1000)
            # uvloop's clock ticks in milliseconds: a transfer may have lasted none of them yet.
            while not (
                bob.transfer and bob.transfer.stats.nbytes == 1000 and bob.transfer.seconds > 0
            ):
                await one.ask("NOOP")
            assert (bob.transfer.verb, bob.transfer.path) == ("STOR", "/f")
            assert bob.transfer.bytes_per_second > 0
        await one.reply()


async def test_a_session_s_own_limit_and_its_user_s() -> None:
    tree = MemoryFileSystem()
    tree.put("/f", bytes(200_000))
    user = User("bob", "secret", file_system=tree, write_speed_limit=1000)
    server = Server([user], write_speed_limit_per_connection=1000)
    async with logged_in(server) as probe, await probe.open_data() as data:
        assert server.user_throttle("eve") is None
        await probe.ask("RETR f")
        await anyio.sleep(0.05)
        [session] = server.sessions
        assert session.user_throttle is server.user_throttle("bob")
        assert session.user_throttle is not None
        session.throttle.write.limit = None
        session.user_throttle.write.limit = None
        with anyio.fail_after(5):
            assert len(await data.read()) == 200_000


async def in_silence(probe: Probe) -> None:
    """The client does nothing."""


async def in_upload(probe: Probe) -> None:
    data = await probe.open_data()
    await probe.ask("STOR f")
    await data.write(b"x" * 100_000)
    data.close()


async def in_waiting(probe: Probe) -> None:
    await probe.codes("EPSV", "STOR f")


async def in_a_login_that_hangs(probe: Probe) -> None:
    await probe.ask("USER sleepy")
    await probe.send("PASS x")


class Sleepy(UserManager):
    """Knows bob, and takes for ever with anybody else."""

    def __init__(self, user: User) -> None:
        self._user = user

    async def authenticate(self, name: str, password: str, host: str) -> User | None:
        if name != "bob":
            await anyio.sleep_forever()
        return self._user


@pytest.mark.parametrize("doing", [in_silence, in_waiting, in_a_login_that_hangs])
async def test_a_kick_says_why_and_ends_the_session(
    tmp_path: Path, doing: Callable[[Probe], Awaitable[None]]
) -> None:
    server = Server(Sleepy(User("bob", file_system=LocalFileSystem(tmp_path))))
    async with logged_in(server) as probe:
        await doing(probe)
        await anyio.wait_all_tasks_blocked()
        [session] = server.sessions
        session.kick("Enough\r\nfor today.")
        assert await probe.reply() == "421 Enough\\r\\nfor today."
        assert await probe.is_closed()
    assert os.listdir(tmp_path) == []


async def test_a_kick_in_mid_upload_leaves_nothing(tmp_path: Path) -> None:
    server = server_of(LocalFileSystem(tmp_path))
    async with logged_in(server) as probe, await probe.open_data() as data:
        await probe.ask("STOR f")
        await data.write(b"x" * 100_000)
        [session] = server.sessions
        session.kick()
        assert await probe.reply() == "421 You were disconnected by the operator."
        assert await probe.is_closed()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)
async def test_a_kicked_client_that_reads_nothing_is_gone_all_the_same() -> None:
    tree = MemoryFileSystem()
    for number in range(900):
        tree.put(f"/{number}", b"")
    server = server_of(tree)
    async with conversing(server) as probe:
        await probe.log_in()
        await probe.send(*["STAT /"] * 100)
        await anyio.wait_all_tasks_blocked()
        [session] = server.sessions
        began = anyio.current_time()
        session.kick()
        while server.sessions:
            await anyio.sleep(0.1)
        assert anyio.current_time() - began < 2.5


async def test_a_kick_costs_one_session_only() -> None:
    server = server_of()
    async with (
        serving(server) as address,
        await Probe.connect(address) as one,
        await Probe.connect(address) as two,
    ):
        await one.log_in()
        await two.log_in()
        server.sessions[0].kick()
        assert await one.is_closed()
        assert (await two.ask("NOOP"))[:3] == "200"


async def test_the_end_of_a_drain_is_told() -> None:
    server = server_of()
    async with anyio.create_task_group() as tasks:
        (address,) = await tasks.start(server.serve, "127.0.0.1", 0)
        async with await Probe.connect(address) as probe:
            await probe.log_in()
            async with await probe.open_data():
                await probe.ask("STOR f")
                await server.drain(0.05)
                assert await probe.reply() == "421 The server is going down."


class Quit(BaseException):
    """An exception of a storage that does not behave."""


class Worst(MemoryFileSystem):
    async def stat(self, path: PurePosixPath) -> FileInfo:
        raise Quit


async def test_a_session_that_fails_ends_as_such() -> None:
    server = server_of(Worst())
    async with server.events() as events, logged_in(server) as probe:
        await probe.send("SIZE f")
        assert await probe.is_closed()
        last = [await anext(events) for _ in range(3)][-1]
        assert isinstance(last, Disconnected)
        assert last.reason == "the session failed"


async def test_what_is_called_at_the_end_and_fails_costs_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail() -> None:
        raise RuntimeError("at the end")

    server = server_of(max_connections=1)
    async with serving(server) as address:
        for _ in range(3):
            async with await Probe.connect(address) as probe:
                await probe.log_in()
                server.sessions[0].at_end(fail)
                assert (await probe.ask("QUIT"))[:3] == "221"
                assert await probe.is_closed()
    assert "the session of 127.0.0.1 failed" in caplog.text
    assert not server.sessions


class Unready(Throttle):
    """It cannot be made once more."""

    def clone(self) -> Self:
        raise RuntimeError("no more")


class Generous:
    """What servers count together, as far as a connection asks for it; there is room for all."""

    async def take(self, limits: object, *, network: str = "") -> None:
        await checkpoint()

    async def give_back(self, groups: object) -> None:
        await checkpoint()


@pytest.mark.parametrize("is_one_of_many", [False, True])
async def test_a_session_that_cannot_begin_costs_one_connection(
    is_one_of_many: bool, caplog: pytest.LogCaptureFixture
) -> None:
    counts = Generous() if is_one_of_many else None
    server = server_of(max_connections=1, counts=counts)
    fit = server.throttle_per_connection
    async with serving(server) as address:
        for throttle in (StreamThrottle(Unready(), Unready()), fit):
            server.throttle_per_connection = throttle
            async with await Probe.connect(address) as probe:
                if throttle is fit:
                    await probe.log_in()
                else:
                    assert await probe.rest() == b""
    assert "no session with 127.0.0.1 could begin" in caplog.text


async def test_who_may_come_is_asked_of_a_function() -> None:
    banned = {"127.0.0.2": "You are banned:\nsee you."}
    server = server_of(admit=banned.get)
    async with server.events() as events, serving(server) as address:
        async with await Probe.connect(address, local_host="127.0.0.2") as probe:
            assert await probe.rest() == b"421 You are banned:\\nsee you.\r\n"
        refused = await anext(events)
        assert isinstance(refused, ConnectionRefused)
        assert refused.peer_host == "127.0.0.2"
        async with await Probe.connect(address) as probe:
            await probe.log_in()
            server.change(admit=lambda host: "Later.")
            async with await Probe.connect(address) as other:
                assert await other.rest() == b"421 Later.\r\n"
            assert (await probe.ask("NOOP"))[:3] == "200"


async def test_a_function_that_fails_costs_one_connection() -> None:
    def fail(host: str) -> str | None:
        raise RuntimeError

    server = server_of(admit=fail)
    async with serving(server) as address:
        async with await Probe.connect(address) as probe:
            assert (await probe.reply())[:3] == "421"
        server.change(admit=None)
        async with await Probe.connect(address) as probe:
            assert (await probe.reply())[:3] == "220"


async def test_what_a_killed_server_left_goes_when_the_next_one_begins(tmp_path: Path) -> None:
    for home in ("bob", "ann"):
        (tmp_path / home / "d").mkdir(parents=True)
        (tmp_path / home / "d" / ".anyftp-0123456789abcdef.part").write_bytes(b"left")
    users = [
        User(name, "secret", file_system=LocalFileSystem(tmp_path / name))
        for name in ("bob", "ann")
    ]
    async with serving(Server(users)):
        with anyio.fail_after(5):
            while any(list(tmp_path.glob("*/d/.*"))):
                await anyio.sleep(0.01)


class Sweeping(MemoryFileSystem):
    """Takes for ever over it, or fails."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.nsweeps = 0
        self._error = error

    async def sweep(self) -> None:
        self.nsweeps += 1
        if self._error is not None:
            raise self._error
        await anyio.sleep_forever()


async def test_a_sweep_without_end_holds_up_neither_logins_nor_the_end() -> None:
    tree = Sweeping()
    server = server_of(tree)
    async with serving(server) as address, await Probe.connect(address) as probe:
        await probe.log_in()
        assert tree.nsweeps == 1  # three users have it
        with anyio.fail_after(5):
            await server.drain(1)


async def test_each_time_that_a_server_begins_it_sweeps() -> None:
    tree = Sweeping(ValueError("that was all"))
    server = server_of(tree)
    for number in (1, 2):
        async with serving(server) as address, await Probe.connect(address) as probe:
            await probe.log_in()
            assert tree.nsweeps == number


async def test_a_sweep_that_fails_costs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    tree = Sweeping(ValueError("broken"))
    async with logged_in(server_of(tree)) as probe:
        assert (await probe.ask("PWD"))[:3] == "257"
    assert "what is left of uploads could not be removed" in caplog.text


@pytest.fixture
def without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("without_collector")
async def test_a_session_that_is_over_is_freed_at_once() -> None:
    """Thousands come and go: none waits for the collector, which would look at all the others."""
    tree = MemoryFileSystem()
    tree.put("/f", bytes(1000))
    server = server_of(tree)
    async with serving(server) as address:
        async with await Probe.connect(address) as probe:
            await probe.log_in()
            assert (await probe.download("RETR f"))[0] == bytes(1000)
            kept = [weakref.ref(session.control) for session in server.sessions]
            assert (await probe.ask("QUIT"))[:3] == "221"
        while server.sessions:
            await checkpoint()
        await anyio.wait_all_tasks_blocked()
        assert [ref() for ref in kept] == [None]
