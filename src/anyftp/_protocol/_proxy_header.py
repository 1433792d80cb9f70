"""What a proxy tells of the client in front of a connection: the PROXY protocol, versions 1 and 2.

    1   PROXY TCP4 192.0.2.7 198.51.100.1 40000 21 CRLF      TCP4, TCP6 or UNKNOWN
    2   12 bytes of signature, version and command, family and transport, length, the addresses,
        and then type-length-values, which nobody needs here

What follows the header is the client's own; so a reader asks `proxy_bytes_wanted` how many bytes it
may take. https://www.haproxy.org/download/2.8/doc/proxy-protocol.txt
"""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple

from anyftp._errors import RemoteProtocolError

#: Header bytes of version 1, and the most that are taken of version 2 (with certificates in it).
_MAX_V1 = 107
_MAX_V2 = 16 + 4096
_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
_SHORTEST_V1 = len(b"PROXY UNKNOWN\r\n")
_HEAD_V2 = 16
#: By family: bytes of an address.
_ADDRESS_BYTES = {1: 4, 2: 16}
_STREAM = 1

_V1 = re.compile(
    rb"PROXY (?:UNKNOWN(?: [ -~]*)?|TCP([46]) ([0-9A-Fa-f:.]+) ([0-9A-Fa-f:.]+)"
    rb" (0|[1-9][0-9]{0,4}) (0|[1-9][0-9]{0,4}))\r\n"
)


class ProxyHeader(NamedTuple):
    """Who is at the two ends of a connection, as the proxy between them says.

    Both are None where it does not know, or where the connection is its own (a health check).

    Attributes:
        client: host and port that the client connects from.
        server: host and port that it has connected to, at the proxy.
    """

    client: tuple[str, int] | None = None
    server: tuple[str, int] | None = None


def proxy_bytes_wanted(data: bytes) -> int:
    """How many more bytes certainly belong to a header that begins with data; 0: it is whole.

    Raises:
        RemoteProtocolError: data begins no header, or one that is too long.
    """
    if len(data) < _SHORTEST_V1:
        if not (_SIGNATURE.startswith(data[:12]) or b"PROXY ".startswith(data[:6])):
            raise RemoteProtocolError(f"no PROXY header: {data[:20]!r}")
        return _SHORTEST_V1 - len(data)
    if data.startswith(b"PROXY "):
        if data.endswith(b"\r\n"):
            return 0
        if len(data) >= _MAX_V1:
            raise RemoteProtocolError("the PROXY header does not end")
        return min(1 if data.endswith(b"\r") else 2, _MAX_V1 - len(data))
    if not data.startswith(_SIGNATURE):
        raise RemoteProtocolError(f"no PROXY header: {data[:20]!r}")
    if len(data) < _HEAD_V2:
        return _HEAD_V2 - len(data)
    nbytes = _HEAD_V2 + int.from_bytes(data[14:16], "big")
    if nbytes > _MAX_V2:
        raise RemoteProtocolError(f"a PROXY header of {nbytes} bytes")
    return nbytes - len(data)


def parse_proxy_header(data: bytes) -> ProxyHeader:
    """Read a whole header.

    Raises:
        RemoteProtocolError: it is none, or its numbers make no sense.
    """
    if data.startswith(_SIGNATURE):
        return _parse_v2(data)
    match = _V1.fullmatch(data)
    if match is None or len(data) > _MAX_V1:
        raise RemoteProtocolError(f"no PROXY header: {data[:_MAX_V1]!r}")
    if match[1] is None:
        return ProxyHeader()
    kind = ipaddress.IPv4Address if match[1] == b"4" else ipaddress.IPv6Address
    client, server, client_port, server_port = (match[n].decode("ascii") for n in (2, 3, 4, 5))
    try:
        return ProxyHeader(
            (str(kind(client)), _port(client_port)), (str(kind(server)), _port(server_port))
        )
    except ValueError as error:
        raise RemoteProtocolError(f"no such address in a PROXY header: {data!r}") from error


def _port(text: str) -> int:
    number = int(text)
    if number > 65535:
        raise ValueError(text)
    return number


def _parse_v2(data: bytes) -> ProxyHeader:
    if proxy_bytes_wanted(data) != 0:
        raise RemoteProtocolError(f"a PROXY header of {len(data)} bytes is not whole")
    version, command = data[12] >> 4, data[12] & 15
    family, transport = data[13] >> 4, data[13] & 15
    if version != 2 or command > 1 or family > 3 or transport > 2:
        raise RemoteProtocolError(f"not a PROXY header of version 2: {data[:_HEAD_V2]!r}")
    if command == 0 or family not in _ADDRESS_BYTES or transport == 0:
        return ProxyHeader()
    if transport != _STREAM:
        raise RemoteProtocolError("a PROXY header for datagrams")
    return _addresses(data[_HEAD_V2:], _ADDRESS_BYTES[family])


def _addresses(body: bytes, nbytes: int) -> ProxyHeader:
    if len(body) < 2 * nbytes + 4:
        raise RemoteProtocolError("the addresses in a PROXY header are cut")
    client, server = (
        str(ipaddress.ip_address(body[start : start + nbytes])) for start in (0, nbytes)
    )
    ports = body[2 * nbytes : 2 * nbytes + 4]
    return ProxyHeader(
        (client, int.from_bytes(ports[:2], "big")), (server, int.from_bytes(ports[2:], "big"))
    )
