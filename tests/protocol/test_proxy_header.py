"""The PROXY protocol's headers: who is behind the proxy."""

from __future__ import annotations

import contextlib
import ipaddress
import struct
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._errors import RemoteProtocolError
from anyftp._protocol import ProxyHeader, parse_proxy_header, proxy_bytes_wanted

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def v2(command: int, family: int, body: bytes) -> bytes:
    return SIGNATURE + struct.pack("!BBH", command, family, len(body)) + body


IPV4 = bytes([192, 0, 2, 7, 198, 51, 100, 1]) + struct.pack("!HH", 40000, 21)
IPV6 = ipaddress.ip_address("2001:db8::7").packed + ipaddress.ip_address("::1").packed
IPV6 += struct.pack("!HH", 40000, 990)
TLV = b"\x02\x00\x03abc"
CLIENT, SERVER = ("192.0.2.7", 40000), ("198.51.100.1", 21)

GOOD = {
    "1, IPv4": (b"PROXY TCP4 192.0.2.7 198.51.100.1 40000 21\r\n", ProxyHeader(CLIENT, SERVER)),
    "1, IPv6": (
        b"PROXY TCP6 2001:DB8::7 ::1 40000 990\r\n",
        ProxyHeader(("2001:db8::7", 40000), ("::1", 990)),
    ),
    "1, as long as can be": (
        b"PROXY UNKNOWN " + b"ffff:f...f:ffff " * 5 + b"65535 65535\r\n",
        ProxyHeader(),
    ),
    "1, nothing known": (b"PROXY UNKNOWN\r\n", ProxyHeader()),
    "2, IPv4": (v2(0x21, 0x11, IPV4), ProxyHeader(CLIENT, SERVER)),
    "2, IPv4 and more": (v2(0x21, 0x11, IPV4 + TLV), ProxyHeader(CLIENT, SERVER)),
    "2, IPv6": (v2(0x21, 0x21, IPV6), ProxyHeader(("2001:db8::7", 40000), ("::1", 990))),
    "2, the proxy itself": (v2(0x20, 0x00, b""), ProxyHeader()),
    "2, the proxy itself, with an address": (v2(0x20, 0x11, IPV4), ProxyHeader()),
    "2, no family": (v2(0x21, 0x00, TLV), ProxyHeader()),
    "2, a local socket": (v2(0x21, 0x31, bytes(216)), ProxyHeader()),
}


@pytest.mark.parametrize(("data", "expected"), GOOD.values(), ids=GOOD)
def test_headers(data: bytes, expected: ProxyHeader) -> None:
    assert parse_proxy_header(data) == expected


@pytest.mark.parametrize("data", [data for data, _ in GOOD.values()], ids=GOOD)
def test_as_much_is_wanted_as_there_is(data: bytes) -> None:
    wire, taken = data + b"USER bob\r\n", b""
    while wanted := proxy_bytes_wanted(taken):
        taken += wire[len(taken) : len(taken) + wanted]
    assert taken == data


@pytest.mark.parametrize("data", [data for data, _ in GOOD.values()], ids=GOOD)
@pytest.mark.parametrize("step", [1, 2, 3, 5])
def test_however_the_bytes_come(data: bytes, step: int) -> None:
    taken = b""
    while wanted := proxy_bytes_wanted(taken):
        taken += data[len(taken) : len(taken) + min(wanted, step)]
    assert taken == data


BAD = {
    "something else": b"USER bob\r\nPASS secret\r\n",
    "no word": b"PROXYTCP4 192.0.2.7 198.51.100.1 1 2\r\n",
    "lower case": b"proxy TCP4 192.0.2.7 198.51.100.1 1 2\r\n",
    "another protocol": b"PROXY UDP4 192.0.2.7 198.51.100.1 1 2\r\n",
    "IPv6 for IPv4": b"PROXY TCP4 ::1 ::1 1 2\r\n",
    "IPv4 for IPv6": b"PROXY TCP6 192.0.2.7 192.0.2.7 1 2\r\n",
    "a number beyond 255": b"PROXY TCP4 192.0.2.256 198.51.100.1 1 2\r\n",
    "a leading zero": b"PROXY TCP4 192.0.2.7 198.51.100.1 01 2\r\n",
    "a port beyond": b"PROXY TCP4 192.0.2.7 198.51.100.1 65536 2\r\n",
    "one port": b"PROXY TCP4 192.0.2.7 198.51.100.1 65535\r\n",
    "two blanks": b"PROXY TCP4  192.0.2.7 198.51.100.1 1 2\r\n",
    "a bare line feed": b"PROXY TCP4 192.0.2.7 198.51.100.1 1 2\n\r\n",
    "no end": b"PROXY TCP4 " + b"1" * 200,
    "an end too late": b"PROXY UNKNOWN " + b"x" * 92 + b"\r\n",
    "2, cut": v2(0x21, 0x11, IPV4[:-1]),
    "2, IPv4 for IPv6": v2(0x21, 0x21, IPV4),
    "2, another version": v2(0x11, 0x11, IPV4),
    "2, another command": v2(0x22, 0x11, IPV4),
    "2, another family": v2(0x21, 0x41, IPV4),
    "2, another transport": v2(0x21, 0x13, IPV4),
    "2, datagrams": v2(0x21, 0x12, IPV4),
    "2, too long": v2(0x21, 0x11, IPV4 + bytes(5000)),
    "2, a signature that is none": b"\r\n\r\n\0\r\nQUIX\n" + v2(0x21, 0x11, IPV4)[12:],
}


def read(wire: bytes) -> ProxyHeader:
    """As a reader of a stream does it."""
    taken = b""
    while wanted := proxy_bytes_wanted(taken):
        if not (more := wire[len(taken) : len(taken) + wanted]):
            raise RemoteProtocolError("cut")
        taken += more
    return parse_proxy_header(taken)


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_what_is_no_header(data: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        read(data)
    with pytest.raises(RemoteProtocolError):
        parse_proxy_header(data)


@pytest.mark.parametrize("begin", [b"PROXY ", SIGNATURE + b"\x21\x11\xff\xff"])
def test_nothing_is_wanted_beyond_a_bound(begin: bytes) -> None:
    with pytest.raises(RemoteProtocolError, match=r"does not end|of 65551 bytes"):
        read(begin + b"x" * 100_000)


@given(
    st.one_of(st.binary(), st.binary().map(SIGNATURE.__add__), st.binary().map(b"PROXY ".__add__))
)
def test_any_bytes(data: bytes) -> None:
    for function in (parse_proxy_header, proxy_bytes_wanted, read):
        with contextlib.suppress(RemoteProtocolError):
            function(data)


ports = st.integers(0, 65535)
FAMILIES: tuple[Literal[4, 6], ...] = (4, 6)


@given(st.data(), st.sampled_from(FAMILIES), ports, ports, st.binary(max_size=100))
def test_what_is_written_is_read(
    data: st.DataObject, family: Literal[4, 6], one: int, two: int, tlvs: bytes
) -> None:
    client, server = data.draw(st.ip_addresses(v=family)), data.draw(st.ip_addresses(v=family))
    expected = ProxyHeader((str(client), one), (str(server), two))
    text = f"PROXY TCP{family} {client} {server} {one} {two}\r\n".encode()
    assert read(text) == expected
    body = client.packed + server.packed + struct.pack("!HH", one, two) + tlvs
    assert read(v2(0x21, 0x11 if family == 4 else 0x21, body)) == expected
