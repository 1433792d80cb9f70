"""TYPE, MODE, STRU, REST, ALLO and the four ways to a data connection; rows P14, D2, F9."""

from __future__ import annotations

import pytest

from anyftp._fs import MemoryFileSystem
from anyftp._net import listen_tcp
from server.probe import Probe, logged_in, server_of, serving
from support.ports import free_ports

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("TYPE A", "200"),
        ("type a n", "200"),
        ("TYPE L 8", "200"),
        ("TYPE E", "504"),
        ("TYPE", "501"),
        ("MODE S", "200"),
        ("MODE Z", "504"),
        ("STRU F", "200"),
        ("STRU R", "504"),
        ("ALLO 100", "202"),
        ("ALLO 100 R 10", "202"),
        ("ALLO", "202"),
        ("ALLO x", "501"),
        (f"ALLO {2**70}", "501"),
        ("REST 0", "350"),
        ("REST 9223372036854775807", "350"),
        ("REST 9223372036854775808", "501"),
        ("REST -1", "501"),
        ("REST +5", "501"),
        ("REST 1_0", "501"),
        ("REST ٣", "501"),
        ("REST", "501"),
        ("EPSV 1", "229"),
        ("EPSV 2", "522"),
        ("EPSV ALL", "200"),
        ("PASV", "227"),
        ("PORT 127,0,0,1,200,1", "200"),
        ("EPRT |1|127.0.0.1|51201|", "200"),
        ("EPRT |3|127.0.0.1|51201|", "522"),
        ("PORT 127,0,0,1,0,22", "501"),
        ("EPRT |1|127.0.0.1|22|", "501"),
        ("PORT 127,0,0,2,200,1", "501"),
        ("EPRT |1|127.0.0.2|51201|", "501"),
        ("EPRT |2|::1|51201|", "501"),
        ("EPRT |2|::ffff:127.0.0.1|51201|", "200"),
        ("PORT 256,0,0,1,200,1", "501"),
        ("PORT 127,0,0,1", "501"),
        ("EPRT 127.0.0.1", "501"),
    ],
)
async def test_answers(line: str, code: str) -> None:
    async with logged_in() as probe:
        assert (await probe.ask(line))[:3] == code


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("line", ["PORT 0,0,0,0,{},{}", "EPRT |2|::|{}|", "EPRT |1|0.0.0.0|{}|"])
async def test_no_address_is_the_clients_own(host: str, line: str) -> None:
    async with logged_in(host=host) as probe:
        listener = await listen_tcp(host, 0)
        number = listener.port
        parts = divmod(number, 256) if line.startswith("PORT") else (number,)
        assert (await probe.ask(line.format(*parts)))[:3] == "200"
        await probe.send("LIST")
        stream = await listener.accept()
        listener.close()
        assert [(await probe.reply())[:3] for _ in range(2)] == ["150", "226"]
        stream.close()


async def test_foreign_hosts_if_wanted() -> None:
    async with logged_in(server_of(foreign_data_hosts=True)) as probe:
        assert await probe.codes("PORT 127,0,0,2,200,1", "PORT 127,0,0,2,0,22") == ["200", "501"]


async def test_after_epsv_all_nothing_else() -> None:
    async with logged_in() as probe:
        await probe.ask("EPSV ALL")
        lines = ["PASV", "PORT 127,0,0,1,200,1", "EPRT |1|127.0.0.1|51201|", "EPSV"]
        assert await probe.codes(*lines) == ["503", "503", "503", "229"]


async def test_no_rest_in_ascii() -> None:
    async with logged_in() as probe:
        assert await probe.codes("TYPE A", "REST 5", "REST 0") == ["200", "501", "350"]


@pytest.mark.parametrize(
    ("between", "kept"),
    [
        ("NOOP", True),
        ("TYPE I", True),
        ("PBSZ 0", True),
        ("PWD", False),
        ("NONSENSE", False),
        ("SIZE f", False),
    ],
)
async def test_what_keeps_the_offset(between: str, kept: bool) -> None:
    tree = MemoryFileSystem()
    tree.put("/f", b"0123456789")
    async with logged_in(server_of(tree)) as probe:
        await probe.codes("REST 4", between)
        assert (await probe.download("RETR f"))[0] == (b"456789" if kept else b"0123456789")
        assert (await probe.download("RETR f"))[0] == b"0123456789"


async def test_the_offset_is_gone_after_a_refusal() -> None:
    tree = MemoryFileSystem()
    tree.put("/f", b"0123456789")
    async with logged_in(server_of(tree)) as probe:
        assert await probe.codes("REST 4", "RETR f") == ["350", "425"]
        assert (await probe.download("RETR f"))[0] == b"0123456789"
        await probe.ask("REST 4")
        assert (await probe.download("RETR no"))[1][:3] == "550"
        assert (await probe.download("RETR f"))[0] == b"0123456789"


async def test_ports_come_from_the_range_and_nobody_can_tell_which() -> None:
    first = free_ports(200)
    ports = range(first, first + 200)
    async with logged_in(server_of(passive_ports=ports)) as probe:
        numbers = [(await probe.data_address())[1] for _ in range(12)]
        assert set(numbers) <= set(ports)
        assert len(set(numbers)) > 6


async def test_a_range_that_is_used_up() -> None:
    port = free_ports(1)
    async with (
        serving(server_of(passive_ports=range(port, port + 1))) as address,
        await Probe.connect(address) as first,
        await Probe.connect(address) as second,
    ):
        await first.log_in()
        await second.log_in()
        assert (await first.ask("EPSV"))[:3] == "229"
        assert (await second.ask("EPSV"))[:3] == "425"
        assert (await first.ask("EPSV"))[:3] == "229"  # a session frees its own port first


async def test_the_address_of_pasv() -> None:
    async with logged_in(server_of(passive_host="192.0.2.1")) as probe:
        assert "(192,0,2,1," in await probe.ask("PASV")
    async with logged_in() as probe:
        assert "(127,0,0,1," in await probe.ask("PASV")


async def test_ipv6() -> None:
    async with logged_in(host="::1") as probe:
        assert await probe.codes("PASV", "EPSV 1", "EPSV 2") == ["425", "522", "229"]
        assert (await probe.upload("STOR f", b"over IPv6"))[:3] == "226"
        assert (await probe.download("RETR f"))[0] == b"over IPv6"


async def test_ipv4_on_a_socket_of_both_kinds() -> None:
    async with (
        serving(server_of(), "::") as (_, port),
        await Probe.connect(("127.0.0.1", port)) as probe,
    ):
        await probe.log_in()
        assert await probe.codes("PASV", "EPSV 1") == ["227", "229"]
        assert (await probe.upload("STOR f", b"x"))[:3] == "226"
