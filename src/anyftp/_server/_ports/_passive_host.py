"""Which address PASV names, for servers that are known by others than their own (NAT)."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from typing import TypeAlias

from anyftp._protocol import NetworkMap

#: One address; addresses by the client's network; or a function of the client's address, which
#: must not block. None, and no network that fits: the address that the client has connected to.
PassiveHost: TypeAlias = str | Mapping[str, str] | Callable[[str], str | None] | None


class PassiveHosts:
    """Answers which address to name to whom.

    Raises:
        ValueError: something named is no IPv4 address, or no network.
    """

    def __init__(self, source: PassiveHost) -> None:
        self._function = source if callable(source) else None
        if callable(source) or source is None:
            source = {}
        elif isinstance(source, str):
            source = {"0.0.0.0/0": source, "::/0": source}
        self._by_network = NetworkMap(
            {network: check_ipv4(host) for network, host in source.items()}
        )

    def of(self, client_host: str) -> str | None:
        """The address for a client; None for the one that it has connected to.

        Raises:
            ValueError: the user's function has given what is no IPv4 address.
        """
        if self._function is None:
            return self._by_network.get(client_host)
        host = self._function(client_host)
        return None if host is None else check_ipv4(host)


def check_ipv4(host: str) -> str:
    """Give an IPv4 address back.

    Raises:
        ValueError: it is none.
    """
    try:
        return str(ipaddress.IPv4Address(host))
    except ValueError as error:
        raise ValueError(f"passive_host must be an IPv4 address, not {host!r}") from error
