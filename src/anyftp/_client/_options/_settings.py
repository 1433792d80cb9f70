"""The settings of a client that do not change while it is connected."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Literal, TypedDict

from anyftp._client._options._retry_policy import RetryPolicy
from anyftp._net import Dialler
from anyftp._protocol import HabitRule, ListParser
from anyftp._throttle import StreamThrottle

TLSMode = Literal["explicit", "implicit", "prefer"]
PassiveCommand = Literal["EPSV", "PASV"]

#: Is told of each line of the control connection as it goes, secrets left out, endings taken off.
Trace = Callable[[Literal["sent", "received"], str], None]


@dataclass(frozen=True, slots=True)
class Endpoint:
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
    connection_timeout: float | None
    login_timeout: float | None
    read_speed_limit: float | None
    write_speed_limit: float | None
    throttle: StreamThrottle | None
    encoding: str
    dialler: Dialler | None
    close_timeout: float
    confirmation_timeout: float
    passive_commands: Sequence[PassiveCommand]
    trust_passive_host: bool
    protect_data: bool
    active: bool
    active_host: str | None
    active_ports: range | None
    send_abort: bool
    server_zone: tzinfo | None
    list_options: str
    list_parser: ListParser | None
    habits: Sequence[HabitRule]
    retry: RetryPolicy | None
    trace: Trace | None
    max_reply_line: int
    max_reply_bytes: int
    max_reply_lines: int
    max_reply_seconds: float
    strict_replies: bool
    max_path: int
    max_entry_line: int
    max_entries: int
    max_listing_bytes: int
    max_depth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """See `Client` for what each means."""

    dialler: Dialler
    is_own_dialler: bool = False
    timeout: float | None = None
    connection_timeout: float | None = None
    login_timeout: float | None = 60.0
    close_timeout: float = 2.0
    confirmation_timeout: float = 60.0
    encoding: str = "utf-8"
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
    max_entry_line: int = 65536
    max_entries: int = 10_000_000
    max_listing_bytes: int = 1 << 30
    max_depth: int = 100

    @property
    def patient_timeout(self) -> float | None:
        """Seconds to wait for what takes a server long: an upload's confirmation, a checksum."""
        return None if self.timeout is None else max(self.timeout, self.confirmation_timeout)
