"""A server in memory, under clocks that jump: hours of limited transfers, links that fail."""

from __future__ import annotations

import ssl
import threading
from typing import Any

import anyio
import pytest

from anyftp import Client, ConnectionLost, FTPError, MemoryFileSystem, PermanentReplyError, User
from anyftp.testing import Link, MemoryNetwork, memory_server
from streams.stacks import SERVER_NAME, Contexts
from support.cancelling import cancelled_everywhere
from support.clocks import QUICK_BACKENDS, Backend

pytestmark = pytest.mark.anyio

MIB = 1 << 20


@pytest.fixture(params=QUICK_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


def tree(**files: bytes) -> MemoryFileSystem:
    made = MemoryFileSystem()
    for name, content in files.items():
        made.put(f"/{name}", content)
    return made


def connected(dial: Any, **options: Any) -> Any:
    return Client.context(SERVER_NAME, dialler=dial, **options)


async def download(client: Client, path: str) -> bytes:
    async with client.download_stream(path) as stream:
        return await stream.read()


async def test_files_go_there_and_back_without_a_thread() -> None:
    files = tree()
    before = threading.active_count()
    async with memory_server([User("alice", "wonder", file_system=files)]) as dial:
        async with connected(dial, user="alice", password="wonder") as client:
            async with client.upload_stream("/there") as stream:
                await stream.write(bytes(range(256)) * 1000)
            assert await download(client, "/there") == bytes(range(256)) * 1000
            assert [str(entry.path) async for entry in client.list("/")] == ["/there"]
        assert not dial.server.sessions
    assert threading.active_count() == before


async def test_an_hour_of_limited_transfers_takes_exactly_an_hour() -> None:
    files = tree(letter=bytes(3600 * 100))
    async with memory_server([User(file_system=files)]) as dial:
        started = anyio.current_time()
        async with connected(dial, read_speed_limit=100) as client:
            assert len(await download(client, "/letter")) == 3600 * 100
        assert anyio.current_time() - started == pytest.approx(3600, rel=1e-3)


async def test_limits_of_the_server_are_shared_to_the_second() -> None:
    files = tree(film=bytes(100_000))
    users = [User(file_system=files)]
    async with memory_server(users, write_speed_limit=20_000) as dial:
        started = anyio.current_time()
        async with anyio.create_task_group() as tasks:
            for _ in range(4):
                tasks.start_soon(_fetch_freely, dial)
        assert anyio.current_time() - started == pytest.approx(20, rel=2e-3)


async def _fetch_freely(dial: Any) -> None:
    async with connected(dial) as client:
        assert len(await download(client, "/film")) == 100_000


async def test_with_tls(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    contexts = Contexts(server_tls, client_tls)
    users = [User(file_system=tree(secret=b"42"))]
    async with (
        memory_server(users, ssl_context=contexts.server, require_tls=True) as dial,
        connected(dial, tls="explicit", ssl_context=contexts.client) as client,
    ):
        assert await download(client, "/secret") == b"42"


@pytest.mark.parametrize("latency", [0.0, 0.05, 2.0])
async def test_a_distance_costs_a_round_trip_for_each_exchange(latency: float) -> None:
    network = MemoryNetwork(Link(latency=latency))
    async with (
        memory_server([User(file_system=tree())], network=network) as dial,
        connected(dial) as client,
    ):
        started = anyio.current_time()
        for _ in range(10):
            await client.noop()
        assert anyio.current_time() - started == pytest.approx(20 * latency)


async def test_a_narrow_link_takes_its_time() -> None:
    network = MemoryNetwork(Link(bytes_per_second=50_000))
    files = tree(film=bytes(5_000_000))
    async with memory_server([User(file_system=files)], network=network) as dial:
        started = anyio.current_time()
        await _fetch_freely_of(dial, 5_000_000)
        assert anyio.current_time() - started == pytest.approx(100, rel=0.01)


async def _fetch_freely_of(dial: Any, size: int) -> None:
    async with connected(dial) as client:
        assert len(await download(client, "/film")) == size


async def test_connections_that_are_lost_at_a_byte_are_lost_there_each_time() -> None:
    """Control connections hold; each data connection breaks somewhere, by the seed."""

    async def what_comes(seed: int) -> list[int]:
        network = MemoryNetwork(
            lambda random, port: Link() if port == 21 else Link(lost_after=random.randrange(MIB)),
            seed=seed,
        )
        async with (
            memory_server([User(file_system=tree(film=bytes(MIB)))], network=network) as dial,
            connected(dial) as client,
        ):
            sizes = [await _size_that_comes(client) for _ in range(5)]
            assert await client.size("/film") == MIB  # in step all the same
        return sizes

    first = await what_comes(1)
    assert len(set(first)) == 5
    assert all(0 <= size < MIB for size in first)
    assert await what_comes(1) == first
    assert await what_comes(2) != first


async def _size_that_comes(client: Client) -> int:
    nbytes = 0

    async def receive() -> None:
        nonlocal nbytes
        async with client.download_stream("/film") as stream:
            while block := await stream.read(4096):
                nbytes += len(block)

    with pytest.raises((FTPError, anyio.BrokenResourceError)):
        await receive()
    return nbytes


async def test_a_server_that_falls_silent_is_found_out_by_a_timeout() -> None:
    network = MemoryNetwork(Link(lost_after=300, is_silent=True))
    async with memory_server([User(file_system=tree())], network=network) as dial:
        started = anyio.current_time()
        with pytest.raises(FTPError):
            await _ask_again_and_again(dial)
        assert 7 <= anyio.current_time() - started < 30


async def _ask_again_and_again(dial: Any) -> None:
    async with connected(dial, timeout=7) as client:
        for _ in range(100):
            await client.noop()


async def test_an_upload_that_is_given_up_is_no_whole_file() -> None:
    files = tree()
    async with (
        memory_server([User("alice", "x", file_system=files)]) as dial,
        connected(dial, user="alice", password="x") as client,
    ):
        with anyio.move_on_after(1):
            async with client.upload_stream("/half") as stream:
                await stream.write(b"half of it")
                await anyio.sleep_forever()
        await client.noop()
        assert files.names() == []


async def test_nobody_listens_elsewhere_and_active_mode_is_refused() -> None:
    async with memory_server([User(file_system=tree())], port=2121) as dial:
        with pytest.raises(ConnectionLost, match="refused"):
            async with connected(dial):
                pass
        async with connected(dial, port=2121, active=True) as client:
            with pytest.raises(FTPError):
                await download(client, "/x")


async def test_what_the_body_raises_comes_out_as_it_is() -> None:
    with pytest.raises(PermanentReplyError):
        async with memory_server([User(file_system=tree())]) as dial, connected(dial) as client:
            await client.size("/missing")


async def test_passive_ports_are_those_allowed() -> None:
    ports = [5000, 5001]
    users = [User(file_system=tree(a=b"1"))]
    async with (
        memory_server(users, passive_ports=ports) as dial,
        connected(dial) as client,
    ):
        for _ in range(5):
            assert await download(client, "/a") == b"1"
            await anyio.sleep(120)


async def test_cancelled_anywhere_nothing_is_left() -> None:
    """Neither a session nor a port, and what was uploaded is whole or not there."""
    files = tree(small=bytes(1000))
    networks: list[MemoryNetwork] = []

    async def scenario() -> None:
        networks.append(MemoryNetwork(Link(latency=0.01)))
        users = [User("alice", "x", file_system=files)]
        async with (
            memory_server(users, network=networks[-1]) as dial,
            connected(dial, user="alice", password="x") as client,
        ):
            assert len(await download(client, "/small")) == 1000
            async with client.upload_stream("/new") as stream:
                await stream.write(bytes(500))

    count = 0
    async for is_cancelled in cancelled_everywhere(scenario):
        count += is_cancelled
        assert not networks[-1].ports
        assert files.names() in (["small"], ["small", "new"], ["new", "small"])
        if "new" in files.names():
            assert files.get("/new") == bytes(500)
    assert count > 50
