"""What the page shows of a server, as values for JSON.

Clients choose names; each goes through `visible`, so that it stays on its line and reads in its
order. That nothing in it is taken for markup is the page's concern: it makes text of all of it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, TypeAlias

import anyio

from anyftp._protocol import visible
from anyftp._server import ConnectionRefused, Event, LoginRefused, Server, Session
from anyftp._throttle import StreamThrottle

JSON: TypeAlias = dict[str, Any]

#: Rows of a table; of more, it is said how many.
MAX_ROWS = 500
#: Refusals that are remembered.
_MAX_REFUSALS = 100


class Refusals:
    """The latest logins and connections that were refused."""

    def __init__(self) -> None:
        self._latest: deque[JSON] = deque(maxlen=_MAX_REFUSALS)
        self._count = 0

    def note(self, event: Event) -> None:
        """Keep an event, if it is one of these."""
        if isinstance(event, ConnectionRefused):
            row = _refusal(event.peer_host, None, event.reason)
        elif isinstance(event, LoginRefused):
            row = _refusal(event.session.peer_host, event.name, event.reason)
        else:
            return
        self._count += 1
        at = event.at.isoformat(timespec="seconds")
        self._latest.appendleft({"number": self._count, "at": at, **row})

    def rows(self) -> Sequence[JSON]:
        """The latest first."""
        return list(self._latest)


def _refusal(host: str, user: str | None, reason: str) -> JSON:
    return {
        "host": host,
        "user": None if user is None else visible(user),
        "reason": visible(reason),
    }


def state(server: Server, refusals: Refusals) -> JSON:
    """All that the page shows, at this moment."""
    sessions = server.sessions
    bans = server.bans.seconds_left(anyio.current_time())
    # Whoever moves data is what one looks for.
    shown = sorted(sessions, key=lambda session: session.transfer is None)[:MAX_ROWS]
    return {
        "statistics": asdict(server.statistics()),
        "limits": {
            "server": _limits(server.throttle),
            "each": _limits(server.throttle_per_connection),
            "max_connections": server.max_connections,
            "max_connections_per_address": server.max_connections_per_address,
        },
        "sessions": [_session(session) for session in shown],
        "sessions_left_out": len(sessions) - len(shown),
        "users": _users(sessions)[:MAX_ROWS],
        "refusals": refusals.rows(),
        "bans": [
            {"network": network, "seconds": seconds}
            for network, seconds in list(bans.items())[:MAX_ROWS]
        ],
        "bans_left_out": max(0, len(bans) - MAX_ROWS),
    }


def _limits(throttle: StreamThrottle | None) -> JSON:
    """Uploads are read by the server, downloads written."""
    if throttle is None:
        return {"read": None, "write": None}
    return {"read": throttle.read.limit, "write": throttle.write.limit}


def _session(session: Session) -> JSON:
    return {
        "number": session.number,
        "user": _name(session),
        "host": session.peer_host,
        "seconds": anyio.current_time() - session.began,
        "tls": session.protection.context is not None,
        "folder": visible(str(session.cwd)),
        "transfer": _transfer(session),
        "limits": _limits(session.throttle),
    }


def _transfer(session: Session) -> JSON | None:
    transfer = session.transfer
    if transfer is None:
        return None
    return {
        "verb": transfer.verb,
        "path": visible(transfer.path),
        "nbytes": transfer.stats.nbytes,
        "seconds": transfer.seconds,
    }


def _name(session: Session) -> str | None:
    return None if session.user is None else visible(session.user.name or "anonymous")


def _users(sessions: Iterable[Session]) -> list[JSON]:
    """Who is logged in, each with one of its sessions, by which it is named in requests."""
    found: dict[str | None, JSON] = {}
    for session in sessions:
        if session.user is None:
            continue
        row = found.setdefault(
            session.user.name,
            {
                "user": _name(session),
                "session": session.number,
                "sessions": 0,
                "limits": _limits(session.user_throttle),
            },
        )
        row["sessions"] += 1
    return sorted(found.values(), key=lambda row: str(row["user"]))
