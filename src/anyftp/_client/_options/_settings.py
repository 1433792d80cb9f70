"""The settings of a client that do not change while it is connected."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Literal, NamedTuple, TypedDict

from anyftp._client._options._retry_policy import RetryPolicy
from anyftp._errors import LocalProtocolError
from anyftp._net import Dialler
from anyftp._protocol import HabitRule, ListParser
from anyftp._throttle import StreamThrottle

TLSMode = Literal["explicit", "implicit", "prefer"]
PassiveCommand = Literal["EPSV", "PASV"]

#: Is told of each line of the control connection as it goes, secrets left out, endings taken off.
Trace = Callable[[Literal["sent", "received"], str], None]


class Endpoint(NamedTuple):
    """Which server to connect to, and how to protect the control connection.

    Attributes:
        host: the server as the user named it; certificates are checked for this name.
        port: where its control connection is dialled.
        tls: when TLS begins, None for clear text.
        context: for TLS; None in clear text.
    """

    host: str
    port: int
    tls: TLSMode | None = None
    context: ssl.SSLContext | None = None


#: A dead EPSV port behind a firewall shows as silence. With PASV still to try, the first dial
#: waits this long, in seconds, where no connection_timeout says otherwise.
FIRST_DIAL = 10.0


class ClientOptions(TypedDict, total=False):
    """What `Client` takes by keyword besides `ssl_context`, for functions that pass it on."""

    timeout: float | None
    """Seconds to wait for a reply, for data to move, and for the handshake on a data connection,
    which goes on beside the reply; None for any time (a handshake: 30). The confirmation of an
    upload of which all has gone over may take `confirmation_timeout`.
    """

    connection_timeout: float | None
    """Seconds to connect, data connections and TLS handshakes included."""

    login_timeout: float | None
    """Seconds for the greeting and TLS together, and again for a whole login; None for any time."""

    read_speed_limit: float | None
    """Bytes per second of all downloads together."""

    write_speed_limit: float | None
    """Bytes per second of all uploads together."""

    throttle: StreamThrottle | None
    """Limits of your own instead, such as one that several clients share."""

    encoding: str
    """Of names on the control connection and in listings. Bytes that are not of it survive as lone
    surrogates.
    """

    dialler: Dialler | None
    """Connects to a host and port, for proxies and tests."""

    close_timeout: float
    """Seconds that ending, aborting and getting back in step may take."""

    confirmation_timeout: float
    """Seconds to wait for the reply that confirms an upload, or tells a checksum, where `timeout`
    is shorter: some servers scan or copy the file first. With `timeout=None`, any time.
    """

    passive_commands: Sequence[PassiveCommand]
    """Which to try, in this order."""

    trust_passive_host: bool
    """Connect to the address in the answer to PASV rather than to the server's. Makes the client
    connect wherever a server wants; for rare load balancers.
    """

    protect_data: bool
    """With TLS, protect data connections too. Without it files and listings go in clear text (PROT
    C), and only names and passwords are protected.
    """

    active: bool
    """Have the server connect to us (EPRT, else PORT) instead of connecting to it. Not through a
    proxy.
    """

    active_host: str | None
    """The address to tell the server, where it is not the one that we connect from (behind NAT)."""

    active_ports: range | None
    """Where to listen, a random one of these; any free port if None."""

    send_abort: bool
    """Send ABOR when a transfer is given up. Without it closing the data connection has to do; for
    servers that ABOR upsets.
    """

    server_zone: tzinfo | None
    """Time zone of the times in LIST; UTC if None, unless the server is known to list otherwise.
    MLSD's are always UTC. See `measure_zone`.
    """

    list_options: str
    """Goes before the path in LIST, such as "-a" for servers that hide names with a dot in front
    unless asked (vsftpd). Those that do not know it take it for a name.
    """

    list_parser: ListParser | None
    """Asked about each line of LIST before the known dialects, with the line, the present time in
    the server's zone, and the folder. It gives an `Entry` (`KnownEntry` will do), or None for a
    line that says nothing; `ListingError` leaves the line to the others.
    """

    habits: Sequence[HabitRule]
    """What you know of servers, in rules of your own; they win over `HABIT_RULES`."""

    retry: RetryPolicy | None
    """How to go on after failures, None for not at all. A connection found dead before a command is
    made anew, with login, TLS and folder as before; commands that only ask, listings and transfers
    of files are tried again, the latter from where they stopped if they have `resume=True`. What
    may have changed something is never sent twice.
    """

    trace: Trace | None
    """Called with "sent" or "received" and each line of the control connection, without passwords,
    as in `trace=functools.partial(logger.debug, "%s %s")`. It must not raise. Where it has a method
    `is_wanted()`, no line is put together while that says no.
    """

    max_reply_line: int
    """Longest line of a reply, in bytes."""

    max_reply_bytes: int
    """Longest reply, in bytes."""

    max_reply_lines: int
    """Most lines of a reply."""

    max_reply_seconds: float
    """How long a reply may take from its first byte to its last."""

    strict_replies: bool
    """Raise `MixedReplyError` where a reply seems to end under another code than the one it began
    with. By default such a line is its end after a second of silence, for glFTPd's sake.
    """

    max_path: int
    """Longest path, or other argument, that goes into a command, in bytes."""

    max_entry_line: int
    """Longest line of a listing in bytes; longer ones are passed over."""

    max_entries: int
    """Most entries of one listing that are gathered: by an awaited `list`, of all its folders
    together, and of each folder of a tree. An iterated `list` has no bound. A quarter of a million
    takes 70 MB, and Python's garbage collector up to 50 ms at a time.
    """

    max_tree_entries: int
    """Most entries of all folders together that a mirror or sync compares, that wait for a walk or
    a tree to come to them, and that a report tells of.
    """

    max_listing_bytes: int
    """How long the listing of one folder may be, iterated or not."""

    max_depth: int
    """Deepest nesting of folders that trees are followed into."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Options:
    """The settings of one client; see `ClientOptions` for what each means."""

    timeout: float | None = None
    connection_timeout: float | None = None
    login_timeout: float | None = 60.0
    read_speed_limit: float | None = None
    write_speed_limit: float | None = None
    throttle: StreamThrottle | None = None
    close_timeout: float = 2.0
    confirmation_timeout: float = 60.0
    encoding: str = "utf-8"
    dialler: Dialler | None = None
    passive_commands: Sequence[PassiveCommand] = ("EPSV", "PASV")
    trust_passive_host: bool = False
    protect_data: bool = True
    active: bool = False
    active_host: str | None = None
    active_ports: range | None = None
    send_abort: bool = True
    server_zone: tzinfo | None = None
    list_options: str = ""
    list_parser: ListParser | None = None
    habits: Sequence[HabitRule] = ()
    retry: RetryPolicy | None = None
    trace: Trace | None = None
    max_reply_line: int = 8192
    max_reply_bytes: int = 65536
    max_reply_lines: int = 1000
    max_reply_seconds: float = 120.0
    strict_replies: bool = False
    max_path: int = 4096
    max_entry_line: int = 16384
    max_entries: int = 250_000
    max_tree_entries: int = 2_000_000
    max_listing_bytes: int = 1 << 28
    max_depth: int = 100

    def __post_init__(self) -> None:
        if self.active and _is_proxy(self.dialler):
            raise LocalProtocolError(
                "active must be False with a proxy: no server can connect to us through it"
            )
        if self.throttle is not None and self._has_speed_limits:
            raise LocalProtocolError("speed limits must be None with a throttle, which has its own")
        # Whatever becomes of the lists that were given, a client goes on as it was told.
        object.__setattr__(self, "passive_commands", tuple(self.passive_commands))
        object.__setattr__(self, "habits", tuple(self.habits))

    @property
    def _has_speed_limits(self) -> bool:
        return self.read_speed_limit is not None or self.write_speed_limit is not None

    def initial_throttle(self) -> StreamThrottle:
        """The limits to begin with."""
        if self.throttle is not None:
            return self.throttle
        return StreamThrottle.from_limits(self.read_speed_limit, self.write_speed_limit)

    @property
    def patient_timeout(self) -> float | None:
        """Seconds to wait for what takes a server long: an upload's confirmation, a checksum."""
        return None if self.timeout is None else max(self.timeout, self.confirmation_timeout)


def _is_proxy(dialler: Dialler | None) -> bool:
    from anyftp._net import ProxyDialler  # imported by whoever has the server connect, not by all

    return isinstance(dialler, ProxyDialler)
