"""What the server says it can do (FEAT, RFC 2389), and how it says that it cannot."""

from __future__ import annotations

from collections.abc import Mapping

from anyftp._client._session._habits import learn, put_in_order
from anyftp._client._session._session import UNKNOWN_COMMAND, Session
from anyftp._protocol import HashFeature, parse_features

#: "Syntax error, command unrecognized" and "command not implemented" (RFC 959, 4.2.1).
_NO_SUCH_COMMAND = frozenset({"500", "502"})


async def get_features(session: Session) -> Mapping[str, str]:
    """Ask for the features once; {} from a server that does not know the question.

    Cancellation: safe.
    """
    if session.learnt.features is None:
        reply = await session.exchange("FEAT")
        session.learnt.features = parse_features(reply) if reply.is_positive else {}
        # What HASH computes is of this connection, and not known of another with this server.
        current = HashFeature.parse(session.learnt.features.get("HASH", "")).current
        session.login.hash_algorithm = current or None
        learn(session)
        await put_in_order(session)
    return session.learnt.features


async def has_feature(session: Session, name: str) -> bool:
    """Whether the server claims a feature. It may be wrong either way."""
    return name in await get_features(session)


async def is_unknown(
    session: Session, verb: str, code: str, *, feature: str = "", has_argument: bool = True
) -> bool:
    """Whether a refusal says that the server does not know this command.

    500 and 502 do. What 501, 503 and 504 say of an argument ("501 not a valid pathname") says
    nothing of the command, unless FEAT lacks it. A command that has once worked is known.

    Args:
        feature: what FEAT calls it, if not by its verb.
        has_argument: whether there was an argument that the refusal may be about.

    Cancellation: safe.
    """
    if code not in UNKNOWN_COMMAND or verb in session.learnt.obeyed:
        return False
    if code in _NO_SUCH_COMMAND or not has_argument:
        return True
    return not await has_feature(session, feature or verb)
