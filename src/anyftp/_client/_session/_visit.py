"""Going to a folder for a moment: the working directory is the same afterwards, come what may.

Where the way back is cut off, by a cancellation or an error, the session's next command goes it
first; see `Session.make_way`.
"""

from __future__ import annotations

from anyftp._client._session._session import RemotePath, Session, text_of
from anyftp._protocol import Reply, parse_257


async def can_enter(session: Session, path: RemotePath) -> bool:
    """Whether CWD to it works. Cancellation: safe."""
    reply = await look_in(session, path)
    return reply.is_positive


async def look_in(session: Session, path: RemotePath) -> Reply:
    """Go there and back; gives the reply to CWD. Cancellation: safe."""
    here = await working_directory(session)
    try:
        reply = await session.exchange("CWD", text_of(path))
    except BaseException:
        session.whereabouts.way_back = here
        raise
    if reply.is_positive:
        session.whereabouts.way_back = here
        await session.make_way()
    return reply


async def working_directory(session: Session) -> str:
    """Where we are (PWD), as the server put it. Cancellation: safe."""
    return parse_257((await session.command("PWD")).text)
