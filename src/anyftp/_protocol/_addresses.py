"""Addresses of data connections: PORT and EPRT, and what answers PASV and EPSV.

    PORT and PASV's reply   h1,h2,h3,h4,p1,p2         decimal bytes of an IPv4 address and a port
    EPRT                    <d>1 or 2<d>address<d>port<d>
    EPSV's reply            (<d><d><d>port<d>)        d: any character of ASCII 33 to 126, mostly |

PASV and PORT are of RFC 959, EPSV and EPRT of RFC 2428. Replies are read in `_values`. Whether
the address named may be trusted is not decided here.
"""

from __future__ import annotations

import functools
import ipaddress
import re

from anyftp._errors import LocalProtocolError, RemoteProtocolError

#: An IPv4 address and a port, each byte of them in decimal digits.
SIX_NUMBERS = r"(?<![0-9])" + r" {0,8}, {0,8}".join([r"([0-9]{1,3})"] * 6) + r"(?![0-9])"
_EPRT = r"([!-~])([0-9]{1,5})\1([0-9A-Fa-f.:]{2,45})\1([0-9]{1,5})\1"


class UnknownNetworkProtocol(RemoteProtocolError):
    """EPRT or EPSV names a protocol other than 1 (IPv4) and 2 (IPv6); to be answered with 522."""


def parse_port(argument: str) -> tuple[str, int]:
    """Read the argument of PORT.

    Raises:
        RemoteProtocolError: it is none, or a number is out of range.
    """
    match = re.fullmatch(SIX_NUMBERS, argument.strip(" "))
    if match is None:
        raise RemoteProtocolError(f"not an address for PORT: {argument[:200]!r}")
    return read_six(match, argument)


def format_port(host: str, port: int) -> str:
    """Write the argument of PORT.

    Raises:
        LocalProtocolError: the host is no IPv4 address, or there is no such port.
    """
    plain = plain_host(host)
    if ":" in plain or not 0 < port < 65536:
        raise LocalProtocolError(
            f"PORT and PASV need an IPv4 address and a port from 1 to 65535, not {host} port {port}"
        )
    return f"{plain.replace('.', ',')},{port >> 8},{port & 255}"


def format_pasv(host: str, port: int) -> str:
    """Write the text of a reply 227.

    Raises:
        LocalProtocolError: the host is no IPv4 address, or there is no such port.
    """
    return f"Entering Passive Mode ({format_port(host, port)})."


def format_epsv(port: int) -> str:
    """Write the text of a reply 229."""
    return f"Entering Extended Passive Mode (|||{port}|)"


def parse_eprt(argument: str) -> tuple[str, int]:
    """Read the argument of EPRT.

    Returns:
        The address in its shortest form, and the port.

    Raises:
        UnknownNetworkProtocol: neither 1 nor 2.
        RemoteProtocolError: nonsense otherwise.
    """
    match = re.fullmatch(_EPRT, argument)
    if match is None:
        raise RemoteProtocolError(f"not an address for EPRT: {argument[:200]!r}")
    _, protocol, host, port = match.groups()
    if protocol not in ("1", "2"):
        raise UnknownNetworkProtocol(f"no such network protocol: {protocol}")
    try:
        address = ipaddress.IPv4Address(host) if protocol == "1" else ipaddress.IPv6Address(host)
    except ValueError as error:
        raise RemoteProtocolError(f"not an address for EPRT: {argument[:200]!r}") from error
    return str(address), _checked_port(int(port), argument)


def format_eprt(host: str, port: int) -> str:
    """Write the argument of EPRT.

    Raises:
        LocalProtocolError: the host is no IP address, or there is no such port.
    """
    plain = plain_host(host)
    if not 0 < port < 65536:
        raise LocalProtocolError(f"port must be from 1 to 65535, not {port}")
    return f"|{2 if ':' in plain else 1}|{plain}|{port}|"


@functools.lru_cache(maxsize=1024)  # a server asks for the same few, several times a connection
def plain_host(host: str) -> str:
    """The shortest form of an IP address: zone taken off, IPv4 inside IPv6 taken out.

    Two addresses are of the same host if their plain forms are equal.

    Raises:
        LocalProtocolError: it is no IP address.
    """
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError as error:
        raise LocalProtocolError(f"host must be an IP address, not {host!r}") from error
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


@functools.lru_cache(maxsize=1024)
def network_of(host: str) -> str:
    """What one customer of a provider has: an IPv4 address, or the /64 of an IPv6 address.

    What is no IP address is given back as it is.
    """
    try:
        plain = plain_host(host)
    except LocalProtocolError:
        return host
    return str(ipaddress.IPv6Network((plain, 64), strict=False)) if ":" in plain else plain


def read_six(match: re.Match[str], text: str) -> tuple[str, int]:
    """The host and the port of what `SIX_NUMBERS` has found.

    Raises:
        RemoteProtocolError: a number is out of range.
    """
    numbers = [int(number) for number in match.groups()]
    if max(numbers) > 255:
        raise RemoteProtocolError(f"a number beyond 255 in an address: {text[:200]!r}")
    *host, high, low = numbers
    return ".".join(map(str, host)), _checked_port(high * 256 + low, text)


def _checked_port(port: int, text: str) -> int:
    if not 0 < port < 65536:
        raise RemoteProtocolError(f"no such port: {text[:200]!r}")
    return port
