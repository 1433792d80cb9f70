"""Going to a folder for a moment: the working directory is the same afterwards, come what may.

Where the way back is cut off, by a cancellation or an error, the session's next command goes it
first; see `Session.make_way`.
"""

from __future__ import annotations

from contextlib import suppress

from anyftp._client._session._session import RemotePath, Session, text_of
from anyftp._errors import RemoteProtocolError
from anyftp._protocol import Reply, parse_257


async def can_enter(session: Session, path: RemotePath) -> bool | None:
    """Whether CWD to it works; None where that cannot be tried. Cancellation: safe."""
    reply = await look_in(session, path)
    return None if reply is None else reply.is_positive


async def look_in(session: Session, path: RemotePath) -> Reply | None:
    """Go there and back; gives the reply to CWD.

    Returns:
        None where the server does not tell where we are: whoever does not know the way back does
        not go.

    Cancellation: safe.
    """
    here = await working_directory(session)
    if here is None:
        return None
    try:
        reply = await session.exchange("CWD", text_of(path))
    except BaseException:
        session.whereabouts.way_back = here
        raise
    if reply.is_positive:
        session.whereabouts.way_back = here
        await session.make_way()
    return reply


async def working_directory(session: Session) -> str | None:
    """Where we are (PWD), as the server put it; None where it does not tell. Cancellation: safe."""
    reply = await session.exchange("PWD")
    with suppress(RemoteProtocolError):
        return parse_257(reply.text) if reply.is_positive else None
    return None
