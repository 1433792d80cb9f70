"""What a server is told when it is made."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Collection, Container, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from anyftp._protocol import Networks, Verb, verb_table
from anyftp._server._ports._passive_host import PassiveHosts
from anyftp._server._session._hidden import Hidden
from anyftp._server._session._tls_policy import TLSPolicy
from anyftp._server._users._bans import BanPolicy

#: A context for all connections, or a maker of one for each control connection.
TLSSource = ssl.SSLContext | Callable[[], ssl.SSLContext]

#: What becomes of an upload that breaks off.
PartialUploads = Literal["delete", "keep"]

#: Is told the address of each client that connects; gives a text to refuse it with, or None.
Admit: TypeAlias = "Callable[[str], str | None]"


#: Who sends a command has to wait for as long at most, which nobody takes notice of; and where
#: answers in the course of a transfer are wanted.
_UNNOTICED_SECONDS, _SOON_SECONDS = 0.1, 0.02

#: What never overtakes the end of a transfer: it would change what the transfer, or its end, goes
#: by; or clients send it right behind RETR and STOR, and take what comes first for their end.
_IN_ORDER = frozenset(
    "USER PASS ACCT REIN AUTH PBSZ PROT CCC MODE PASV EPSV PORT EPRT SIZE ABOR QUIT".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Settings of a server; `Server` documents them. Times are in seconds."""

    ssl_context: TLSSource | None = None
    implicit_tls: bool = False
    require_tls: bool = False
    tls_policy: TLSPolicy = field(default_factory=TLSPolicy)
    passive_ports: Collection[int] | None = None
    passive_hosts: PassiveHosts | None = None
    foreign_data_hosts: bool = False
    welcome: str = "anyftp ready."
    max_connections: int = 200
    max_connections_per_address: int = 10
    admit: Admit | None = None
    ban: BanPolicy | None = None
    max_login_failures: int = 3
    login_delay: float = 1.0
    login_timeout: float = 60.0
    idle_timeout: float = 300.0
    stall_timeout: float = 300.0
    accept_timeout: float = 30.0
    handshake_timeout: float = 30.0
    send_timeout: float = 60.0
    command_rate: float | None = 5000.0
    command_rate_per_address: float | None = 2000.0
    max_line: int = 8192
    max_listing: int = 10_000_000
    hidden: Hidden = field(default_factory=Hidden)
    max_discarded: int = 65536
    max_unknown_commands: int = 10
    verbs: Mapping[str, Verb] = field(default_factory=verb_table)
    answered_in_transfers: Container[str] = ()
    system: str = "UNIX Type: L8"
    partial_uploads: PartialUploads = "delete"
    proxies: Networks | None = None
    #: Whether data connections in clear text are refused.
    requires_private_data: bool = field(init=False)
    #: After how much of a transfer commands are looked for. Most files have gone by then, and to
    #: look meanwhile would cost as much again as a small one.
    seconds_unheard: float = field(init=False)

    @property
    def protects_data_at_once(self) -> bool:
        """Whether data is protected over implicit TLS where no PROT came.

        It was never said by a standard, and most clients do say PROT P. To guess from what comes
        would let whoever is in between choose clear text.
        """
        return self.tls_policy.require_data is not False

    def answers_in_transfers(self, verb: str) -> bool:
        """Whether a command is answered while a transfer runs; others wait for its end."""
        row = self.verbs.get(verb)
        if row is None:
            return verb in self.answered_in_transfers
        if row.data or row.beside or verb in _IN_ORDER:
            return False
        return row.allowed_during_transfer or verb in self.answered_in_transfers

    def __post_init__(self) -> None:
        wanted = self.tls_policy.require_data
        is_required = self.require_tls if wanted is None else wanted
        object.__setattr__(self, "requires_private_data", is_required)
        patience = _SOON_SECONDS if self.answered_in_transfers else _UNNOTICED_SECONDS
        object.__setattr__(self, "seconds_unheard", patience)
        if self.ssl_context is None and (self.require_tls or self.implicit_tls):
            raise ValueError("ssl_context must be given with require_tls and implicit_tls")
        if self.ssl_context is None and self.tls_policy.require_data:
            raise ValueError("ssl_context must be given with tls_policy.require_data")
        for name in (
            "max_connections",
            "max_connections_per_address",
            "max_login_failures",
            "max_listing",
        ):
            if (number := getattr(self, name)) < 1:
                raise ValueError(f"{name} must be at least 1, not {number}")
        for name in ("command_rate", "command_rate_per_address"):
            if (rate := getattr(self, name)) is not None and rate <= 0:
                raise ValueError(f"{name} must be above 0, not {rate}")
        if self.max_line < 64:
            raise ValueError(f"max_line must be at least 64, not {self.max_line}")
