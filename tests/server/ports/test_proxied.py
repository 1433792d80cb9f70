"""Behind a proxy: whose address counts, and who is believed."""

from __future__ import annotations

import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from anyftp._fs import MemoryFileSystem
from anyftp._net import connect_tcp
from anyftp._server import Server
from anyftp._server._events._events import Connected, ConnectionRefused
from anyftp._server._ports._proxied import NoHeader, _receive
from anyftp._streams import StreamIO
from anyftp.testing import memory_stream_pair
from server.probe import Address, Probe, server_of, serving
from support.clocks import VIRTUAL_BACKENDS

pytestmark = pytest.mark.anyio

PROXY = "127.0.0.9"


def header(client: str = "192.0.2.7", server: str = "198.51.100.1") -> bytes:
    return f"PROXY TCP4 {client} {server} 40000 21\r\n".encode()


def header_2(client: str = "192.0.2.7", server: str = "198.51.100.1") -> bytes:
    body = socket.inet_aton(client) + socket.inet_aton(server) + struct.pack("!HH", 40000, 21)
    body += b"\x04\x00\x02\0\0"  # a type-length-value that says nothing
    return b"\r\n\r\n\0\r\nQUIT\n\x21\x11" + struct.pack("!H", len(body)) + body


LOCAL = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"


@asynccontextmanager
async def behind_proxy(**options: Any) -> AsyncIterator[tuple[Server, Address]]:
    tree = MemoryFileSystem()
    tree.put("/f", b"for bob only")
    server = server_of(tree, proxy_protocol=[PROXY], **options)
    async with serving(server) as address:
        yield server, address


async def through(address: Address, data: bytes, local_host: str = PROXY) -> Probe:
    probe = await Probe.connect(address, local_host=local_host)
    await probe.stream.write(data)
    return probe


@pytest.mark.parametrize("introduction", [header(), header_2()], ids=["1", "2"])
async def test_the_address_in_the_header_counts(introduction: bytes) -> None:
    async with (
        behind_proxy() as (server, address),
        server.events() as events,
        await through(address, introduction + b"USER bob\r\n") as probe,
    ):
        assert (await probe.reply())[:3] == "220"
        assert (await probe.reply())[:3] == "331"
        [session] = server.sessions
        assert (session.peer_host, session.server_host) == ("192.0.2.7", "198.51.100.1")
        first = await anext(events)
        assert isinstance(first, Connected)
        assert first.session.peer_host == "192.0.2.7"


async def test_limits_are_those_of_clients_not_of_the_proxy() -> None:
    async with behind_proxy(max_connections_per_address=1) as (_, address):
        codes = []
        async with (
            await through(address, header("192.0.2.1")) as one,
            await through(address, header_2("192.0.2.2")) as two,
            await through(address, header("192.0.2.1")) as three,
        ):
            codes = [(await probe.reply())[:3] for probe in (one, two, three)]
        assert codes == ["220", "220", "421"]


@pytest.mark.parametrize("introduction", [LOCAL, b"PROXY UNKNOWN\r\n"])
async def test_a_proxy_may_speak_for_itself(introduction: bytes) -> None:
    async with behind_proxy() as (server, address), await through(address, introduction) as probe:
        assert (await probe.reply())[:3] == "220"
        assert server.sessions[0].peer_host == PROXY


@pytest.mark.parametrize(
    "introduction",
    [b"USER bob\r\nPASS secret\r\n", b"PROXY TCP4 nonsense\r\n", b"\r\n\r\n\0\r\nQUIX"],
)
async def test_without_a_header_a_proxy_is_closed(introduction: bytes) -> None:
    async with (
        behind_proxy() as (server, address),
        server.events() as events,
        await through(address, introduction) as probe,
    ):
        assert await probe.rest() == b"421 A PROXY header is wanted.\r\n"
        refused = await anext(events)
        assert isinstance(refused, ConnectionRefused)
        assert refused.peer_host == PROXY
        assert server.sessions == ()


async def test_others_are_not_believed() -> None:
    async with (
        behind_proxy() as (server, address),
        await through(address, header(), "127.0.0.3") as probe,
    ):
        assert [(await probe.reply())[:3] for _ in range(2)] == ["220", "500"]
        assert server.sessions[0].peer_host == "127.0.0.3"


async def test_those_who_wait_for_a_header_are_not_without_number() -> None:
    async with behind_proxy(max_connections=3) as (_, address):
        silent = [await through(address, b"PROXY ") for _ in range(3)]
        async with await through(address, header()) as probe:
            assert (await probe.reply())[:3] == "421"
        async with await Probe.connect(address) as probe:
            assert (await probe.reply())[:3] == "220"
        for each in silent:
            each.stream.close()


async def data_through(probe: Probe, introduction: bytes, local_host: str) -> StreamIO:
    address = await probe.data_address()
    stream = StreamIO(await connect_tcp(*address, local_address=(local_host, 0)), timeout=15)
    await stream.write(introduction)
    return stream


@pytest.mark.parametrize("introduction", [header(), header_2()], ids=["1", "2"])
async def test_data_connections_through_the_proxy(introduction: bytes) -> None:
    async with behind_proxy() as (_, address), await through(address, introduction) as probe:
        await probe.log_in()
        async with await data_through(probe, introduction, PROXY) as data:
            await probe.ask("RETR f")
            assert await data.read() == b"for bob only"
            assert (await probe.reply())[:3] == "226"
        async with await data_through(probe, introduction + b"new", PROXY) as data:
            await probe.ask("STOR g")
        assert (await probe.reply())[:3] == "226"
        async with await data_through(probe, introduction, PROXY) as data:
            await probe.ask("RETR g")
            assert await data.read() == b"new"


STRANGERS = {
    "another client of the proxy": (header("192.0.2.8"), PROXY),
    "the proxy without a header": (b"content of a file\r\n", PROXY),
    "a stranger who makes one up": (header(), "127.0.0.3"),
}


@pytest.mark.parametrize("stranger", STRANGERS.values(), ids=STRANGERS)
async def test_d3_a_stranger_behind_the_proxy_gets_nothing(stranger: tuple[bytes, str]) -> None:
    introduction, local_host = stranger
    async with (
        behind_proxy(accept_timeout=0.3) as (_, address),
        await through(address, header()) as probe,
    ):
        await probe.log_in()
        async with await data_through(probe, introduction, local_host) as data:
            await probe.ask("RETR f")
            assert b"bob" not in await Probe(address, data).rest()
        assert (await probe.reply())[:3] == "425"


async def test_pasv_names_where_the_client_has_connected_to() -> None:
    async with behind_proxy() as (_, address), await through(address, header()) as probe:
        await probe.log_in()
        assert "(198,51,100,1," in await probe.ask("PASV")
    named = {"192.0.2.0/24": "203.0.113.9"}
    async with (
        behind_proxy(passive_host=named) as (_, address),
        await through(address, header()) as probe,
    ):
        await probe.log_in()
        assert "(203,0,113,9," in await probe.ask("PASV")


async def test_port_goes_to_the_client_not_to_the_proxy() -> None:
    async with behind_proxy() as (_, address), await through(address, header()) as probe:
        await probe.log_in()
        assert await probe.codes("PORT 127,0,0,9,100,1", "PORT 192,0,2,7,100,1") == ["501", "200"]


async def test_a_drain_takes_no_introductions() -> None:
    async with behind_proxy() as (server, address), await through(address, b"PROXY ") as probe:
        with anyio.fail_after(5):
            while not server._reception._introducing:
                await anyio.sleep(0.01)
        await server.drain(0)
        await probe.stream.write(header()[6:])
        assert (await probe.reply())[:3] == "421"


@pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)
async def test_a_header_that_trickles_is_not_waited_for() -> None:
    here, there = memory_stream_pair()
    async with anyio.create_task_group() as tasks:

        async def trickle() -> None:
            for byte in b"PROXY TCP4 192.0.2.7 198":
                await here.send(bytes([byte]))
                await anyio.sleep(1)

        tasks.start_soon(trickle)
        began = anyio.current_time()
        with pytest.raises(NoHeader, match="10 seconds"):
            await _receive(there)
        assert anyio.current_time() - began == pytest.approx(10)
        tasks.cancel_scope.cancel()
