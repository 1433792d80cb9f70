"""A network in memory: ports, who listens on them, and connections that nobody takes."""

from __future__ import annotations

import random

import anyio
import pytest
from anyio.abc import SocketAttribute

from anyftp import NoDataPort
from anyftp.testing import Link, MemoryNetwork

pytestmark = pytest.mark.anyio


async def test_both_ends_know_who_they_talk_to() -> None:
    network = MemoryNetwork()
    listener = await network.listen("any", 21)
    client = await network.dial("ftp.example.org", 21)
    server = await listener.accept()
    assert client.extra(SocketAttribute.remote_address) == listener.address == ("192.0.2.1", 21)
    assert server.extra(SocketAttribute.local_address) == listener.address
    assert server.extra(SocketAttribute.remote_address)[0] == "192.0.2.2"
    await client.send(b"hello")
    assert await server.receive() == b"hello"


async def test_a_port_has_one_listener_until_it_is_closed() -> None:
    network = MemoryNetwork()
    listener = await network.listen("", 21)
    with pytest.raises(OSError, match="port 21"):
        await network.listen("", 21)
    listener.close()
    assert network.ports == []
    with pytest.raises(ConnectionRefusedError, match=r"ftp\.example\.org port 21"):
        await network.dial("ftp.example.org", 21)
    with pytest.raises(anyio.ClosedResourceError):
        await listener.accept()
    assert (await network.listen("", 21)).port == 21


async def test_one_of_some_ports_is_picked_while_there_is_one() -> None:
    network = MemoryNetwork()
    picked = {(await network.listen("", ports=(5, 6))).port for _ in range(2)}
    assert picked == {5, 6}
    with pytest.raises(NoDataPort, match="all 2 ports"):
        await network.listen("", ports=(5, 6))


async def test_free_ports_are_used_in_turn() -> None:
    network = MemoryNetwork()
    first = await network.listen("")
    first.close()
    assert (await network.listen("")).port == first.port + 1


async def test_a_close_resets_what_nobody_has_accepted() -> None:
    network = MemoryNetwork()
    listener = await network.listen("", 21)
    assert listener.try_accept() is None
    client = await network.dial("", 21)
    listener.close()
    with pytest.raises(anyio.BrokenResourceError):
        await client.receive()


async def test_whoever_accepts_is_woken_by_a_connection() -> None:
    network = MemoryNetwork()
    listener = await network.listen("", 21)
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(listener.accept)
            await anyio.wait_all_tasks_blocked()
            await network.dial("", 21)


async def test_the_same_seed_chooses_the_same_links() -> None:
    def choose(chance: random.Random, port: int) -> Link:
        chosen.append((chance.randrange(1000), port))
        return Link()

    runs = []
    for seed in (1, 1, 2):
        chosen: list[tuple[int, int]] = []
        network = MemoryNetwork(choose, seed=seed)
        await network.listen("", 21)
        for _ in range(3):
            await network.dial("", 21)
        runs.append(chosen)
    assert runs[0] == runs[1] != runs[2]
    assert {port for _, port in runs[0]} == {21}


async def test_clients_listen_on_nothing() -> None:
    with pytest.raises(ConnectionRefusedError, match="clients in memory"):
        await MemoryNetwork().connect("192.0.2.2", 20)
