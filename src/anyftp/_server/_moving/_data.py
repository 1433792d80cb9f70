"""One data connection, from the reply 150 to its close.

The reply 150 goes out before the connection is waited for: some clients connect only then. Only a
clean end of an upload is an end: FIN, and with TLS
close_notify before it. Anything else is a 426, and the caller leaves its file uncommitted.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from anyftp._protocol import Reply, TransferMode
from anyftp._server._moving._deflate import BrokenDeflateError, DeflateStream
from anyftp._server._moving._secured import secured
from anyftp._server._ports._ports import DataPort
from anyftp._server._refusals import Refused
from anyftp._server._session._session import Session
from anyftp._streams import (
    OptimisticStream,
    SocketStream,
    ThrottleStreamIO,
    TLSStream,
    TruncatedStreamError,
)


@asynccontextmanager
async def data_connection(
    session: Session, announcement: str | None
) -> AsyncIterator[ThrottleStreamIO]:
    """Announce a transfer, make its data connection, close it afterwards.

    Leaving normally closes with all that is due, close_notify for instance; leaving by an exception
    closes at once.

    Raises:
        Refused: 425 or 522 if the connection is not made, 426 if it breaks or stalls.

    Cancellation: closes the connection at once.
    """
    port = session.take_port()
    try:
        if announcement is not None:
            await session.control.send(Reply("150", (announcement,)))
        session.announce()
        plain = await _connected(session, port)
    finally:
        port.close()
    stream = await _wrap(session, plain)
    try:
        yield stream
        if type(stream.stream) is not SocketStream:  # for which there is nothing more to be said
            await stream.aclose()
    except BrokenDeflateError as error:
        raise Refused("426", f"MODE Z: {error}; transfer aborted.") from error
    except TruncatedStreamError as error:
        raise Refused("426", "The data connection ended without TLS close_notify.") from error
    except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
        raise Refused("426", "The data connection broke, transfer aborted.") from error
    except TimeoutError as error:
        raise Refused("426", "The data connection stalled, transfer aborted.") from error
    finally:
        stream.close()


async def _connected(session: Session, port: DataPort) -> OptimisticStream:
    try:
        return await port.connect(session.peer_host, session.options.accept_timeout)
    except (TimeoutError, OSError) as error:  # of a port of the user's own
        raise Refused("425", "No data connection was made.") from error


async def _wrap(session: Session, stream: OptimisticStream) -> ThrottleStreamIO:
    stall = session.options.stall_timeout
    if session.protection.protects_data and not isinstance(stream, TLSStream):
        stream = await secured(session, stream)
    throttled = ThrottleStreamIO(stream, session.throttles, stall_timeout=stall)
    if session.state.mode is TransferMode.STREAM:
        return throttled
    return ThrottleStreamIO(DeflateStream(session, throttled))
