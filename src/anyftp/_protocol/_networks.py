"""Sets of IP addresses by the networks that they are in."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Generic, TypeAlias, TypeVar

from anyftp._protocol._addresses import plain_host

_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_T = TypeVar("_T")


class NetworkMap(Generic[_T]):
    """What belongs to an address: the value of the smallest network that holds it.

    Args:
        values: by network, as in "192.0.2.0/24", "2001:db8::/32" or "192.0.2.7".

    Raises:
        ValueError: one is no network, or two are the same.
    """

    def __init__(self, values: Mapping[str, _T]) -> None:
        found: dict[_Network, _T] = {}
        for name, value in values.items():
            network = _parse(name)
            if network in found:
                raise ValueError(f"the network {network} is named twice")
            found[network] = value
        self._values = sorted(found.items(), key=lambda pair: pair[0].prefixlen, reverse=True)

    def __bool__(self) -> bool:
        return bool(self._values)

    def get(self, host: str) -> _T | None:
        """The value for an address; None if no network holds it.

        Raises:
            LocalProtocolError: host is no IP address.
        """
        plain = plain_host(host)
        if not self._values:
            return None
        address = ipaddress.ip_address(plain)
        return next((value for network, value in self._values if address in network), None)


class Networks:
    """Addresses of which all in these networks are members.

    Raises:
        ValueError: one is no network.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._map = NetworkMap(dict.fromkeys({str(_parse(name)) for name in names}, True))

    def __bool__(self) -> bool:
        return bool(self._map)

    def __contains__(self, host: str) -> bool:
        return self._map.get(host) is not None


def _parse(name: str) -> _Network:
    try:
        return ipaddress.ip_network(name)
    except ValueError as error:
        raise ValueError(f"{name!r} is not a network such as 192.0.2.0/24: {error}") from error
