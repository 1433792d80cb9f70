"""Accepting, limiting, guarding, draining; SECURITY rows A4 to A6, A8, A12."""

from __future__ import annotations

import logging
import os
import resource
import socket
import ssl
import struct
from collections.abc import AsyncGenerator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import anyio
import pytest

from anyftp._fs import FileInfo, LocalFileSystem, MemoryFileSystem
from anyftp._net import connect_tcp
from anyftp._server import Server, User, UserManager
from server.probe import Probe, logged_in, server_of, serving

pytestmark = pytest.mark.anyio


async def test_started_tells_the_address() -> None:
    async with serving(server_of()) as (host, port):
        assert host == "127.0.0.1"
        assert port > 0


async def test_a_port_that_is_taken() -> None:
    async with serving(server_of()) as (host, port):
        with pytest.raises(OSError, match="in use"):
            await server_of().serve(host, port)


@pytest.mark.parametrize(
    "options",
    [
        {"require_tls": True},
        {"implicit_tls": True},
        {"max_connections": 0},
        {"read_speed_limit": 0},
    ],
)
async def test_settings_that_make_no_sense(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        server_of(**options)


async def test_sockets_of_others_are_served_and_closed() -> None:
    sockets = [socket.create_server((host, 0)) for host in ("127.0.0.1", "127.0.0.2")]
    wanted = [sock.getsockname() for sock in sockets]
    async with anyio.create_task_group() as tasks:
        addresses = await tasks.start(partial(server_of().serve, sockets=sockets))
        assert addresses == wanted
        for address in addresses:
            async with await Probe.connect(address) as probe:
                await probe.log_in()
                assert (await probe.data_address())[0] == address[0]
        tasks.cancel_scope.cancel()
    assert [sock.fileno() for sock in sockets] == [-1, -1]


async def test_a_socket_that_is_bound_is_listened_on() -> None:
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    server = server_of()
    async with anyio.create_task_group() as tasks:
        [address] = await tasks.start(partial(server.serve, sockets=[sock]))
        async with await Probe.connect(address) as probe:
            await probe.log_in()
        await server.drain(5)


async def test_sockets_that_cannot_be_served_are_closed() -> None:
    good = socket.create_server(("127.0.0.1", 0))
    one, two = socket.socketpair()
    for bad in (socket.socket(type=socket.SOCK_DGRAM), one):
        with pytest.raises(ValueError, match="must be TCP sockets"):
            await server_of().serve(sockets=[good, bad])
        assert (good.fileno(), bad.fileno()) == (-1, -1)
        good = socket.create_server(("127.0.0.1", 0))
    good.close()
    two.close()


async def test_p9_limits_on_connections() -> None:
    async with serving(server_of(max_connections=3, max_connections_per_address=2)) as address:
        probes = [await Probe.connect(address) for _ in range(3)]
        probes += [await Probe.connect(address, local_host=f"127.0.0.{n}") for n in (2, 3)]
        codes = [(await probe.reply())[:3] for probe in probes]
        assert codes == ["220", "220", "421", "220", "421"]
        assert await probes[2].is_closed()
        await probes[0].ask("QUIT")
        assert await probes[0].is_closed()
        async with await Probe.connect(address) as probe:
            assert (await probe.reply())[:3] == "220"
        for probe in probes:
            probe.stream.close()


async def test_who_leaves_may_come_back_at_once() -> None:
    """The end of a session is seen only when its place is free again."""
    user = User("bob", "secret", file_system=MemoryFileSystem(), max_connections=1)
    async with serving(Server([user], max_connections_per_address=1)) as address:
        for _ in range(20):
            async with await Probe.connect(address) as probe:
                await probe.log_in()
                await probe.ask("QUIT")
                assert await probe.is_closed()


async def test_a5_clients_that_vanish_at_once() -> None:
    async with serving(server_of()) as address:
        for _ in range(200):
            sock = socket.socket()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.connect(address)
            sock.close()
        async with await Probe.connect(address) as probe:
            with anyio.fail_after(5):
                assert (await probe.reply())[:3] in ("220", "421")


async def test_a5_whoever_is_gone_before_we_look_takes_nobodys_place() -> None:
    """Nothing here lets the server run until the last one has connected."""
    async with serving(server_of(max_connections=2)) as address:
        for _ in range(10):
            socket.create_connection(address, 5).close()
        with socket.create_connection(address, 5) as last:
            assert (await anyio.to_thread.run_sync(last.recv, 3)) == b"220"


async def test_a4_without_descriptors_the_server_waits_and_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving(server_of()) as address:
        probe = await Probe.connect(address)
        await probe.reply()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        sock = socket.socket()
        highest = max(map(int, os.listdir("/proc/self/fd")))
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest, hard))
        fillers = []
        try:
            while True:
                fillers.append(os.dup(0))
        except OSError:
            pass
        try:
            sock.connect(address)
            await anyio.sleep(0.3)
            assert (await probe.ask("NOOP"))[:3] == "200"
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            for filler in fillers:
                os.close(filler)
        sock.settimeout(5)
        assert (await anyio.to_thread.run_sync(sock.recv, 3)) == b"220"
        sock.close()
        probe.stream.close()
    assert caplog.text.count("cannot accept") == 1


class Quit(BaseException):
    """An exception of a storage that does not behave."""


class Failing(MemoryFileSystem):
    """Raises the same whatever is looked for in it."""

    def __init__(self, error: BaseException | type[BaseException]) -> None:
        super().__init__()
        self._error = error

    async def stat(self, path: PurePosixPath) -> FileInfo:
        raise self._error

    async def scan(self, path: PurePosixPath) -> AsyncGenerator[list[FileInfo], None]:
        raise self._error
        yield []


@pytest.mark.parametrize(
    "error", [RuntimeError("odd"), ExceptionGroup("odd", [ValueError()]), KeyError("secret")]
)
async def test_a6_a_failing_storage_costs_one_command(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async with logged_in(server_of(Failing(error))) as probe:
        assert await probe.codes("SIZE x", "PWD") == ["451", "257"]
    assert "Traceback" in caplog.text


@pytest.mark.parametrize("line", ["SIZE x", "LIST"])
async def test_a6_a_storage_that_raises_the_worst_costs_one_session(
    line: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        serving(server_of(Failing(Quit))) as address,
        await Probe.connect(address) as one,
        await Probe.connect(address) as two,
    ):
        await one.log_in()
        await two.log_in()
        await one.send("EPSV", line)
        assert await one.is_closed()
        assert (await two.ask("PWD"))[:3] == "257"
    assert "Quit" in caplog.text


@pytest.mark.parametrize("line", ["SIZE x", "LIST"])
async def test_a6_a_cancellation_that_nobody_asked_for_costs_one_session(line: str) -> None:
    """As by a storage that lets out the cancellation of some task of its own."""

    async with (
        serving(server_of(Failing(anyio.get_cancelled_exc_class()))) as address,
        await Probe.connect(address) as one,
        await Probe.connect(address) as two,
    ):
        await one.log_in()
        await two.log_in()
        await one.send("EPSV", line)
        with anyio.fail_after(5):
            await one.reply()
            await anyio.sleep(0.05)
            assert (await two.ask("PWD"))[:3] == "257"
            async with await Probe.connect(address) as three:
                await three.log_in()


async def test_a10_no_password_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with logged_in() as probe:
        await probe.codes("USER bob", "PASS hunter2", "ACCT hunter2")
    assert "PASS ****" in caplog.text
    assert "hunter2" not in caplog.text


async def test_p13_log_lines_cannot_be_forged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with logged_in() as probe:
        await probe.ask(b"USER \x1b[2Jroot\x0b\x85")
    assert "\x1b" not in caplog.text


async def test_a_user_manager_of_ones_own() -> None:
    class Asking(UserManager):
        async def authenticate(self, name: str, password: str, host: str) -> User | None:
            await anyio.sleep(0)
            assert host == "127.0.0.1"
            return User(name, file_system=MemoryFileSystem()) if password == name * 2 else None

    async with (
        serving(Server(Asking(), login_delay=0.0)) as address,
        await Probe.connect(address) as probe,
    ):
        await probe.log_in("ann", "annann")


async def test_a12_drain_says_goodbye_to_the_idle() -> None:
    server = server_of()
    async with anyio.create_task_group() as tasks:
        (address,) = await tasks.start(partial(server.serve, "127.0.0.1", 0))
        async with await Probe.connect(address) as probe:
            await probe.log_in()
            assert len(server.sessions) == 1
            await server.drain(5)
            assert (await probe.reply())[:3] == "421"
            assert await probe.is_closed()
        with pytest.raises(OSError, match="refused"):
            await connect_tcp(*address)
    assert server.sessions == ()


async def test_a12_drain_lets_transfers_finish() -> None:
    tree = MemoryFileSystem()
    server = server_of(tree)
    async with anyio.create_task_group() as tasks:
        (address,) = await tasks.start(partial(server.serve, "127.0.0.1", 0))
        async with await Probe.connect(address) as probe:
            await probe.log_in()
            async with await probe.open_data() as data:
                await probe.ask("STOR f")
                tasks.start_soon(server.drain, 5)
                await anyio.sleep(0.05)
                await data.write(b"whole")
            assert [(await probe.reply())[:3] for _ in range(2)] == ["226", "421"]
    assert tree.get("f") == b"whole"


async def test_a12_drain_cuts_off_what_takes_too_long(tmp_path: Path) -> None:
    server = server_of(LocalFileSystem(tmp_path))
    async with anyio.create_task_group() as tasks:
        (address,) = await tasks.start(partial(server.serve, "127.0.0.1", 0))
        async with await Probe.connect(address) as probe:
            await probe.log_in()
            async with await probe.open_data() as data:
                await probe.ask("STOR f")
                await data.write(b"x" * 100_000)
                await server.drain(0.1)
                assert await probe.is_closed()
    assert os.listdir(tmp_path) == []


async def test_a8_cancellation_closes_and_removes_everything(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    async with serving(server_of(LocalFileSystem(tmp_path))) as address:
        uploading, waiting, idle = [await Probe.connect(address) for _ in range(3)]
        for probe in (uploading, waiting, idle):
            await probe.log_in()
        data = await uploading.open_data()
        await uploading.ask("STOR f")
        await data.write(b"x" * 100_000)
        await waiting.codes("EPSV", "RETR f")
    for stream in (data, uploading.stream, waiting.stream, idle.stream):
        stream.close()
    assert os.listdir(tmp_path) == []
    assert len(os.listdir("/proc/self/fd")) <= before


@pytest.mark.wallclock
async def test_throttles_of_server_user_and_connection_all_hold() -> None:
    tree = MemoryFileSystem()
    tree.put("/f", bytes(60_000))
    limits = {
        "server": ({"write_speed_limit": 400_000}, {}),
        "connection": ({"write_speed_limit_per_connection": 400_000}, {}),
        "user": ({}, {"write_speed_limit": 400_000}),
        "user's connection": ({}, {"write_speed_limit_per_connection": 400_000}),
    }
    for of_server, of_user in limits.values():
        user = User("bob", "secret", file_system=tree, **of_user)  # type: ignore[arg-type]
        async with logged_in(Server([user], **of_server)) as probe:  # type: ignore[arg-type]
            began = anyio.current_time()
            content, _ = await probe.download("RETR f")
            assert len(content) == 60_000
            assert 0.1 < anyio.current_time() - began < 3


async def test_a_limit_may_be_changed_at_any_time() -> None:
    tree = MemoryFileSystem()
    tree.put("/f", bytes(200_000))
    server = Server([User("bob", "secret", file_system=tree)], write_speed_limit=1000)
    async with logged_in(server) as probe, await probe.open_data() as data:
        await probe.ask("RETR f")
        await anyio.sleep(0.05)
        server.throttle.write.limit = None
        with anyio.fail_after(2):
            assert len(await data.read()) == 200_000


async def test_many_files_over_one_connection(tmp_path: Path) -> None:
    async with logged_in(server_of(LocalFileSystem(tmp_path))) as probe:
        for number in range(30):
            assert (await probe.upload(f"STOR {number}", b"x" * number))[:3] == "226"
            assert (await probe.download(f"RETR {number}"))[0] == b"x" * number


async def test_one_server_on_several_ports_with_and_without_implicit_tls(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    server = server_of(ssl_context=server_tls)
    async with anyio.create_task_group() as tasks:
        [clear] = await tasks.start(partial(server.serve, "127.0.0.1", 0))
        [implicit] = await tasks.start(partial(server.serve, "127.0.0.1", 0, implicit_tls=True))
        async with await Probe.connect(clear) as probe:
            await probe.log_in()
            async with await Probe.connect(implicit) as other:
                await other.stream.start_tls(client_tls, "127.0.0.1")
                await other.log_in()
                assert "data connections: TLS" in await other.ask("STAT")
                assert "data connections: clear" in await probe.ask("STAT")
                assert await other.codes("REIN") == ["220"]
                await other.log_in_again()
                assert "data connections: TLS" in await other.ask("STAT")
                assert len(server.sessions) == 2
        tasks.cancel_scope.cancel()


async def test_implicit_tls_needs_a_certificate() -> None:
    with pytest.raises(ValueError, match="ssl_context must be given with implicit_tls"):
        await server_of().serve("127.0.0.1", 0, implicit_tls=True)
