"""Reading ALPN out of what a TLS client sends first."""

from __future__ import annotations

import ssl
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._errors import RemoteProtocolError
from anyftp._net._client_hello import MAX_HELLO_BYTES, ClientHello, parse_client_hello


def hello_of(context: ssl.SSLContext, name: str | None = "ftp.example.org") -> bytes:
    """What OpenSSL says first."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    connection = context.wrap_bio(incoming, outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        connection.do_handshake()
    return outgoing.read()


def client_offering(*protocols: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context


def hello_with(extensions: bytes) -> bytes:
    """A hello in one record, with these extensions."""
    body = b"\x03\x03" + bytes(32) + b"\x00" + b"\x00\x02\x13\x01" + b"\x01\x00"
    body += len(extensions).to_bytes(2, "big") + extensions
    message = b"\x01" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x01" + len(message).to_bytes(2, "big") + message


def in_records(hello: bytes, size: int) -> bytes:
    """The same hello, its one record cut into many."""
    message = hello[5:]
    pieces = [message[start : start + size] for start in range(0, len(message), size)]
    return b"".join(b"\x16\x03\x03" + len(p).to_bytes(2, "big") + p for p in pieces)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("protocols", [(), ("ftp",), ("h2", "http/1.1"), ("x" * 255, "ftp")])
def test_what_openssl_says(version: ssl.TLSVersion, protocols: tuple[str, ...]) -> None:
    context = client_offering(*protocols)
    context.maximum_version = context.minimum_version = version
    expected = ClientHello(tuple(name.encode() for name in protocols))
    assert parse_client_hello(hello_of(context)) == expected


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_a_hello_in_many_records(size: int) -> None:
    hello = in_records(hello_of(client_offering("ftp")), size)
    assert parse_client_hello(hello) == ClientHello((b"ftp",))


def test_a_hello_of_old_has_no_extensions() -> None:
    body = b"\x03\x03" + bytes(32) + b"\x00" + b"\x00\x02\x00\x2f" + b"\x01\x00"
    message = b"\x01" + len(body).to_bytes(3, "big") + body
    hello = b"\x16\x03\x01" + len(message).to_bytes(2, "big") + message
    assert parse_client_hello(hello) == ClientHello()


def test_a_part_asks_for_more() -> None:
    whole = hello_of(client_offering("ftp"))
    for end in range(len(whole)):
        assert parse_client_hello(whole[:end]) is None


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"USER bob\r\n", id="FTP"),
        pytest.param(b"GET / HTTP/1.1\r\n", id="HTTP"),
        pytest.param(b"\x80\x2e\x01\x00\x02", id="SSL 2"),
        pytest.param(b"\x16\x02", id="version of no TLS"),
        pytest.param(b"\x15\x03\x03\x00\x02\x02\x28", id="alert"),
        pytest.param(b"\x16\x03\x01\x00\x04\x02\x00\x00\x00", id="ServerHello"),
        pytest.param(b"\x16\x03\x01\x00\x00", id="empty record"),
        pytest.param(b"\x16\x03\x01\xff\xff", id="oversized record"),
        pytest.param(b"\x16\x03\x01\x00\x04\x01\xff\xff\xff", id="16 MiB announced"),
        pytest.param(hello_with(b"\x00\x10\x00\x09\x00"), id="extension beyond the end"),
        pytest.param(hello_with(b"\x00\x10\x00\x03\x00\x01\x05"), id="name beyond the end"),
        pytest.param(b"\x16\x03\x01\x00\x01\x01" * (MAX_HELLO_BYTES // 6 + 1), id="never ends"),
    ],
)
def test_nonsense_is_refused(data: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_client_hello(data)


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    with suppress(RemoteProtocolError):
        parse_client_hello(data)


WHOLE = hello_of(client_offering("ftp", "h2"))


@given(
    st.integers(0, len(WHOLE) - 1), st.integers(0, 255), st.integers(1, len(WHOLE)), st.booleans()
)
def test_a_damaged_hello(place: int, byte: int, size: int, is_cut: bool) -> None:
    damaged = WHOLE[:place] + bytes([byte]) + WHOLE[place + 1 :]
    damaged = in_records(damaged, size) if is_cut else damaged
    try:
        found = parse_client_hello(damaged)
    except RemoteProtocolError:
        return
    assert found is None or all(len(name) < 256 for name in found.protocols)
