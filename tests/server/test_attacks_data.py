"""Attacks on data connections: what SECURITY rows D2 to D16 ask beyond the tests of the modules."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import AsyncGenerator
from contextlib import closing
from pathlib import PurePosixPath

import anyio
import pytest

from anyftp._fs import FileInfo, MemoryFileSystem
from anyftp._net import connect_tcp, listen_tcp
from anyftp._streams import StreamIO
from server.probe import Probe, logged_in, server_of, serving
from support.ports import free_ports

pytestmark = pytest.mark.anyio


def tree_with_file(content: bytes = b"for bob only") -> MemoryFileSystem:
    tree = MemoryFileSystem()
    tree.put("/f", content)
    return tree


# D2: bounce.


BOUNCES = [
    "PORT 127,0,0,2,{high},{low}",
    "PORT 192,0,2,7,{high},{low}",
    "PORT 127,0,0,1,0,22",
    "PORT 127,0,0,1,3,255",
    "PORT 0,0,0,1,{high},{low}",
    "EPRT |1|127.0.0.2|{port}|",
    "EPRT |1|127.0.0.1|1023|",
    "EPRT |2|::ffff:127.0.0.2|{port}|",
    "EPRT |2|::1|{port}|",
    "EPRT |2|fe80::1%lo|{port}|",
    "EPRT |1|2130706434|{port}|",
    "EPRT |1|0177.0.0.2|{port}|",
]


@pytest.mark.parametrize("bounce", BOUNCES)
async def test_d2_nobody_else_is_connected_to(bounce: str) -> None:
    with closing(await listen_tcp("127.0.0.2")) as victim:
        port = victim.port
        line = bounce.format(port=port, high=port >> 8, low=port & 255)
        async with logged_in(server_of(tree_with_file())) as probe:
            assert await probe.codes(line, "RETR f") == ["501", "425"]
        with anyio.move_on_after(0.05):
            await victim.accept()
            pytest.fail("the server has connected to somebody else")


async def test_d2_the_clients_own_address_in_another_form() -> None:
    async with logged_in(server_of(tree_with_file())) as probe:
        with closing(await listen_tcp("127.0.0.1")) as listener:
            line = f"EPRT |2|::ffff:127.0.0.1|{listener.port}|"
            assert await probe.codes(line, "RETR f") == ["200", "150"]
            async with StreamIO(await listener.accept(), timeout=15) as data:
                assert await data.read() == b"for bob only"
            assert (await probe.reply())[:3] == "226"


# D3: a stranger on the passive port.


async def test_d3_a_stranger_cannot_slip_in_a_file() -> None:
    tree = MemoryFileSystem()
    async with logged_in(server_of(tree)) as probe:
        address = await probe.data_address()
        strangers = [
            StreamIO(await connect_tcp(*address, local_address=(f"127.0.0.{n}", 0)), timeout=15)
            for n in range(2, 8)
        ]
        for stranger in strangers:
            await stranger.write(b"malice")
        async with StreamIO(await connect_tcp(*address), timeout=15) as data:
            await probe.ask("STOR g")
            await data.write(b"good")
        assert (await probe.reply())[:3] == "226"
        for stranger in strangers:
            stranger.close()
    assert tree.get("/g") == b"good"


# D4: ports that can be guessed.


async def test_d4_ports_of_a_range_come_in_no_order() -> None:
    """Twelve in order would be a chance of one in some hundred millions."""
    first = free_ports(400)
    ports = range(first, first + 400)
    async with logged_in(server_of(passive_ports=ports)) as probe:
        numbers = [(await probe.data_address())[1] for _ in range(12)]
    assert set(numbers) <= set(ports)
    assert numbers not in (sorted(numbers), sorted(numbers, reverse=True))


# D6: PASV without end.


async def test_d6_thousands_of_listeners_are_one() -> None:
    async with logged_in() as probe:
        await probe.ask("EPSV")
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(5):
            await probe.send(*["EPSV", "PASV"] * 100)
            codes = [(await probe.reply())[:3] for _ in range(200)]
            assert codes == ["229", "227"] * 100
        assert len(os.listdir("/proc/self/fd")) == before


async def test_d6_a_range_that_is_used_up() -> None:
    with closing(await listen_tcp("127.0.0.1")) as taken:
        async with logged_in(server_of(passive_ports=[taken.port])) as probe:
            assert await probe.codes("EPSV", "PASV", "NOOP") == ["425", "425", "200"]
            taken.close()
            assert (await probe.ask("EPSV"))[:3] == "229"
            # One's own listener is closed before the next one is opened.
            assert await probe.codes("EPSV", "PASV") == ["229", "227"]
            async with await Probe.connect(probe.address) as other:
                await other.log_in()
                assert (await other.ask("EPSV"))[:3] == "425"
                await probe.ask("QUIT")
                assert await probe.is_closed()
                assert (await other.ask("EPSV"))[:3] == "229"


# D8: nobody connects.


@pytest.mark.parametrize("verb", ["RETR f", "STOR g", "LIST", "NLST", "MLSD", "APPE g", "STOU g"])
async def test_d8_abor_ends_the_wait(verb: str) -> None:
    async with logged_in(server_of(tree_with_file(), accept_timeout=1000)) as probe:
        await probe.ask("EPSV")
        assert await probe.codes(verb, "NOOP", "STAT") == ["150", "200", "211"]
        await probe.send("ABOR", "PWD")
        assert [(await probe.reply())[:3] for _ in range(3)] == ["426", "226", "257"]


async def test_d8_a_client_that_goes_ends_the_wait() -> None:
    server = server_of(tree_with_file(), accept_timeout=1000)
    async with serving(server) as address:
        async with await Probe.connect(address) as probe:
            await probe.log_in()
            assert await probe.codes("EPSV", "RETR f") == ["229", "150"]
        with anyio.fail_after(10):
            while server.sessions:
                await anyio.sleep(0.01)


# D13: folders of any size.


class Endless(MemoryFileSystem):
    """A folder of a million files, made as they are looked at."""

    COUNT = 1_000_000

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0

    async def scan(self, path: PurePosixPath) -> AsyncGenerator[list[FileInfo], None]:
        for start in range(0, self.COUNT, 1000):
            await anyio.lowlevel.checkpoint()
            self.seen = start + 1000
            yield [FileInfo(f"f{n}", "file", n, 0.0) for n in range(start, self.seen)]


@pytest.mark.parametrize("verb", ["LIST -la", "MLSD"])
async def test_d13_a_million_files_are_never_held(verb: str) -> None:
    """A client that stops reading stops the scan; one that aborts ends it."""
    tree = Endless()
    async with logged_in(server_of(tree)) as probe, await probe.open_data() as data:
        tracemalloc.start()
        try:
            assert (await probe.ask(verb))[:3] == "150"
            for _ in range(5):
                await data.read(65536)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 8_000_000
        await probe.send("ABOR")
        assert [(await probe.reply())[:3] for _ in range(2)] == ["426", "226"]
        assert tree.seen < tree.COUNT
        assert (await probe.ask("NOOP"))[:3] == "200"


async def test_d13_stat_of_a_million_files_is_refused() -> None:
    tree = Endless()
    async with logged_in(server_of(tree)) as probe:
        assert (await probe.ask("STAT /"))[:3] == "450"
        assert tree.seen < 10_000


# D15: ABOR.


async def test_d15_abor_twice_in_a_transfer() -> None:
    async with logged_in() as probe, await probe.open_data() as data:
        await probe.ask("STOR g")
        await data.write(b"x" * 1000)
        await probe.send("ABOR", "ABOR", "NOOP")
        codes = [(await probe.reply())[:3] for _ in range(4)]
        assert codes == ["426", "226", "226", "200"]


async def test_d15_abor_races_the_end() -> None:
    """Whichever comes first, each command is answered once and nothing is out of step."""
    async with logged_in(server_of(tree_with_file(bytes(300_000)))) as probe:
        for number in range(20):
            async with await probe.open_data() as data:
                await probe.ask("RETR f")
                await data.read(1 + number * 14_000)
                await probe.send("ABOR")
                first, second = [(await probe.reply())[:3] for _ in range(2)]
                assert (first, second) in (("426", "226"), ("226", "226"))
            assert (await probe.ask("PWD"))[:3] == "257"
