"""Which servers our client meets, and in which ways."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Literal, cast

from interop.daemons import NAMES, TLS
from interop.pairs import pairwise

Backend = Literal["asyncio", "uvloop", "trio"]

SERVERS = NAMES

_WAYS: dict[str, tuple[TLS, Literal["1.2", "1.3"]]] = {
    "plain": ("off", "1.3"),
    "explicit": ("explicit", "1.3"),
    "explicit-1.2": ("explicit", "1.2"),
    "implicit": ("implicit", "1.3"),
    "implicit-1.2": ("implicit", "1.2"),
}


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


@dataclass(frozen=True)
class Lack:
    """A way to talk that a server does not have.

    Attributes:
        peer: the server, and that way in its plainest form.
        why: as a reader of the table should know it.
        refusal: the code with which the server refuses; None where it cannot be started so.
    """

    peer: Peer
    why: str
    refusal: str | None = None

    def __str__(self) -> str:
        return f"{self.peer.server}-{self.way}"

    @property
    def way(self) -> str:
        return "active" if self.peer.is_active else self.peer.tls

    def is_about(self, server: str, way: str, mode: str) -> bool:
        return server == self.peer.server and self.way in (_WAYS[way][0], mode)


LACKS = (
    Lack(Peer("pure-ftpd", "implicit"), "Debian builds it without implicit TLS"),
    Lack(Peer("aioftp", "explicit"), "it has no AUTH", "502"),
    Lack(Peer("aioftp", is_active=True), "it has neither EPRT nor PORT", "502"),
)


def peers() -> Iterator[tuple[Peer, Backend]]:
    """For each server a dozen sessions, in which each two of the other things meet."""
    backends: tuple[Backend, ...] = ("asyncio", "trio", "uvloop")
    for server in SERVERS:
        combinations = [
            (way, family, mode, backend)
            for way, family, mode, backend in product(
                _WAYS, ("IPv4", "IPv6"), ("passive", "active"), backends
            )
            if not any(lack.is_about(server, way, mode) for lack in LACKS)
        ]
        for way, family, mode, backend in pairwise(combinations):
            tls, newest = _WAYS[way]
            yield (
                Peer(server, tls, newest, family == "IPv6", mode == "active"),
                cast("Backend", backend),
            )
