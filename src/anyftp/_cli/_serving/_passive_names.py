"""`--passive-host NAME`: names whose addresses change, asked for again and again."""

from __future__ import annotations

import ipaddress
import logging
import socket
from collections.abc import Callable, Mapping

from anyftp._server import PassiveHosts

logger = logging.getLogger("anyftp.server")

#: Seconds until a name is looked up again.
REFRESH_SECONDS = 60.0


class PassiveNames:
    """What PASV names to whom, where some of it is given by name.

    Args:
        hosts: addresses and names by network, as `Server(passive_host=...)` takes addresses.
    """

    def __init__(self, hosts: Mapping[str, str]) -> None:
        self._hosts = dict(hosts)
        self._known: dict[str, str] = {}
        self._answers = PassiveHosts({})

    @property
    def source(self) -> Mapping[str, str] | Callable[[str], str | None]:
        """What the server is told: a mapping where there is no name in it, else a function."""
        return self.of if any(map(is_name, self._hosts.values())) else self._hosts

    def of(self, client_host: str) -> str | None:
        """The address for a client."""
        return self._answers.of(client_host)

    def look_up(self) -> None:
        """Ask for the names' addresses; one that cannot be found keeps its last one. Blocking.

        Raises:
            OSError: one was never found.
        """
        found = {}
        for network, host in self._hosts.items():
            found[network] = self._address_of(host) if is_name(host) else host
        self._answers = PassiveHosts(found)

    def _address_of(self, name: str) -> str:
        try:
            answers = socket.getaddrinfo(name, None, family=socket.AF_INET)
        except OSError as error:
            if name not in self._known:
                raise
            logger.warning("%s: %s; its address stays %s", name, error, self._known[name])
            return self._known[name]
        address = str(answers[0][4][0])
        if self._known.get(name, address) != address:
            logger.info("%s: its address is %s now", name, address)
        self._known[name] = address
        return address


def is_name(host: str) -> bool:
    """Whether it is a name, and no address nor what looks like one."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return not host.rpartition(".")[2].isdecimal()
    return False


def check(hosts: Mapping[str, str]) -> None:
    """See that networks, addresses and names are some.

    Raises:
        ValueError: one is not.
    """
    PassiveHosts({network: "0.0.0.0" if is_name(host) else host for network, host in hosts.items()})
    for host in hosts.values():
        if is_name(host) and not all(part.replace("-", "a").isalnum() for part in host.split(".")):
            raise ValueError(f"passive_host must be an IPv4 address or a name, not {host!r}")
