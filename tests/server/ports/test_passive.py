"""Who may make a data connection; SECURITY rows D3, D6, D7 and active mode."""

from __future__ import annotations

import os
from collections.abc import Collection

import pytest

from anyftp._fs import MemoryFileSystem
from anyftp._net import connect_tcp
from anyftp._protocol import Networks
from anyftp._server._ports._passive import REST_SECONDS, PassivePort, RecentPorts
from anyftp._streams import StreamIO
from anyftp.testing import MemoryListener, MemoryNetwork
from server.probe import logged_in, server_of
from support.patient_clocks import patient
from support.ports import free_ports

pytestmark = pytest.mark.anyio


def tree_with_file() -> MemoryFileSystem:
    tree = MemoryFileSystem()
    tree.put("/f", b"for bob only")
    return tree


async def test_d3_a_stranger_is_closed_and_the_listener_waits_on() -> None:
    async with logged_in(server_of(tree_with_file())) as probe:
        address = await probe.data_address()
        stranger = StreamIO(
            await connect_tcp(*address, local_address=("127.0.0.3", 0)), timeout=5.0
        )
        async with stranger, StreamIO(await connect_tcp(*address), timeout=5.0) as data:
            assert (await probe.ask("RETR f"))[:3] == "150"
            assert await stranger.read() == b""
            assert await data.read() == b"for bob only"
            assert (await probe.reply())[:3] == "226"


@patient
async def test_d3_a_stranger_alone_gets_nothing() -> None:
    async with logged_in(server_of(tree_with_file(), accept_timeout=0.2)) as probe:
        async with await probe.open_data(local_host="127.0.0.3") as stranger:
            assert (await probe.ask("RETR f"))[:3] == "150"
            assert await stranger.read() == b""
            assert (await probe.reply())[:3] == "425"
        assert (await probe.ask("NOOP"))[:3] == "200"


async def test_one_connection_a_listener() -> None:
    async with logged_in(server_of(tree_with_file())) as probe:
        address = await probe.data_address()
        async with StreamIO(await connect_tcp(*address), timeout=5.0) as data:
            await probe.ask("RETR f")
            assert await data.read()
            await probe.reply()
        with pytest.raises(OSError, match="refused"):
            await connect_tcp(*address)


async def test_d7_without_pasv_there_is_no_transfer() -> None:
    async with logged_in(server_of(tree_with_file())) as probe:
        for line in ("RETR f", "STOR f", "LIST", "NLST", "MLSD", "APPE f", "STOU"):
            assert (await probe.ask(line))[:3] == "425"
        assert (await probe.ask("NOOP"))[:3] == "200"


async def test_d6_pasv_again_and_again_costs_one_descriptor() -> None:
    async with logged_in() as probe:
        await probe.ask("EPSV")
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(100):
            await probe.ask("EPSV")
        assert len(os.listdir("/proc/self/fd")) == before


async def test_d6_a_refused_transfer_closes_its_port() -> None:
    async with logged_in() as probe:
        address = await probe.data_address()
        assert (await probe.ask("RETR no"))[:3] == "550"
        with pytest.raises(OSError, match="refused"):
            await connect_tcp(*address)
        assert (await probe.ask("RETR no"))[:3] == "425"


@patient
async def test_d8_the_control_connection_is_served_while_nobody_connects() -> None:
    async with logged_in(server_of(tree_with_file(), accept_timeout=0.3)) as probe:
        await probe.ask("EPSV")
        assert await probe.codes("RETR f", "NOOP", "STAT") == ["150", "200", "211"]
        assert (await probe.reply())[:3] == "425"


async def test_d3_two_from_the_same_address_are_one_too_many() -> None:
    """One is another client's, a late one perhaps: an upload that it ends at once is no file."""
    tree = tree_with_file()
    async with logged_in(server_of(tree)) as probe:
        for command in ("STOR f", "RETR f", "APPE f"):
            address = await probe.data_address()
            (await connect_tcp(*address)).close()  # a stranger's FIN, as if it were the file's end
            async with StreamIO(await connect_tcp(*address), timeout=5.0):
                assert (await probe.ask(command))[:3] == "150"
                assert (await probe.reply())[:3] == "425"
    assert tree.get("/f") == b"for bob only"


async def test_d3_a_port_that_nobody_came_to_is_not_the_next_ones() -> None:
    """Who was told it may still dial it, when it is another session's."""
    first = free_ports(4)
    ports = range(first, first + 4)
    async with logged_in(server_of(passive_ports=ports)) as probe:
        told = [(await probe.data_address())[1] for _ in range(6)]
    assert sorted(told[:4]) == list(ports)
    assert told[4:] == told[:2]  # all of them rest: the one that rests longest comes next


async def test_a_port_that_was_used_may_be_used_again() -> None:
    first = free_ports(2)
    server = server_of(tree_with_file(), passive_ports=range(first, first + 2))
    async with logged_in(server) as probe:
        for _ in range(6):
            content, _ = await probe.download("RETR f")
            assert content == b"for bob only"
        told = [(await probe.data_address())[1] for _ in range(2)]
        assert sorted(told) == [first, first + 1]


async def test_d3_ports_of_the_systems_choice_rest_too() -> None:
    """The system may give out a port again at once; here it does."""
    numbers = iter([1, 1, 2, *[1, 2] * 8])

    class Given(MemoryListener):
        is_closed = False

        def close(self) -> None:
            self.is_closed = True

    class Giving(MemoryNetwork):
        async def listen(
            self, host: str, port: int = 0, *, ports: Collection[int] | None = None
        ) -> Given:
            given.append(Given(self, next(numbers)))
            return given[-1]

    given: list[Given] = []
    network = Giving()
    recent, chosen = RecentPorts(), []
    for _ in range(4):
        port = await PassivePort.open(network, "127.0.0.1", None, Networks(()), recent, 0.0)
        chosen.append(port.number)
        port.close()
    assert chosen == [1, 2, 2, 2]
    assert all(each.is_closed for each in given)


def test_a_port_rests_for_a_while() -> None:
    recent = RecentPorts()
    recent.add(5000, 100.0)
    assert recent.is_resting(5000, 100.0)
    assert recent.is_resting(5000, 100.0 + REST_SECONDS - 0.1)
    assert not recent.is_resting(5000, 100.0 + REST_SECONDS)
    assert not recent.is_resting(5001, 100.0)


def test_those_that_rest_longest_come_first() -> None:
    recent = RecentPorts()
    for now, port in enumerate([7, 5, 6, 7]):
        recent.add(port, float(now))
    assert recent.resting(range(4, 9), 4.0) == [5, 6, 7]
    assert recent.rested(range(4, 9), 4.0) == [4, 8]
    assert recent.rested(range(4, 9), 61.5) == [4, 5, 8]


def test_memory_is_bounded() -> None:
    recent = RecentPorts()
    for port in range(70_000):
        recent.add(port, 0.0)
    assert len(recent.resting(range(70_000), 1.0)) == 32_768
    assert not recent.is_resting(0, 1.0)
