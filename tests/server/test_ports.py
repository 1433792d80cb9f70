"""Who may make a data connection; SECURITY rows D3, D6, D7 and active mode."""

from __future__ import annotations

import os
from contextlib import closing

import pytest

from anyftp._fs import MemoryFileSystem
from anyftp._net import connect_tcp, listen_tcp
from anyftp._streams import StreamIO
from server.probe import logged_in, server_of

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
    listener = await listen_tcp("127.0.0.1")
    port = listener.port
    listener.close()
    async with logged_in(server_of(tree_with_file())) as probe:
        assert await probe.codes(f"EPRT |1|127.0.0.1|{port}|", "RETR f") == ["200", "150"]
        assert (await probe.reply())[:3] == "425"
