"""One data connection, from the reply 150 to its close.

The reply 150 goes out before the connection is waited for: some clients connect only then. Only a
clean end of an upload is an end: FIN, and with TLS
close_notify before it. Anything else is a 426, and the caller leaves its file uncommitted.

A file that is in memory goes to the socket as far as that takes it, where nothing is to be done to
its bytes and nobody limits them. The stream with its time-outs and throttles is made for the rest.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

import anyio
from anyio.lowlevel import checkpoint

from anyftp._protocol import Reply, TransferMode
from anyftp._server._moving._deflate import BrokenDeflateError, DeflateStream
from anyftp._server._moving._secured import secured
from anyftp._server._ports._ports import DataPort
from anyftp._server._refusals import Refused
from anyftp._server._session._session import Session
from anyftp._server._session._transfer import Transfer
from anyftp._streams import (
    OptimisticStream,
    ReadableFile,
    SocketStream,
    ThrottleStreamIO,
    TLSStream,
    TruncatedStreamError,
    copy_from_file,
)
from anyftp._throttle import is_limited

#: What goes out in less than a tenth of a millisecond.
_LITTLE_BYTES = 65536

#: What a connection that ends badly means; the first that fits counts.
_MEANINGS: tuple[tuple[type[Exception], str], ...] = (
    (BrokenDeflateError, "MODE Z: {}; transfer aborted."),
    (TruncatedStreamError, "The data connection ended without TLS close_notify."),
    (anyio.BrokenResourceError, "The data connection broke, transfer aborted."),
    (anyio.ClosedResourceError, "The data connection broke, transfer aborted."),
    (TimeoutError, "The data connection stalled, transfer aborted."),
)


class DataConnection:
    """Announces a transfer, makes its data connection, closes it afterwards: `async with`.

    Leaving normally closes with all that is due, close_notify for instance; leaving by an exception
    closes at once.

    Args:
        announcement: the text of the reply 150; None to send none.

    Raises:
        Refused: 425 or 522 if the connection is not made, 426 if it breaks or stalls.

    Cancellation: closes the connection at once.
    """

    __slots__ = ("_announcement", "_channel", "_session", "_stream")

    def __init__(self, session: Session, announcement: str | None) -> None:
        self._session = session
        self._announcement = announcement
        self._channel: OptimisticStream
        self._stream: ThrottleStreamIO | None = None

    async def __aenter__(self) -> Self:
        session = self._session
        port = session.take_port()
        try:
            if self._announcement is not None:
                await session.control.send(Reply("150", (self._announcement,)))
            session.announce()
            self._channel = await _connected(session, port)
        finally:
            port.close()
        if session.protection.protects_data and not isinstance(self._channel, TLSStream):
            self._channel = await secured(session, self._channel)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if error is None and not self._is_bare:
                await self.stream.aclose()
        except Exception as failure:
            _refuse_if_broken(failure)
            raise
        finally:
            (self._channel if self._stream is None else self._stream).close()
        if isinstance(error, Exception):
            _refuse_if_broken(error)

    @property
    def _is_bare(self) -> bool:
        """Whether bytes go as they are, with nothing to be said behind them."""
        is_plain = self._session.state.mode is TransferMode.STREAM
        return is_plain and type(self._channel) is SocketStream

    @property
    def _is_limited(self) -> bool:
        return is_limited(self._session.throttles, 1)

    @property
    def stream(self) -> ThrottleStreamIO:
        """What bytes go through, with the session's throttles and time-outs."""
        if self._stream is None:
            session = self._session
            stall = session.options.stall_timeout
            stream = ThrottleStreamIO(self._channel, session.throttles, stall_timeout=stall)
            if session.state.mode is not TransferMode.STREAM:
                stream = ThrottleStreamIO(DeflateStream(session, stream))
            self._stream = stream
        return self._stream

    async def send(self, file: ReadableFile, transfer: Transfer) -> None:
        """Send a file from its position to its end.

        Raises and cancellation: as `copy_from_file`.
        """
        if not await self._give(file, transfer):
            await copy_from_file(file, self.stream, stats=transfer.stats)

    async def _give(self, file: ReadableFile, transfer: Transfer) -> bool:
        """Send what is in memory, as far as the socket takes it; says whether that was all.

        Nobody waits for anything meanwhile, so of those who send more than a little only a few do
        it in each turn of the event loop: commands of others are to be answered in between.
        """
        give_now = getattr(file, "give_now", None)
        if give_now is None or not self._is_bare or self._is_limited:
            return False
        if getattr(file, "size", 0) > _LITTLE_BYTES:
            async with self._session.shared.senders:
                await checkpoint()
            if self._is_limited:  # since then
                return False
        nbytes, is_all = give_now(self._channel.try_send)
        transfer.stats.nbytes += nbytes
        return bool(is_all)


@asynccontextmanager
async def data_connection(
    session: Session, announcement: str | None
) -> AsyncIterator[ThrottleStreamIO]:
    """The stream of a `DataConnection`, as users' own handlers have it."""
    async with DataConnection(session, announcement) as connection:
        yield connection.stream


def _refuse_if_broken(error: Exception) -> None:
    """Say what an end that is a bad one means; of any other error nothing."""
    for kind, text in _MEANINGS:
        if isinstance(error, kind):
            raise Refused("426", text.format(error)) from error


async def _connected(session: Session, port: DataPort) -> OptimisticStream:
    try:
        return await port.connect(session.peer_host, session.options.accept_timeout)
    except (TimeoutError, OSError) as error:  # of a port of the user's own
        raise Refused("425", "No data connection was made.") from error
