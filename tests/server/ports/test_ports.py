"""Who may make a data connection; SECURITY rows D3, D6, D7 and active mode."""

from __future__ import annotations

import os
import ssl
from collections.abc import Collection
from contextlib import closing

import pytest

from anyftp._fs import MemoryFileSystem
from anyftp._net import connect_tcp, listen_tcp
from anyftp._protocol import Networks, Reply
from anyftp._server import Session
from anyftp._server._ports._ports import PassivePort
from anyftp._server._ports._recent_ports import RecentPorts
from anyftp._streams import OptimisticStream, StreamIO, TLSStream
from anyftp.testing import MemoryListener, MemoryNetwork, memory_stream_pair
from server.probe import logged_in, server_of
from support.ports import dead_port, free_ports

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


async def test_d8_the_control_connection_is_served_while_nobody_connects() -> None:
    async with logged_in(server_of(tree_with_file(), accept_timeout=0.3)) as probe:
        await probe.ask("EPSV")
        assert await probe.codes("RETR f", "NOOP", "STAT") == ["150", "200", "211"]
        assert (await probe.reply())[:3] == "425"


@pytest.mark.parametrize("command", ["PORT 127,0,0,1,{high},{low}", "EPRT |1|127.0.0.1|{port}|"])
async def test_active_mode(command: str) -> None:
    async with logged_in(server_of(tree_with_file())) as probe:
        with closing(await listen_tcp("127.0.0.1")) as listener:
            port = listener.port
            line = command.format(port=port, high=port >> 8, low=port & 255)
            assert await probe.codes(line, "RETR f") == ["200", "150"]
            async with StreamIO(await listener.accept(), timeout=5.0) as data:
                assert await data.read() == b"for bob only"
        assert (await probe.reply())[:3] == "226"


async def test_active_mode_to_nowhere() -> None:
    with dead_port() as port:
        async with logged_in(server_of(tree_with_file())) as probe:
            assert await probe.codes(f"EPRT |1|127.0.0.1|{port}|", "RETR f") == ["200", "150"]
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
        port = await PassivePort.open(network, "127.0.0.1", None, Networks(()), recent)
        chosen.append(port.number)
        port.close()
    assert chosen == [1, 2, 2, 2]
    assert all(each.is_closed for each in given)


class OwnPort:
    """A data connection that is made by other means: here, one in memory."""

    def __init__(self, stream: OptimisticStream | Exception) -> None:
        self.stream = stream
        self.is_closed = False

    async def connect(self, peer_host: str, timeout: float) -> OptimisticStream:
        if isinstance(self.stream, Exception):
            raise self.stream
        return self.stream

    def close(self) -> None:
        self.is_closed = True


async def test_a_handler_may_say_where_data_connections_are_made() -> None:
    tree = MemoryFileSystem()
    tree.put("/f", b"abc")
    near, far = memory_stream_pair()
    ports = [OwnPort(near), OwnPort(ConnectionRefusedError()), OwnPort(TimeoutError())]
    left = list(ports)

    async def epsv(session: Session, argument: str) -> Reply:
        session.use_port(left.pop(0))
        return Reply("229", ("Any port",))

    async with logged_in(server_of(tree, handlers={"EPSV": epsv})) as probe:
        assert await probe.codes("EPSV", "RETR f") == ["229", "150"]
        assert await StreamIO(far).read() == b"abc"
        assert (await probe.reply())[:3] == "226"
        for _ in range(2):
            assert await probe.codes("EPSV", "RETR f") == ["229", "150"]
            assert (await probe.reply())[:3] == "425"
    assert all(port.is_closed for port in ports)


async def test_tls_may_begin_early_on_a_port_of_ones_own(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    tree = MemoryFileSystem()
    tree.put("/f", b"abc")
    near, far = memory_stream_pair()

    async def epsv(session: Session, argument: str) -> Reply:
        server.use_port(session, OwnPort(near))
        return Reply("229", ("Any port",))

    server = server_of(tree, handlers={"EPSV": epsv}, ssl_context=server_tls)
    async with logged_in(server) as probe:
        await (await probe.start_tls(client_tls)).log_in_again()
        assert await probe.codes("EPSV") == ["229"]
        secure = await TLSStream.wrap(far, client_tls, server_hostname="localhost")
        assert await probe.codes("RETR f") == ["150"]
        assert await StreamIO(secure).read() == b"abc"
        assert (await probe.reply())[:3] == "226"
