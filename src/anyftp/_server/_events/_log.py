"""Events as records of the logger "anyftp.server".

Each record's message is one line for people; its attributes `ftp_event`, `ftp_peer_host`,
`ftp_user`, `ftp_path` and so on are the event's fields for programs. In both, what does not print
is escaped: clients choose names, and a line feed in one must not forge a line (SECURITY P13).
"""

from __future__ import annotations

import logging
from dataclasses import fields

from anyftp._protocol import visible
from anyftp._server._events._events import (
    CommandRefused,
    Connected,
    ConnectionRefused,
    Disconnected,
    Event,
    LoginRefused,
    Renamed,
    SessionEvent,
    SessionInfo,
    TransferEnded,
    TransferStarted,
)

logger = logging.getLogger("anyftp.server")

_LEVELS: dict[type[Event], int] = {
    ConnectionRefused: logging.WARNING,
    LoginRefused: logging.WARNING,
    TransferStarted: logging.DEBUG,
    CommandRefused: logging.DEBUG,
    Connected: logging.DEBUG,
    Disconnected: logging.DEBUG,
}


def log_event(event: Event) -> None:
    """Write an event to the log."""
    level = _LEVELS.get(type(event), logging.INFO)
    if logger.isEnabledFor(level):
        logger.log(level, "%s", describe(event), extra=attributes(event))


def describe(event: Event) -> str:
    """Tell an event in one line."""
    if isinstance(event, ConnectionRefused):
        return f"refused {event.peer_host}: {event.reason}"
    if not isinstance(event, SessionEvent):
        return type(event).__name__
    session = event.session
    return visible(f"{session.user or '-'}@{session.peer_host}: {_what(event)}")


def _what(event: SessionEvent) -> str:
    match event:
        case TransferEnded():
            rate = event.bytes_per_second / 1024
            return (
                f"{event.verb} {event.path!r}: {event.code}, {event.nbytes} bytes"
                f" in {event.seconds:.3f} s ({rate:.0f} KiB/s)"
            )
        case TransferStarted():
            return f"{event.verb} {event.path!r} begins"
        case CommandRefused():
            return f"{event.verb} {event.argument!r}: {event.code} {event.text}"
        case LoginRefused():
            return f"login of {event.name!r} refused: {event.reason}"
        case Disconnected():
            return f"gone after {event.seconds:.1f} s: {event.reason}"
        case Renamed():
            return f"renamed {event.source!r} to {event.destination!r}"
    path = getattr(event, "path", None)
    kind = _words(type(event).__name__)
    return kind if path is None else f"{kind}: {path!r}"


def attributes(event: Event) -> dict[str, object]:
    """The fields of an event as attributes of a log record, by names that clash with none."""
    found: dict[str, object] = {"ftp_event": type(event).__name__}
    for each in fields(event):
        value = getattr(event, each.name)
        if isinstance(value, SessionInfo):
            found["ftp_session"] = value.number
            found["ftp_peer_host"] = value.peer_host
            found["ftp_user"] = None if value.user is None else visible(value.user)
        else:
            found[f"ftp_{each.name}"] = visible(value) if isinstance(value, str) else value
    return found


def _words(name: str) -> str:
    """LoggedIn: logged in."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
