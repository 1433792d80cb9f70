"""What a session knows, in parts that come and go together: to forget is to take a fresh one."""

from __future__ import annotations

import math
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from anyftp._client._options._settings import PassiveCommand
from anyftp._protocol import Habits, Reply


@dataclass(slots=True, eq=False, repr=False)
class Learnt:
    """What the server has told of itself, and what has been found out.

    Forgotten when TLS begins, for anybody may have said it.

    Attributes:
        greeting: what the server said first.
        system: the answer to SYST once asked for.
        features: the answer to FEAT once asked for.
        habits: what is known of servers of this kind.
        refused: commands that this server does not know.
        obeyed: commands that have worked, whatever the server says of them afterwards.
        passive: the passive command that has worked on this connection.
        active: the active one.
        announces_size: whether its last 150 to RETR told how much will come, None before the first.
        writes_in_place: whether it does not let us upload beside a file and rename onto it.
    """

    greeting: str = ""
    system: str | None = None
    features: Mapping[str, str] | None = None
    habits: Habits = field(default_factory=Habits)
    refused: set[str] = field(default_factory=set)
    obeyed: set[str] = field(default_factory=set)
    passive: PassiveCommand | None = None
    active: str | None = None
    announces_size: bool | None = None
    writes_in_place: bool = False

    def copy(self) -> Self:
        """The same for another session with this server, to go on learning from."""
        return replace(self, refused=set(self.refused), obeyed=set(self.obeyed))


@dataclass(slots=True, eq=False, repr=False)
class Protection:
    """How the connections are protected.

    Attributes:
        tls: the context of the control connection, None in clear text.
        session: the session to resume on data connections.
        asked_at: when the control connection was asked for it, by the event loop's clock.
        is_implicit: whether TLS began with the first byte.
        covers_data: whether data connections use TLS too (PROT P).
    """

    tls: ssl.SSLContext | None = None
    session: ssl.SSLSession | None = None
    asked_at: float = -math.inf
    is_implicit: bool = False
    covers_data: bool = False


@dataclass(slots=True, eq=False, repr=False)
class Login:
    """Who is logged in, and what has been agreed on since; begins anew with each USER and REIN.

    Attributes:
        credentials: user, password and account, for further sessions; None before the login.
        type: the transfer type in force, None before the first TYPE.
        is_utf8_agreed: whether OPTS UTF8 has been sent.
        is_in_order: whether the commands that this kind wants after the login have been sent.
        hash_algorithm: what HASH computes on this connection, None where that is not known.
    """

    credentials: tuple[str, str, str] | None = field(default=None, repr=False)
    type: str | None = None
    is_utf8_agreed: bool = False
    is_in_order: bool = False
    hash_algorithm: str | None = None


@dataclass(slots=True, eq=False, repr=False)
class Whereabouts:
    """In which folder we are, as far as that has to be known.

    Attributes:
        directory: where we are, None for where the login led; known only with a persistence.
        is_known: whether that is so; not after a change of folder that was cancelled.
        way_back: the working directory to return to before the next command, if we are not there.
    """

    directory: str | None = None
    is_known: bool = True
    way_back: str | None = None


@dataclass(slots=True, eq=False, repr=False)
class Unsettled:
    """What was begun on this connection and may have no end yet, for the next command to see to.

    Attributes:
        has_offset: whether REST may have been followed by no transfer that was begun.
        has_own_offset: whether REST was a command of the user's own, so that only the server knows
            where the next transfer begins.
        has_lost_transfer: whether the server may still wait for the data connection of a transfer
            that was given up.
        port_asked: the passive command that was sent ahead, for the next data connection.
        port_told: the answer to such a one.
        row: how much had been sent when the last file was under way, see `is_in_a_row`.
        rename: the file of an RNFR that may have been followed by no RNTO.
    """

    has_offset: bool = False
    has_own_offset: bool = False
    has_lost_transfer: bool = False
    port_asked: PassiveCommand | None = None
    port_told: Reply | None = None
    row: int = -1
    rename: str | None = None


@dataclass(slots=True)
class Loan:
    """What whoever lends a session out has to know of it.

    Attributes:
        made_at: when it was let in, by the event loop's clock.
        idle_since: when it was given back last.
        home: the folder to return to before somebody else has it, None if it is there.
        folder: where it is, if that is known.
        is_spoilt: whether its user changed what cannot be put back.
    """

    made_at: float = -math.inf
    idle_since: float = -math.inf
    home: str | None = None
    folder: str | None = None
    is_spoilt: bool = False
