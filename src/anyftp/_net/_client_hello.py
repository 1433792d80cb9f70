"""What a TLS client offers, read off the first bytes that it sends (RFC 8446, 4.1.2).

OpenSSL tells a server which protocol was agreed on (ALPN, RFC 7301), but Python cannot ask it
whether the client offered none or only others. The difference matters: a browser that an attacker
has led here offers `http/1.1`, an FTP client offers `ftp` or, mostly, nothing (ALPACA, USENIX
2021). Pure: bytes in, values out; a hello that makes no sense is refused, not guessed at.
"""

from __future__ import annotations

from typing import NamedTuple

from anyftp._errors import RemoteProtocolError

#: The largest hello taken, in bytes, headers included. Real ones have 200 to 4,000.
MAX_HELLO_BYTES = 65536

_HANDSHAKE_RECORD = 22
_CLIENT_HELLO = 1
_ALPN = 16
_RECORD_HEADER = 5
_MAX_RECORD_BYTES = 16384


class ClientHello(NamedTuple):
    """What a client offers.

    Attributes:
        protocols: the names it offers by ALPN, in its order; empty if it offers none.
    """

    protocols: tuple[bytes, ...] = ()


def parse_client_hello(data: bytes) -> ClientHello | None:
    """Read a ClientHello from all bytes received so far.

    Returns:
        None if more bytes are needed.

    Raises:
        RemoteProtocolError: it is no ClientHello, or larger than MAX_HELLO_BYTES.
    """
    message = _joined_records(data)
    if len(message) < 4:
        _refuse_too_much(data)
        return None
    if message[0] != _CLIENT_HELLO:
        raise RemoteProtocolError("the first TLS message is no ClientHello")
    end = 4 + int.from_bytes(message[1:4], "big")
    if end > MAX_HELLO_BYTES:
        raise RemoteProtocolError(f"a ClientHello of {end} bytes is too large")
    if len(message) < end:
        _refuse_too_much(data)
        return None
    return ClientHello(_protocols(_Bytes(message[4:end])))


def _refuse_too_much(data: bytes) -> None:
    if len(data) >= MAX_HELLO_BYTES:
        raise RemoteProtocolError(f"no ClientHello in {len(data)} bytes")


def _joined_records(data: bytes) -> bytes:
    """The content of the records that have come, the last of which may be incomplete."""
    content = b""
    place = 0
    while place < len(data):
        if data[place] != _HANDSHAKE_RECORD or data[place + 1 : place + 2] not in (b"", b"\x03"):
            raise RemoteProtocolError("these bytes are not TLS")
        length = int.from_bytes(data[place + 3 : place + _RECORD_HEADER], "big")
        if place + _RECORD_HEADER <= len(data) and not 0 < length <= _MAX_RECORD_BYTES:
            raise RemoteProtocolError(f"a TLS record of {length} bytes")
        place += _RECORD_HEADER
        content += data[place : place + length]
        place += length
    return content


class _Bytes:
    """A cursor over bytes that are preceded by their length."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    def __bool__(self) -> bool:
        return self._place < len(self._data)

    def take(self, count: int) -> bytes:
        taken = self._data[self._place : self._place + count]
        if len(taken) < count:
            raise RemoteProtocolError("a length in the ClientHello leads beyond its end")
        self._place += count
        return taken

    def number(self, nbytes: int) -> int:
        return int.from_bytes(self.take(nbytes), "big")

    def vector(self, nbytes_of_length: int) -> bytes:
        return self.take(self.number(nbytes_of_length))


def _protocols(hello: _Bytes) -> tuple[bytes, ...]:
    hello.take(2 + 32)  # version, random
    hello.vector(1)  # session id
    hello.vector(2)  # cipher suites
    hello.vector(1)  # compression methods
    found: tuple[bytes, ...] = ()
    extensions = _Bytes(hello.vector(2) if hello else b"")
    while extensions:
        kind, content = extensions.number(2), extensions.vector(2)
        if kind == _ALPN:
            found += _names(_Bytes(_Bytes(content).vector(2)))
    return found


def _names(names: _Bytes) -> tuple[bytes, ...]:
    found = []
    while names:
        found.append(names.vector(1))
    return tuple(found)
