"""The argument of HOST (RFC 7151, 3.1): a name, an IPv4 address, or an IPv6 address in brackets."""

from __future__ import annotations

import ipaddress
import re

from anyftp._errors import RemoteProtocolError

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_MAX_NAME = 253


def parse_host(argument: str) -> str:
    """Read the argument of HOST.

    Returns:
        The name in lower case, or the address in its shortest form.

    Raises:
        RemoteProtocolError: it is neither.
    """
    try:
        if argument.startswith("[") and argument.endswith("]"):
            return str(ipaddress.IPv6Address(argument[1:-1]))
        if argument.replace(".", "").isdecimal():
            return str(ipaddress.IPv4Address(argument))
    except ValueError as error:
        raise RemoteProtocolError(f"no host: {argument[:300]!r}") from error
    if len(argument) > _MAX_NAME or not _NAME.fullmatch(argument):
        raise RemoteProtocolError(f"no host: {argument[:300]!r}")
    return argument.lower()
