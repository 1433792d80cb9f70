"""What happens on a server, as values.

Frozen, so that they can be kept, compared and handed to other tasks. They hold what clients said
(names, paths) as it was said, and never a password.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """Whose doing an event is.

    Attributes:
        number: counts the sessions of a server, from 1.
        peer_host: the client's address.
        user: who was logged in, "anonymous" for the anonymous user; None before the login.
    """

    number: int
    peer_host: str
    user: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that has happened.

    Attributes:
        at: when, in UTC.
    """

    at: datetime = field(default_factory=_now, kw_only=True)


@dataclass(frozen=True, slots=True)
class SessionEvent(Event):
    """Something that has happened in a session.

    Attributes:
        session: which one.
    """

    session: SessionInfo


@dataclass(frozen=True, slots=True)
class ConnectionRefused(Event):
    """A connection was turned away before it became a session.

    Attributes:
        peer_host: where it came from.
        reason: as the client was told.
    """

    peer_host: str
    reason: str


@dataclass(frozen=True, slots=True)
class Connected(SessionEvent):
    """A session has begun."""


@dataclass(frozen=True, slots=True)
class Disconnected(SessionEvent):
    """A session has ended.

    Attributes:
        reason: why, in a few words.
        seconds: how long it was.
    """

    reason: str
    seconds: float


@dataclass(frozen=True, slots=True)
class LoggedIn(SessionEvent):
    """A user has logged in."""


@dataclass(frozen=True, slots=True)
class LoginRefused(SessionEvent):
    """A login was refused.

    Attributes:
        name: as given to USER.
        reason: as the client was told.
    """

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class CommandRefused(SessionEvent):
    """A command was answered with a code of 400 or above.

    Attributes:
        verb: in upper case.
        argument: what followed it; four asterisks where that is a secret.
        code: of the reply.
        text: of the reply.
    """

    verb: str
    argument: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class TransferStarted(SessionEvent):
    """A transfer, or a listing, was announced to the client.

    Attributes:
        verb: RETR, STOR, MLSD, ...
        path: of the file or folder.
    """

    verb: str
    path: str


@dataclass(frozen=True, slots=True)
class TransferEnded(SessionEvent):
    """A transfer has ended, well or not.

    Attributes:
        verb: as in `TransferStarted`.
        path: as in `TransferStarted`; for STOU, the name that was found.
        code: of the last reply.
        nbytes: moved over the data connection.
        seconds: from the announcement to the end.
        seconds_throttle: of these, waiting for throttles.
        seconds_network: of these, waiting for the client.
        seconds_disk: of these, reading or writing the file.
    """

    verb: str
    path: str
    code: str
    nbytes: int
    seconds: float
    seconds_throttle: float = 0.0
    seconds_network: float = 0.0
    seconds_disk: float = 0.0

    @property
    def is_complete(self) -> bool:
        """Whether everything arrived; an upload is then in its place."""
        return self.code.startswith("2")

    @property
    def bytes_per_second(self) -> float:
        """The average rate; 0.0 where no time has passed."""
        return self.nbytes / self.seconds if self.seconds > 0 else 0.0


@dataclass(frozen=True, slots=True)
class _PathEvent(SessionEvent):
    path: str


@dataclass(frozen=True, slots=True)
class FolderMade(_PathEvent):
    """A folder was made at `path`."""


@dataclass(frozen=True, slots=True)
class FolderRemoved(_PathEvent):
    """The folder at `path` was removed."""


@dataclass(frozen=True, slots=True)
class FileRemoved(_PathEvent):
    """The file at `path` was removed."""


@dataclass(frozen=True, slots=True)
class AttributesChanged(_PathEvent):
    """Time or mode of what is at `path` was changed."""


@dataclass(frozen=True, slots=True)
class Renamed(SessionEvent):
    """A file or folder has another name.

    Attributes:
        source: its old path.
        destination: its new one.
    """

    source: str
    destination: str


@dataclass(frozen=True, slots=True)
class EventsDropped(Event):
    """The listener was too slow: events between the one before and the one after are missing.

    Attributes:
        count: how many.
    """

    count: int
