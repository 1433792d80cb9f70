"""From names to addresses, without asking anybody where the address is given."""

from __future__ import annotations

import socket
from typing import Any

import anyio
import pytest

from anyftp._errors import LocalProtocolError
from anyftp._net._names import resolve

pytestmark = pytest.mark.anyio

STREAM = socket.SOCK_STREAM


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Any]]:
    """What the system's resolver knows."""
    table: dict[str, list[Any]] = {}

    async def getaddrinfo(host: str, port: int, **options: Any) -> list[Any]:
        assert options == {"type": STREAM}
        await anyio.lowlevel.checkpoint()
        return [(family, STREAM, 6, "", address) for family, address in table[host]]

    monkeypatch.setattr(anyio, "getaddrinfo", getaddrinfo)
    return table


@pytest.mark.parametrize(
    ("host", "family"),
    [
        ("127.0.0.1", socket.AF_INET),
        ("::1", socket.AF_INET6),
        ("fe80::1%2", socket.AF_INET6),
    ],
)
async def test_numeric_ones_are_not_looked_up(
    host: str, family: socket.AddressFamily, known: dict[str, list[Any]]
) -> None:
    assert await resolve(host, 21) == [(family, (host, 21))]


async def test_the_systems_order_each_once(known: dict[str, list[Any]]) -> None:
    known["ftp.example.org"] = [
        (socket.AF_INET6, ("2001:db8::1", 21, 0, 0)),
        (socket.AF_INET, ("192.0.2.1", 21)),
        (socket.AF_INET6, ("2001:db8::1", 21, 0, 0)),
        (socket.AF_INET, ("192.0.2.2", 21)),
    ]
    assert await resolve("ftp.example.org", 21) == [
        (socket.AF_INET6, ("2001:db8::1", 21)),
        (socket.AF_INET, ("192.0.2.1", 21)),
        (socket.AF_INET, ("192.0.2.2", 21)),
    ]


async def test_a_link_local_address_keeps_its_scope(known: dict[str, list[Any]]) -> None:
    known["printer.local"] = [
        (socket.AF_INET6, ("fe80::1", 21, 0, 3)),
        (socket.AF_INET6, ("fe80::1%eth0", 21, 0, 3)),
    ]
    assert await resolve("printer.local", 21) == [
        (socket.AF_INET6, ("fe80::1%3", 21)),
        (socket.AF_INET6, ("fe80::1%eth0", 21)),
    ]


@pytest.mark.parametrize("host", ["é" * 70, "\udc80"])
async def test_what_can_be_no_name_is_an_unknown_name(host: str) -> None:
    """Nobody is asked; the encoding of such names has an exception of its own."""
    with pytest.raises(socket.gaierror, match="no name of a host") as caught:
        await resolve(host, 21)
    assert caught.value.errno == socket.EAI_NONAME


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("port", [-1, 65536])
async def test_there_are_no_such_ports(host: str, port: int) -> None:
    """The system's resolver would take the last 16 bits of them."""
    with pytest.raises(LocalProtocolError, match=f"port must be from 0 to 65535, not {port}"):
        await resolve(host, port)


async def test_localhost_is_known_to_the_system() -> None:
    hosts = [address[0] for _, address in await resolve("localhost", 21)]
    assert set(hosts) <= {"127.0.0.1", "::1"}
    assert hosts
