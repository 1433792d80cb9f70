"""One transfer over a data connection: its end, good or bad, and the replies that go with it.

The stream that users hold calls `finish_transfer` or `abandon_transfer` here and nothing else of
the client. A transfer is over when the data connection is closed and the final reply has come;
until then the control connection belongs to it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import anyio
from anyio.abc import ByteStream

from anyftp._client._control._control_connection import check_reply
from anyftp._client._control._markers import confirmation_past_asides
from anyftp._client._control._wire import close_forcefully, reset_on_close
from anyftp._client._data._left import LeftTransfer, announce_end, is_in_motion
from anyftp._client._data._stream import DataConnectionThrottleStreamIO
from anyftp._client._data._verdict import too_short, unconfirmed
from anyftp._client._session._dial import ask_port_ahead
from anyftp._client._session._limits import KEY
from anyftp._client._session._session import Session
from anyftp._errors import (
    ConnectionLost,
    FTPTimeoutError,
    LocalProtocolError,
    ReplyError,
)
from anyftp._protocol import OF_QUESTIONS, Reply, parse_moved_size, reply_error
from anyftp._streams import (
    OptimisticStream,
    SocketStream,
    StreamIO,
    ThrottleStreamIO,
)
from anyftp._streams._text_stream import TextStream
from anyftp._throttle import StreamThrottle

#: Commands that move all of a file, or its rest.
_OF_FILES = frozenset({"RETR", "STOR", "STOU", "APPE"})


class Transfer:
    """What becomes of one command with a data connection.

    Attributes:
        session: whose it is.
        verb: the command.
        path: its argument.
        is_upload: whether data goes to the server.
        preliminary: the 1yz reply, None if there was none.
        final: the final reply, once it has come; that may be before the data.
        expected: bytes that a download has to bring, None where nobody said.
        is_exact: whether it may not bring more.
        least: bytes that it has to bring at least, where the server has rounded; else 0.
        offset: where in the file it began, None where only the server knows.
        copied: bytes that it brought, by whoever took them off elsewhere than by `stream`.
        is_at_end: whether who took them has met the end of what the server sends.
        channel: the data connection without throttles and time-outs.
        throttles: what it pays.
        has_ended_well: whether nothing tells that the data were cut.
        has_successor: whether another transfer will be next.
        is_size_asked: whether the size of what was stored has been asked for by now.
        on_confirmed: called when the server has said that all went well.
        on_make_way: called when another command is wanted before this is over.
    """

    __slots__ = (
        "_bare",
        "_is_closed",
        "_stream",
        "channel",
        "copied",
        "expected",
        "final",
        "has_ended_well",
        "has_successor",
        "is_at_end",
        "is_exact",
        "is_size_asked",
        "is_upload",
        "least",
        "offset",
        "on_confirmed",
        "on_make_way",
        "path",
        "preliminary",
        "session",
        "throttles",
        "verb",
    )

    def __init__(
        self,
        session: Session,
        channel: OptimisticStream,
        verb: str,
        path: str,
        reply: Reply,
        *,
        is_upload: bool,
        expected: int | None = None,
        is_exact: bool = True,
        least: int = 0,
        offset: int | None = None,
    ) -> None:
        self.session = session
        self._is_closed = False
        self.has_ended_well = is_upload  # unless an error tells otherwise
        self.verb = verb
        self.path = path
        self.is_upload = is_upload
        self.preliminary = reply if reply.is_preliminary else None
        self.final = None if reply.is_preliminary else reply
        self.expected = expected
        self.is_exact = is_exact
        self.least = least
        self.offset = offset
        self.on_confirmed: Callable[[Transfer], Awaitable[None]] | None = None
        self.copied: int | None = None
        self.has_successor = self.is_size_asked = False
        self.on_make_way: Callable[[], Awaitable[None]] | None = None
        self.is_at_end = False
        self.channel = channel
        self.throttles: dict[str, StreamThrottle] = {KEY: session.limits.throttle}
        self._stream: DataConnectionThrottleStreamIO | None = None
        self._bare: ThrottleStreamIO | None = None
        session.transfer = self

    def convert_line_ends(self) -> None:
        """Have the stream carry text whose lines end with LF here."""
        self.expected, self.least = None, 0  # bytes of text are counted otherwise on the wire
        self._stream = self._for_users(TextStream(self.channel))

    @property
    def stream(self) -> DataConnectionThrottleStreamIO:
        """The data connection for users: it counts, and settles the end of this by itself."""
        if self._stream is None:
            self._stream = self._for_users(self.channel)
        return self._stream

    @property
    def bare_stream(self) -> ThrottleStreamIO:
        """The data connection for a copy of all of it, which counts, and settles the end.

        What has been read from `stream` by now is not lost: then it is that.
        """
        if self._stream is not None:
            return self._stream
        if self._bare is None:
            timeout = self.session.options.timeout
            self._bare = ThrottleStreamIO(self.channel, self.throttles, timeout=timeout)
            self.session.limits.streams.add(self._bare)
        return self._bare

    def _for_users(self, channel: ByteStream) -> DataConnectionThrottleStreamIO:
        is_readable, timeout = not self.is_upload, self.session.options.timeout
        stream = DataConnectionThrottleStreamIO(
            self, channel, self.throttles, is_readable=is_readable, timeout=timeout
        )
        self.session.limits.streams.add(stream)
        return stream

    @property
    def is_over(self) -> bool:
        """Whether the control connection is free again, as far as this transfer goes."""
        return self.session.transfer is not self

    @property
    def is_moving(self) -> bool:
        """Whether data may still move; then nobody listens to the control connection."""
        return not self._is_closed and self.final is None

    async def finish_transfer(
        self,
        stream: StreamIO | None = None,
        expected_codes: str | Sequence[str] = "2xx",
        wait_codes: str | Sequence[str] = "1xx",
    ) -> None:
        """Close the data connection cleanly and receive the confirmation.

        A download that has not been read to its end is given up instead: whoever wants the first
        lines only need not read the rest.

        Raises:
            ReplyError: the server says that the transfer failed.
            IncompleteTransferError: less came than was announced; or nobody confirmed the
                transfer, and nothing else says that this was all.
            FTPTimeoutError: no confirmation in time.
            ConnectionLost: the control connection is gone; as `UnconfirmedTransferError` where all
                data had gone over by then.

        Cancellation: gives the transfer up, see `abandon_transfer`.
        """
        if self.is_over:
            return await anyio.lowlevel.checkpoint()
        try:
            if self.is_upload:
                await self._end_upload()
            elif not await self._has_ended():
                return await self.abandon_transfer(stream)
            await self.aclose()
            if self.has_successor and self.session.unsettled.port_asked is None:
                await self._ask_ahead()
            reply = await self._receive_confirmation(wait_codes)
        except (ConnectionLost, FTPTimeoutError) as error:
            await self.abandon_transfer(stream)
            if not self.is_upload and isinstance(error, FTPTimeoutError):
                await self.session.abort(may_be_lost=False)  # nobody else will wait for this reply
            raise unconfirmed(self, error) from error
        except BaseException:
            await self.abandon_transfer(stream)
            raise
        self.session.transfer = None
        self.final = reply
        self._let_go()
        check_reply(reply, expected_codes, self.verb, self.path)
        if self.expected is None and self.is_exact and not self.is_upload:
            self.least = max(self.least, self.told_moved or 0)
        if self.is_short:
            raise too_short(self)
        if self.on_confirmed is not None:
            await self.on_confirmed(self)

    @property
    def told_moved(self) -> int | None:
        """How many bytes have moved by the server's last word, where it counts them as we do."""
        if self.final is None or self.session.login.type != "I" or self.verb not in _OF_FILES:
            return None
        return parse_moved_size(self.final.text, self.path.rpartition("/")[2])

    @property
    def received(self) -> int:
        """How many bytes a download has brought."""
        return self._nbytes_read if self.copied is None else self.copied

    @property
    def _nbytes_read(self) -> int:
        return 0 if self._stream is None else self._stream.nbytes_received

    @property
    def is_short(self) -> bool:
        """Whether a download has brought less than was announced, or than it should."""
        return not self.is_upload and self.received < max(self.expected or 0, self.least)

    async def abandon_transfer(self, stream: StreamIO | None = None) -> None:
        """Close the data connection at once and bring the control connection back in step.

        Cancellation: not interrupted; it is bounded.
        """
        if self.is_over:
            return
        self.session.transfer = None
        if not self._is_closed:  # else only the final reply is missing; the next command reads it
            is_flowing = not self.is_upload and is_in_motion(self.channel)
            may_be_lost = not (is_flowing or self.received or self._nbytes_read)
            if self.final is None:
                await announce_end(self.session, is_flowing=is_flowing)
            if self.is_upload:
                reset_on_close(self.channel)
            await self.aclose()
            if self.final is None:
                await self.session.abort(may_be_lost=may_be_lost)
        self._let_go()

    async def leave_transfer(self, stream: StreamIO) -> None:
        """Close the data connection; the next command brings the control connection in step.

        Cancellation: gives the transfer up, see `abandon_transfer`.
        """
        is_asked = self.session.unsettled.port_asked is not None  # so no marker of that kind
        is_slow = self.is_upload or is_asked or self.session.learnt.habits.abort_before_close
        if is_slow or self.is_over or self._is_closed or self.final or not self.received:
            return await self.abandon_transfer(stream)
        await announce_end(self.session, is_flowing=is_in_motion(self.channel))
        await self.aclose()
        self._let_go()
        await LeftTransfer(self.session).ask_ahead()

    def _let_go(self) -> None:
        """It is over: what holds us is held no longer, or a collector would have to part us."""
        self.copied = self.received
        self.on_make_way = None
        self._stream = self._bare = None

    async def failure(self) -> ReplyError | None:
        """After a data connection broke: the refusal that tells why, None if there is none.

        Cancellation: gives the transfer up.
        """
        reply = self.final
        if not (self.is_over or self._is_closed):
            await self.aclose()
            with anyio.move_on_after(self.session.options.close_timeout):
                reply = reply or await self.session.control.receive_final(None)
            self.session.transfer = None
            self._let_go()
        if reply is None or not reply.is_refusal:
            return None
        return reply_error(reply.code, reply.lines, command=self.verb, argument=self.path)

    async def make_way(self) -> None:
        """Another command is wanted while this transfer is open.

        Raises:
            LocalProtocolError: its stream is still in use.
        """
        if self.on_make_way is not None:
            return await self.on_make_way()
        if not self.channel.is_closed:  # by hand, without finishing
            raise LocalProtocolError(
                f"{self.verb} {self.path!r} is under way: finish or abandon its stream first"
            )
        await self.abandon_transfer()

    async def _end_upload(self) -> None:
        """Say that this was all. With TLS, await the server's close_notify before closing.

        A socket closed with unread bytes in it, such as TLS 1.3's session tickets, is reset, and
        the reset makes the server's kernel drop what the server has not read yet: uploads would
        be cut short at random.
        """
        if not isinstance(self.channel, SocketStream):
            await self.channel.aclose()

    async def _has_ended(self) -> bool:
        """Whether the server has sent all; a reader may have stopped just before the end."""
        if self._is_closed:
            return True
        if self.is_at_end or (self._stream is not None and self._stream.is_at_end):
            self.has_ended_well = True
            return True
        view = memoryview(bytearray(1))
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            nbytes = self.channel.try_receive_into(view)
            if nbytes is None:
                with anyio.move_on_after(self.session.options.close_timeout):
                    nbytes = await self.channel.receive_into(view)
            self.has_ended_well = nbytes == 0
            return nbytes == 0
        return True  # how it ended is for the reader, or the final reply, to judge

    def close(self) -> None:
        """Close the data connection, without a word to anybody; an upload ends in a reset."""
        if self.is_upload:
            reset_on_close(self.channel)
        self.channel.close()

    async def aclose(self) -> None:
        """Close the data connection at once. Cancellation: closed nonetheless."""
        self._is_closed = True
        stream = self._bare if self._stream is None else self._stream
        (self.channel if stream is None else stream).close()
        if not self.channel.closes_at_once:
            await close_forcefully(self.channel)

    async def _ask_ahead(self) -> None:
        """Where another transfer follows: but not if the order of replies is unknown by now."""
        is_well = self.has_ended_well and not (self.is_short or self.is_upload)
        if is_well and self.final is None and not self.session.control.ledger.has_aside:
            await ask_port_ahead(self.session)

    async def _receive_confirmation(self, wait_codes: str | Sequence[str]) -> Reply:
        masks = (wait_codes,) if isinstance(wait_codes, str) else tuple(wait_codes)
        options = self.session.options
        timeout = options.patient_timeout if self.is_upload else options.timeout
        # pure-ftpd's only word on a download that was cut is a second 150. Once the data are over,
        # or known to be short, there is nothing that a server could need long for.
        hurry = options.close_timeout if timeout is None else min(timeout, options.close_timeout)
        if self.is_short or not self.has_ended_well:
            timeout = hurry
        later = timeout if self.is_upload else hurry
        control, reply = self.session.control, self.final
        if reply is None and control.ledger.take_asides():
            reply = await confirmation_past_asides(control, timeout)
        elif reply is None:
            reply = await control.receive_final(timeout, later)
        if (self.session.unsettled.port_asked or self.is_size_asked) and reply.code in OF_QUESTIONS:
            raise control.disconnect("the server answers out of order")
        if masks != ("1xx",) and reply.matches(*masks):
            reply = await control.receive_final(timeout, later, wait_codes=("1xx", *masks))
        return reply
