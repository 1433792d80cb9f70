"""Connecting: the address that answers first, and nothing left open by the others."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import anyio
import pytest

from anyftp import connect_tcp
from anyftp._net import _dial, connect_within
from support.cancelling import cancelled_everywhere
from support.ports import dead_port

pytestmark = pytest.mark.anyio

Address = tuple[socket.AddressFamily, tuple[str, int]]


class Network:
    """Loopback addresses of one port: some listen, some refuse, some never answer."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, stack: ExitStack) -> None:
        self._stack = stack
        self.found: list[Address] = []
        self.port = stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1]
        monkeypatch.setattr(_dial, "resolve", self.resolve)

    async def resolve(self, host: str, port: int) -> list[Address]:
        await anyio.lowlevel.checkpoint()
        return self.found

    def add(self, *hosts: str) -> None:
        for host in hosts:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self.found.append((family, (host, self.port)))

    def listen(self, host: str) -> socket.socket:
        self.add(host)
        server = socket.create_server((host, self.port))
        server.setblocking(False)
        return self._stack.enter_context(server)

    def fall_silent(self, host: str) -> None:
        """A queue that is full takes no more connections, and says nothing (Linux)."""
        self.add(host)
        server = self._stack.enter_context(socket.create_server((host, self.port), backlog=0))
        for _ in range(3):
            waiting = self._stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    with ExitStack() as stack:
        yield Network(monkeypatch, stack)


only_linux = pytest.mark.skipif(
    not os.path.isdir("/proc/self"), reason="needs 127.0.0.2 and a queue that can be full"
)


async def test_a_numeric_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        stream = await connect_tcp(*server.getsockname())
        accepted, peer = server.accept()
        with accepted:
            assert stream.remote_address == server.getsockname()
            assert stream.local_address == peer
        await stream.aclose()


async def test_from_a_chosen_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        stream = await connect_tcp(*server.getsockname(), local_address=("127.0.0.1", 0))
        assert stream.local_address[0] == "127.0.0.1"
        await stream.aclose()
        # An address that this machine has not got (RFC 5737).
        with pytest.raises(OSError, match=os.strerror(errno.EADDRNOTAVAIL)):
            await connect_tcp(*server.getsockname(), local_address=("192.0.2.1", 0))


async def test_a_refusal_names_the_address() -> None:
    with (
        dead_port() as port,
        pytest.raises(ConnectionRefusedError, match=f"127.0.0.1 port {port}"),
    ):
        await connect_tcp("127.0.0.1", port)


async def test_in_bounded_time_a_refusal_is_the_systems() -> None:
    with dead_port() as port, pytest.raises(ConnectionRefusedError) as caught:
        await connect_within(5, "127.0.0.1", port)
    assert caught.value.errno == errno.ECONNREFUSED


@only_linux
async def test_within_the_machine_there_is_no_wait_to_be_bounded() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        stream = await connect_within(0, *server.getsockname())
        await stream.aclose()


@only_linux
@pytest.mark.parametrize("host", ["127.0.0.2", "ftp.example.org"])
async def test_a_silent_address_in_bounded_time(host: str, network: Network) -> None:
    network.fall_silent("127.0.0.2")
    with pytest.raises(TimeoutError) as caught:
        await connect_within(0.01, host, network.port)
    assert caught.value.errno is None


@only_linux
async def test_the_next_address_where_one_refuses(network: Network) -> None:
    network.add("127.0.0.2")
    network.listen("127.0.0.3")
    stream = await connect_tcp("ftp.example.org", network.port)
    assert stream.remote_address[0] == "127.0.0.3"
    await stream.aclose()


@only_linux
async def test_all_reasons_in_one_error(network: Network) -> None:
    network.add("127.0.0.2", "127.0.0.3", "127.0.0.4")
    with pytest.raises(ConnectionRefusedError) as caught:
        await connect_tcp("ftp.example.org", network.port)
    for host in ("ftp.example.org", "127.0.0.2", "127.0.0.3", "127.0.0.4"):
        assert host in str(caught.value)


@only_linux
async def test_a_silent_address_holds_up_nobody(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The silent one is given up, and its socket closed (the watch on descriptors sees it)."""
    monkeypatch.setattr("anyftp._net._race.STAGGER_SECONDS", 0.01)
    network.fall_silent("127.0.0.2")
    network.listen("127.0.0.3")
    with anyio.fail_after(10):
        stream = await connect_tcp("ftp.example.org", network.port)
    assert stream.remote_address[0] == "127.0.0.3"
    await stream.aclose()


@only_linux
async def test_cancelled_anywhere_nothing_stays_open(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watch on descriptors sees what is left."""
    monkeypatch.setattr("anyftp._net._race.STAGGER_SECONDS", 0.001)
    network.fall_silent("127.0.0.2")
    network.add("127.0.0.4")
    server = network.listen("127.0.0.3")

    async def scenario() -> None:
        stream = await connect_tcp("ftp.example.org", network.port)
        stream.close()

    runs = 0
    async for _ in cancelled_everywhere(scenario):
        runs += 1
        _take_all(server)
    assert runs > 4


def _take_all(server: socket.socket) -> None:
    while True:
        try:
            accepted, _ = server.accept()
        except BlockingIOError:
            return
        accepted.close()


async def test_an_unknown_name() -> None:
    with pytest.raises(socket.gaierror):
        await connect_tcp("no-such-host.invalid", 21)
