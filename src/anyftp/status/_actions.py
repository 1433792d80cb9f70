"""What can be done from the page: each is a function of the server and a checked request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from anyftp._server import Server, Session
from anyftp._throttle import StreamThrottle

Action: TypeAlias = Callable[[Server, Mapping[str, Any]], None]


#: More than any network moves.
_MAX_RATE = 10**15


class NoSuchThing(LookupError):
    """What was to be acted upon is not there, or not any more."""


def kick(server: Server, request: Mapping[str, Any]) -> None:
    """Send a client away: `{"session": 7}`."""
    _session(server, request).kick()


def limit(server: Server, request: Mapping[str, Any]) -> None:
    """Change a limit: `{"of": "session", "session": 7, "read": 1024, "write": null}`.

    It is of the "server", of "each" session to come, of a "session", or of the "user" of a session.
    """
    match request.get("of"):
        case "server":
            throttle: StreamThrottle | None = server.throttle
        case "each":
            throttle = server.throttle_per_connection
        case "session":
            throttle = _session(server, request).throttle
        case "user":
            throttle = _session(server, request).user_throttle
        case other:
            raise ValueError(f"of must be server, each, session or user, not {other!r}")
    if throttle is None:
        raise NoSuchThing("nobody is logged in there")
    read, write = _rate(request, "read"), _rate(request, "write")
    throttle.read.limit, throttle.write.limit = read, write


def connections(server: Server, request: Mapping[str, Any]) -> None:
    """Change how many may come: `{"max_connections": 200, "max_connections_per_address": 10}`."""
    server.change(
        max_connections=_count(request, "max_connections"),
        max_connections_per_address=_count(request, "max_connections_per_address"),
    )


def lift(server: Server, request: Mapping[str, Any]) -> None:
    """Let an address in again: `{"network": "192.0.2.1"}`."""
    network = request.get("network")
    if not isinstance(network, str):
        raise ValueError("network must be a string")
    if not server.bans.lift(network):
        raise NoSuchThing("it is not banned")


ACTIONS: Mapping[str, Action] = {
    "kick": kick,
    "limit": limit,
    "connections": connections,
    "lift": lift,
}


def _session(server: Server, request: Mapping[str, Any]) -> Session:
    number = request.get("session")
    for session in server.sessions:
        if session.number == number and not isinstance(number, bool):
            return session
    raise NoSuchThing("the session is over")


def _rate(request: Mapping[str, Any], name: str) -> float | None:
    value = request.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} must be a number or null")
    if not 1 <= value <= _MAX_RATE:
        raise ValueError(f"{name} must be from 1 to {_MAX_RATE} bytes per second, or null")
    return value


def _count(request: Mapping[str, Any], name: str) -> int:
    value = request.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"{name} must be an integer, at least 1")
    return value
