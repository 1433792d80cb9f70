"""OPTS (RFC 2389, 4): MLST, UTF8, and HASH and MODE Z where the server has them."""

from __future__ import annotations

from anyftp._errors import RemoteProtocolError
from anyftp._protocol import Reply, parse_deflate_level, parse_hash_option
from anyftp._server._session._session import Session
from anyftp._server._verbs._hashing import ALGORITHMS, algorithm_of
from anyftp._server._verbs._request import Request


async def opts(session: Session, request: Request) -> Reply:
    """OPTS."""
    name, _, value = request.argument.partition(" ")
    match name.upper():
        case "MLST":
            return Reply("200", (session.mlsx.select(value),))
        case "UTF8" | "UTF-8":
            return _utf8(value)
        case "HASH" if "HASH" in session.options.verbs:
            return _hash(session, value)
        case "MODE" if session.options.verbs["MODE"].feat is not None:
            return _mode(session, value)
    return Reply("501", (f"{name.upper()[:20]!r} has no options.",))


def _utf8(value: str) -> Reply:
    if value.upper() in ("", "ON"):
        return Reply("200", ("UTF8 is on.",))
    return Reply("504", ("UTF8 is always on.",))


def _hash(session: Session, value: str) -> Reply:
    try:
        chosen = parse_hash_option(value, ALGORITHMS)
    except RemoteProtocolError:
        return Reply("501", (f"Algorithms are {', '.join(ALGORITHMS)}.",))
    session.state.hash_algorithm = chosen or algorithm_of(session)
    return Reply("200", (session.state.hash_algorithm,))


def _mode(session: Session, value: str) -> Reply:
    try:
        session.state.deflate_level = parse_deflate_level(value)
    except RemoteProtocolError:
        return Reply("501", ("Syntax: OPTS MODE Z LEVEL <0 to 9>",))
    return Reply("200", (f"MODE Z LEVEL set to {session.state.deflate_level}.",))
