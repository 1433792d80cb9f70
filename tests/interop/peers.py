"""Which servers our client meets, and in which ways.

pyftpdlib is not among them: after an upload that was broken off, and with several sessions in
active mode, its data connections stall now and then.
Nor is aioftp's server. It knows neither explicit TLS nor active mode, and of the operations about
a quarter fail on it, several of them at random; a table of what holds there would have to be
guessed. tests/compat sets it beside ours, command by command.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Literal, cast

from interop.daemons import NAMES, TLS
from interop.pairs import pairwise

Backend = Literal["asyncio", "uvloop", "trio"]


@dataclass(frozen=True)
class Peer:
    """A server and how it is talked to."""

    server: str
    tls: TLS = "off"
    newest_tls: Literal["1.2", "1.3"] = "1.3"
    is_ipv6: bool = False
    is_active: bool = False

    def __str__(self) -> str:
        tls = "plain" if self.tls == "off" else f"{self.tls}-{self.newest_tls}"
        network = "IPv6" if self.is_ipv6 else "IPv4"
        return f"{self.server}-{tls}-{network}-{'active' if self.is_active else 'passive'}"

    @property
    def wanted(self) -> dict[str, object]:
        """What the fixture `ftp_daemon` is asked for, besides the name."""
        wanted: dict[str, object] = {"host": "::1" if self.is_ipv6 else "127.0.0.1"}
        if self.tls != "off":
            wanted |= {"tls": self.tls, "newest_tls": self.newest_tls}
            # Their default. Over TLS 1.3 there is something to resume only once a ticket has come.
            wanted["reuse"] = self.server in {"vsftpd", "proftpd"}
        return wanted


SERVERS = tuple(name for name in NAMES if name != "pyftpdlib")

#: What some server cannot do at all, and why.
IMPOSSIBLE: dict[tuple[str, TLS], str] = {
    ("pure-ftpd", "implicit"): "Debian builds it without implicit TLS",
}

_WAYS: dict[str, tuple[TLS, Literal["1.2", "1.3"]]] = {
    "plain": ("off", "1.3"),
    "explicit": ("explicit", "1.3"),
    "explicit-1.2": ("explicit", "1.2"),
    "implicit": ("implicit", "1.3"),
}


def _is_possible(server: str, way: str) -> bool:
    tls, newest = _WAYS[way]
    is_old = newest == "1.2" and server == "anyftp"  # its command has no option for that
    return (server, tls) not in IMPOSSIBLE and not is_old


def peers() -> Iterator[tuple[Peer, Backend]]:
    """For each server a dozen sessions, in which each two of the other things meet."""
    backends: tuple[Backend, ...] = ("asyncio", "trio", "uvloop")
    for server in SERVERS:
        ways = [way for way in _WAYS if _is_possible(server, way)]
        combinations = product(ways, ("IPv4", "IPv6"), ("passive", "active"), backends)
        for way, family, mode, backend in pairwise(combinations):
            tls, newest = _WAYS[way]
            yield (
                Peer(server, tls, newest, family == "IPv6", mode == "active"),
                cast("Backend", backend),
            )
