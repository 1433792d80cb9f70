"""Where servers listen, and who takes what of a connection: the same on aioftp and on ours."""

# mypy: allow-untyped-decorators

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

import anyftp_compat
from support.clocks import ASYNCIO, Backend

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def anyio_backend() -> Backend:
    """One loop is enough: what listens is asyncio's."""
    return ASYNCIO


@pytest.fixture
def oracle() -> Any:
    return pytest.importorskip("aioftp", reason="aioftp is not installed")


@asynccontextmanager
async def started(server: Any, *args: Any, **options: Any) -> AsyncIterator[Any]:
    await server.start(*args, **options)
    try:
        yield server
    finally:
        await server.close()
        await asyncio.sleep(0.01)


async def greeting_of(host: str, port: int) -> str:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        async with asyncio.timeout(5):
            return (await reader.readline()).decode()[:3]
    finally:
        writer.close()


WHERE: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "all interfaces": ((None, 0), {}),
    "nothing said": ((), {}),
    "an empty name": (("", 0), {}),
    "one family": ((None, 0), {"family": socket.AF_INET6}),
    "several hosts": ((["127.0.0.1", "::1"], 0), {}),
    "IPv6": (("::1", 0), {}),
    "shared": (("127.0.0.1", 0), {"reuse_port": True, "backlog": 5}),
    "a socket as well": (("127.0.0.1", 0), {"sock": object()}),
    "an unknown option": (("127.0.0.1", 0), {"nonsense": True}),
}


@pytest.mark.parametrize("where", WHERE)
async def test_where_a_server_listens(where: str, oracle: Any) -> None:
    args, options = WHERE[where]
    told = []
    for package in (oracle, anyftp_compat):
        try:
            async with started(package.Server(), *args, **options) as server:
                sockets = [sock.getsockname()[:2] for sock in server.server.sockets]
                answers = [await greeting_of(*place) for place in sockets]
                found: Any = (
                    sorted(host for host, _ in sockets),
                    answers,
                    server.server_port in {port for _, port in sockets},
                    server.server.is_serving(),
                )
        except (OSError, TypeError, ValueError) as error:
            found = type(error)
        told.append(found)
    assert told[0] == told[1]


async def test_two_servers_share_a_port(oracle: Any) -> None:
    for package in (oracle, anyftp_compat):
        async with (
            started(package.Server(), "127.0.0.1", 0, reuse_port=True) as first,
            started(package.Server(), "127.0.0.1", first.server_port, reuse_port=True),
        ):
            assert await greeting_of(*first.address) == "220"


async def test_no_more_connections_after_the_listener_is_closed(oracle: Any) -> None:
    for package in (oracle, anyftp_compat):
        async with started(package.Server(), "127.0.0.1", 0) as server:
            reader, writer = await asyncio.open_connection(*server.address)
            await reader.readline()
            server.server.close()
            with suppress(ConnectionError):
                assert await greeting_of(*server.address) in ("", "421")
            writer.write(b"SYST\r\n")  # those that are there go on
            async with asyncio.timeout(5):
                assert (await reader.readline())[:3] == b"215"
            writer.close()


async def test_connections_are_counted(oracle: Any) -> None:
    told = []
    for package in (oracle, anyftp_compat):
        server = package.Server(maximum_connections=2)
        async with started(server, "127.0.0.1", 0):
            found = [server.available_connections.value]
            streams = [await asyncio.open_connection(*server.address) for _ in range(3)]
            codes = [(await reader.readline())[:3] for reader, _ in streams]
            found.append(server.available_connections.value)
            for _, writer in streams:
                writer.close()
            for _ in range(200):
                if server.available_connections.value == 2:
                    break
                await asyncio.sleep(0.01)
            found.append(server.available_connections.value)
        told.append((found, codes))
    assert told == [([2, 0, 2], [b"220", b"220", b"421"])] * 2


async def test_who_comes_second_to_a_passive_port_is_closed(oracle: Any) -> None:
    for package in (oracle, anyftp_compat):
        async with (
            started(package.Server(path_io_factory=package.MemoryPathIO), "127.0.0.1", 0) as server,
            package.Client.context(*server.address) as client,
        ):
            for command in ("epsv", "pasv"):
                _, writer = await client.get_passive_connection(commands=[command])
                place = writer.get_extra_info("peername")
                reader, second = await asyncio.open_connection(*place)
                async with asyncio.timeout(5):
                    assert await reader.read() == b""
                writer.close()
                second.close()


async def test_where_two_have_come_neither_is_served() -> None:
    """One of them is a stranger, and only it would know the file."""
    server = anyftp_compat.Server(path_io_factory=anyftp_compat.MemoryPathIO)
    async with (
        started(server, "127.0.0.1", 0),
        anyftp_compat.Client.context(*server.address) as client,
    ):
        async with client.upload_stream("file") as stream:
            await stream.write(b"secret")
        reader, writer = await client.get_passive_connection()
        _, second = await asyncio.open_connection(*writer.get_extra_info("peername"))
        await asyncio.sleep(0.05)
        with pytest.raises(anyftp_compat.StatusCodeError, match="425"):
            await client.command("RETR file", "2xx", "1xx")
        assert await reader.read() == b""
        for each in (writer, second):
            each.close()


async def test_ports_are_a_live_queue(oracle: Any) -> None:
    told = []
    for package in (oracle, anyftp_compat):
        ports = []
        for _ in range(2):
            with socket.socket() as sock:
                sock.bind(("127.0.0.1", 0))
                ports.append(sock.getsockname()[1])
        server = package.Server(data_ports=ports[:1], path_io_factory=package.MemoryPathIO)
        async with started(server, "127.0.0.1", 0):
            clients = [package.Client() for _ in range(2)]
            for client in clients:
                await client.connect(*server.address)
                await client.login()
            found: list[Any] = [server.available_data_ports.qsize()]
            _, writer = await clients[0].get_passive_connection()
            found.append(server.available_data_ports.qsize())
            server.available_data_ports.put_nowait((0, ports[1]))
            _, other = await clients[1].get_passive_connection()
            found.append(other.get_extra_info("peername")[1] == ports[1])
            third = package.Client()
            await third.connect(*server.address)
            await third.login()
            with pytest.raises(package.StatusCodeError) as refusal:
                await third.get_passive_connection()
            found.append(refusal.value.received_codes[0])
            for each in (writer, other, *clients):
                each.close()
            for _ in range(200):
                if server.available_data_ports.qsize() == 2:
                    break
                await asyncio.sleep(0.01)
            found.append(server.available_data_ports.qsize())
        told.append(found)
    assert told == [[1, 0, True, "421", 2]] * 2


Program = Callable[[Any], Awaitable[Any]]


async def whole(client: Any) -> Any:
    """Every kind of transfer."""
    await client.make_directory("a/b")
    async with client.upload_stream("a/b/file") as stream:
        await stream.write(b"x" * 100_000)
    async with client.download_stream("a/b/file") as stream:
        size = len(await stream.read())
    listed = [str(path) for path, _ in await client.list(recursive=True)]
    await client.remove("a")
    return size, listed, await client.exists("a")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("files", ["disk", "memory"])
async def test_clients_of_both_over_tls(
    files: str,
    version: ssl.TLSVersion,
    oracle: Any,
    server_tls: ssl.SSLContext,
    client_tls: ssl.SSLContext,
    tmp_path: Path,
) -> None:
    """aioftp's client begins TLS before it says what is to be transferred."""
    client_tls.minimum_version = client_tls.maximum_version = version
    kind = anyftp_compat.PathIO if files == "disk" else anyftp_compat.MemoryPathIO
    server = anyftp_compat.Server(
        [anyftp_compat.User(base_path=tmp_path if files == "disk" else "/")],
        ssl=server_tls,
        path_io_factory=kind,
    )
    async with started(server, "127.0.0.1", 0), asyncio.timeout(15):
        for package in (oracle, anyftp_compat):
            async with package.Client.context("localhost", server.server_port, ssl=client_tls) as c:
                assert await whole(c) == (100_000, ["a", "a/b", "a/b/file"], False)


async def test_a_connection_of_ones_own_that_does_tls(
    oracle: Any, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    packages: list[Any] = [oracle, anyftp_compat]
    for protected in (False, True):
        context = client_tls if protected else None
        for package in packages:

            class Own(package.Client):  # type: ignore[misc,name-defined]
                async def _open_connection(self, host: str, port: int) -> Any:
                    return await asyncio.open_connection(host, port, ssl=self.ssl)

            server = package.Server(
                path_io_factory=package.MemoryPathIO, ssl=server_tls if protected else None
            )
            async with started(server, "127.0.0.1", 0), asyncio.timeout(15):
                client = Own(ssl=context)
                await client.connect("localhost", server.server_port)
                await client.login()
                info = client.stream.writer.get_extra_info
                assert info("peername") == ("127.0.0.1", server.server_port)
                assert await whole(client) == (100_000, ["a", "a/b", "a/b/file"], False)
                await client.quit()
