from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._errors import LocalProtocolError, RemoteProtocolError
from anyftp._protocol import (
    UnknownNetworkProtocol,
    format_eprt,
    format_epsv,
    format_pasv,
    format_port,
    parse_eprt,
    parse_epsv,
    parse_pasv,
    parse_port,
    plain_host,
)


@pytest.mark.parametrize("text", ["127,0,0,1,4,5", " 127,0,0,1,4,5 "])
def test_port(text: str) -> None:
    assert parse_port(text) == ("127.0.0.1", 1029)


@pytest.mark.parametrize(
    "text",
    ["", "127,0,0,1,4", "127,0,0,1,4,5,6", "(127,0,0,1,4,5)", "127,0,0,1,0,0", "300,0,0,1,4,5"],
)
def test_no_port(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_port(text)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("|1|132.235.1.2|6275|", ("132.235.1.2", 6275)),
        ("|2|1080::8:800:200C:417A|5282|", ("1080::8:800:200c:417a", 5282)),
        ("!2!0:0::1!99!", ("::1", 99)),
        ("|2|::ffff:10.0.0.1|99|", ("::ffff:10.0.0.1", 99)),
    ],
)
def test_eprt(text: str, address: tuple[str, int]) -> None:
    host, port = parse_eprt(text)
    assert (ipaddress.ip_address(host), port) == (ipaddress.ip_address(address[0]), address[1])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "|1|::1|99|",
        "|2|127.0.0.1|99|",
        "|1|127.0.0.1|0|",
        "|1|127.0.0.1|65536|",
        "|1|127.0.0.1|99",
        "|1|127.0.0.1|99|x",
        "|1|localhost|99|",
        "|2|fe80::1%lo|99|",
        "|1|127.1|99|",
    ],
)
def test_no_eprt(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_eprt(text)


def test_unknown_network_protocol() -> None:
    with pytest.raises(UnknownNetworkProtocol, match="3"):
        parse_eprt("|3|127.0.0.1|99|")


@pytest.mark.parametrize("call", [format_port, format_pasv, format_eprt])
@pytest.mark.parametrize(
    ("host", "port"), [("example.org", 9), ("127.0.0.1", 0), ("127.0.0.1", 65536)]
)
def test_format_refuses(call: object, host: str, port: int) -> None:
    assert callable(call)
    with pytest.raises(LocalProtocolError):
        call(host, port)


def test_port_cannot_name_ipv6() -> None:
    with pytest.raises(LocalProtocolError):
        format_port("::1", 99)
    assert format_port("::ffff:10.0.0.1", 258) == "10,0,0,1,1,2"


@pytest.mark.parametrize(
    ("host", "plain"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("0:0:0:0:0:0:0:1", "::1"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_plain_host(host: str, plain: str) -> None:
    assert plain_host(host) == plain


PORTS = st.integers(1, 65535)


@given(st.ip_addresses(v=4).map(str), PORTS)
def test_ipv4_round_trips(host: str, port: int) -> None:
    assert parse_pasv(format_pasv(host, port)) == (host, port)
    assert parse_port(format_port(host, port)) == (host, port)
    assert parse_eprt(format_eprt(host, port)) == (host, port)
    assert parse_epsv(format_epsv(port)) == port


@given(st.ip_addresses(v=6), PORTS)
def test_ipv6_round_trip(address: ipaddress.IPv6Address, port: int) -> None:
    host = plain_host(str(address))
    assert parse_eprt(format_eprt(str(address), port)) == (host, port)


@given(st.text() | st.text("|!(),0123456789: "))
def test_any_text(text: str) -> None:
    for parse in (parse_port, parse_eprt):
        try:
            parse(text)
        except RemoteProtocolError:
            continue
