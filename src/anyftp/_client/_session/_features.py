"""What the server says it can do (FEAT, RFC 2389), and how it says that it cannot."""

from __future__ import annotations

from collections.abc import Mapping

from anyftp._client._session._habits import learn, put_in_order
from anyftp._client._session._session import UNKNOWN_COMMAND, Session
from anyftp._errors import ReplyError
from anyftp._protocol import parse_features


async def get_features(session: Session) -> Mapping[str, str]:
    """Ask for the features once; {} from a server that does not know the question.

    Cancellation: safe.
    """
    if session.learnt.features is None:
        reply = await session.exchange("FEAT")
        session.learnt.features = parse_features(reply) if reply.is_positive else {}
        learn(session)
        await put_in_order(session)
    return session.learnt.features


async def has_feature(session: Session, name: str) -> bool:
    """Whether the server claims a feature. It may be wrong either way."""
    return name in await get_features(session)


def is_unknown_command(error: ReplyError) -> bool:
    """Whether a refusal is about the command rather than about its argument."""
    return error.code in UNKNOWN_COMMAND
