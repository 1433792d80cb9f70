"""Saying NOOP while nothing else is said, inside a block that the user has opened.

The task here never waits for a reply: it sends a line when nobody is using the connection, and
leaves the reply owed, to be read off by whoever uses the connection next (see `_control`). So no
command has to wait for it, and none is ever answered by its reply.

During a transfer the reply that confirms it and those to NOOP come in any order, or the latter not
at all. Where NOOP is wanted even then, PWD is sent at the end of the transfer: what precedes its
257 is all there is, and the confirmation is known among it by its code.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress

import anyio

from anyftp._client._session._session import Session
from anyftp._errors import ConnectionLost, RemoteProtocolError

#: The shortest wait, in seconds.
_MOMENT = 0.001


@asynccontextmanager
async def keep_alive(
    session_now: Callable[[], Session | None],
    seconds: float,
    line: str,
    during_transfers: bool,
) -> AsyncGenerator[None, None]:
    """Keep the connection busy within the block.

    Cancellation: ends the block and the task in it.
    """
    failure: Exception | None = None
    async with anyio.create_task_group() as group:
        group.start_soon(_beat, session_now, seconds, line, during_transfers)
        try:
            yield
        except Exception as error:
            failure = error  # raised below, so that nobody meets the group
        finally:
            group.cancel_scope.cancel()
    if failure is not None:
        raise failure


async def _beat(
    session_now: Callable[[], Session | None], seconds: float, line: str, during_transfers: bool
) -> None:
    while True:
        session = session_now()
        idle = 0.0
        if session is not None:
            idle = anyio.current_time() - session.control.wire.sent_at
            if idle >= seconds and _may_speak(session, during_transfers):
                with suppress(ConnectionLost, RemoteProtocolError):  # the next command will say so
                    session.control.nudge(line, is_in_transfer=session.transfer is not None)
                    await session.control.wire.push()
                idle = 0.0
        # Never less than a moment: a remainder of rounding would be waited for again and again.
        await anyio.sleep(max(seconds - idle, _MOMENT) if idle < seconds else seconds)


def _may_speak(session: Session, during_transfers: bool) -> bool:
    if not session.control.is_connected:
        return False
    if session.transfer is None:
        return not session.is_busy
    return during_transfers and session.transfer.is_moving
