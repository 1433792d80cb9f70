"""What a server has done so far, in numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from anyftp._server._events._events import (
    CommandRefused,
    Connected,
    ConnectionRefused,
    Event,
    LoggedIn,
    LoginRefused,
    TransferEnded,
)

#: Which counter counts events of a kind; transfers are counted by what they moved.
_COUNTED: dict[type[Event], str] = {
    Connected: "connections",
    ConnectionRefused: "connections_refused",
    LoggedIn: "logins",
    LoginRefused: "logins_refused",
    CommandRefused: "commands_refused",
}
_UPLOADS = frozenset({"STOR", "STOU", "APPE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerStatistics:
    """The state of a server's counters at one moment; all but the first two only grow.

    Attributes:
        sessions: connected now.
        transfers: under way now, listings included.
        connections: accepted so far.
        connections_refused: turned away so far.
        logins: that succeeded.
        logins_refused: that did not.
        commands: received.
        commands_refused: answered with 400 or above; logins included.
        uploads: that are complete.
        uploads_failed: that were announced and not completed.
        downloads: that are complete, listings included.
        downloads_failed: that were announced and not completed.
        nbytes_received: over data connections, those under way included.
        nbytes_sent: over data connections, those under way included.
    """

    sessions: int
    transfers: int
    connections: int
    connections_refused: int
    logins: int
    logins_refused: int
    commands: int
    commands_refused: int
    uploads: int
    uploads_failed: int
    downloads: int
    downloads_failed: int
    nbytes_received: int
    nbytes_sent: int


@dataclass(slots=True)
class Counters:
    """The counters themselves; the names are those of `ServerStatistics`."""

    connections: int = 0
    connections_refused: int = 0
    logins: int = 0
    logins_refused: int = 0
    commands: int = 0
    commands_refused: int = 0
    uploads: int = 0
    uploads_failed: int = 0
    downloads: int = 0
    downloads_failed: int = 0
    nbytes_received: int = 0
    nbytes_sent: int = 0

    def count(self, event: Event) -> None:
        """Take note of an event."""
        if isinstance(event, TransferEnded):
            self.count_transfer(event.verb, event.code, event.nbytes)
        else:
            self.count_kind(type(event))

    def count_kind(self, kind: type[Event]) -> None:
        """Take note of an event of some kind, where nobody needs the event itself."""
        name = _COUNTED.get(kind)
        if name is not None:
            setattr(self, name, getattr(self, name) + 1)

    def count_transfer(self, verb: str, code: str, nbytes: int) -> None:
        """Take note of a transfer that has ended with this reply, where nobody needs an event."""
        is_complete = code.startswith("2")
        if verb in _UPLOADS:
            self.nbytes_received += nbytes
            self.uploads += is_complete
            self.uploads_failed += not is_complete
        else:
            self.nbytes_sent += nbytes
            self.downloads += is_complete
            self.downloads_failed += not is_complete

    def snapshot(self, running: Iterable[tuple[str, int]], *, sessions: int) -> ServerStatistics:
        """The numbers of this moment.

        Args:
            running: verb of each transfer under way, and the bytes that it has moved.
            sessions: how many are connected.
        """
        transfers, received, sent = 0, 0, 0
        for verb, nbytes in running:
            transfers += 1
            received += nbytes if verb in _UPLOADS else 0
            sent += 0 if verb in _UPLOADS else nbytes
        numbers = asdict(self)
        numbers["nbytes_received"] += received
        numbers["nbytes_sent"] += sent
        return ServerStatistics(sessions=sessions, transfers=transfers, **numbers)
