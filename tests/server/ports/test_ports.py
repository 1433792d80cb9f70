"""Where else data connections are made: active mode, and ports of one's own."""

from __future__ import annotations

import ssl
from contextlib import closing

import pytest

from anyftp._fs import MemoryFileSystem
from anyftp._net import listen_tcp
from anyftp._protocol import Reply
from anyftp._server import Session
from anyftp._streams import OptimisticStream, StreamIO, TLSStream
from anyftp.testing import memory_stream_pair
from server.probe import logged_in, server_of
from support.ports import dead_port

pytestmark = pytest.mark.anyio


def tree_with_file() -> MemoryFileSystem:
    tree = MemoryFileSystem()
    tree.put("/f", b"for bob only")
    return tree


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
