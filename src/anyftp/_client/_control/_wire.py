"""Lines out, replies in: a control connection without any notion of who is owed what."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress

import anyio
from anyio.abc import AsyncBackend, ByteStream
from anyio.lowlevel import checkpoint, current_token

from anyftp._client._options._settings import Options, Trace
from anyftp._errors import (
    ConnectionLost,
    FTPTimeoutError,
    LocalProtocolError,
    MixedReplyError,
    RemoteProtocolError,
)
from anyftp._protocol import (
    Habits,
    Reply,
    ReplyDecoder,
    decode_command,
    encode_command,
)
from anyftp._streams import OptimisticStream, as_optimistic
from anyftp._streams._flow import Pace

#: This much is taken in at a time; a block full of short replies takes a few milliseconds to parse.
_BLOCK_BYTES = 4096


#: glFTPd ends some multi-line replies with another code than the one it began them with. What
#: looks like such an end counts as one after this many seconds of silence, where that is known of
#: the server and where it is not.
_SILENCE = 0.1, 1.0


#: What came unasked is looked at in bites of this many blocks, until this many replies wait.
_MAX_BLOCKS = 4
_MAX_WAITING = 500

#: This many lines of text before the greeting are passed over.
_PREAMBLE_LINES = 50


class Wire:
    """What carries commands and replies; the only place that reads the control connection.

    Args:
        peer: how errors call the server.

    Attributes:
        stream: the bytes; another one after TLS has begun.
        habits: what is known of the server.
        received: the replies that have come and that nobody has taken yet.
        backend: what anyio's calls lead to here; it looks that up in each of them.
        sent_at: when the last command was sent, by the event loop's clock.
        nsent: how often something was sent.
        seconds_waited: for replies, so far, that came.
    """

    def __init__(self, stream: ByteStream, options: Options, peer: str) -> None:
        self._peer = peer
        self.stream: OptimisticStream = as_optimistic(stream)
        self.habits: Habits = Habits()
        self.backend: type[AsyncBackend] = current_token().backend_class
        self.sent_at: float = self.backend.current_time()
        self.nsent: int = 0
        self.seconds_waited: float = 0.0
        self._options = options
        self.received: deque[Reply] = deque()
        self._end: str | None = None
        self._closing_reply: Reply | None = None
        self._begun_at: float | None = None
        self._pushed: anyio.Event | None = None
        self._pace = Pace()
        self._trace: Trace | None = options.trace
        self._is_wanted: Callable[[], bool] = getattr(self._trace, "is_wanted", lambda: True)
        self._decoder = ReplyDecoder(
            options.encoding,
            max_line=options.max_reply_line,
            max_bytes=options.max_reply_bytes,
            max_lines=options.max_reply_lines,
            preamble_lines=_PREAMBLE_LINES,
        )

    @property
    def is_connected(self) -> bool:
        """Whether commands can still be sent, as far as is known."""
        return self._end is None

    def encode(self, verb: str, argument: str = "") -> bytes:
        """Put a command together.

        Raises:
            LocalProtocolError: the argument holds CR, LF or NUL, or what the encoding lacks, or
                it is longer than `max_path`.
        """
        line = encode_command(verb, argument, self._options.encoding)
        limit = self._options.max_path
        if argument and (nbytes := len(line) - len(verb) - 3) > limit:
            raise LocalProtocolError(
                f"{verb}: its argument must be at most {limit} bytes (max_path), not {nbytes}"
            )
        return line

    async def transmit(self, line: bytes) -> None:
        """Send all of line, or none of it if the task is cancelled already.

        A line cut in two would leave the server waiting for the rest and spoil the next one; so
        what has begun is not interrupted. It is short, and bounded all the same.
        """
        self.sent_at = self.backend.current_time()
        self.nsent += 1
        if self._trace is not None:
            self._trace_sent(self._trace, line)
        if self._pushed is not None:
            with anyio.move_on_after(self._options.close_timeout, shield=True):
                await self._pushed.wait()
        try:
            nbytes = self.stream.try_send(memoryview(line))
            if nbytes < len(line) or self.stream.has_unsent:
                with anyio.move_on_after(self._options.close_timeout, shield=True):
                    await self.stream.send(line[nbytes:])
                    return
                raise self.disconnect("the server does not read its commands")
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError) as error:
            self._take_in_last_words()
            raise self.disconnect(f"the server closed the connection ({error})") from error

    def try_transmit(self, line: memoryview) -> bool:
        """Send a line if that can be done at once; says whether it was.

        Raises:
            ConnectionLost: the connection is gone, or takes half a line.
        """
        try:
            sent = self.stream.try_send(line)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError) as error:
            raise self.disconnect(f"the server closed the connection ({error})") from error
        if 0 < sent < line.nbytes:
            raise self.disconnect("the server does not read its commands")
        if sent:
            self.sent_at = self.backend.current_time()
            self.nsent += 1
            if self._trace is not None:
                self._trace_sent(self._trace, bytes(line))
        return sent > 0

    async def push(self) -> None:
        """Send what the stream has taken over and not sent; who has a line to send waits for it.

        Cancellation: not interrupted, half a line is worse than none; it is bounded.
        """
        if not self.stream.has_unsent:
            return
        self._pushed = anyio.Event()
        try:
            with anyio.move_on_after(self._options.close_timeout, shield=True):
                return await self.stream.send(b"")
            raise self.disconnect("the server does not read its commands")
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError) as error:
            raise self.disconnect(f"the server closed the connection ({error})") from error
        finally:
            self._pushed.set()
            self._pushed = None

    async def next_reply(self) -> Reply:
        """Take the next reply, received by now or not. Cancellation: safe."""
        if self._end is not None:
            raise self._lost()
        received = self.received
        while not received:
            if self._begun_at is None:
                await self._receive_block()
            else:
                await self._receive_rest(self._begun_at + self._options.max_reply_seconds)
        return received.popleft()

    async def _receive_rest(self, deadline: float) -> None:
        """Go on with a reply that has begun, and not for ever: a byte a second is an attack."""
        with anyio.CancelScope(deadline=deadline):
            plausible = self._decoder.plausible
            if plausible is None:
                return await self._receive_block()
            if self._options.strict_replies:
                code = self._decoder.code
                self.disconnect("a reply bears two codes")
                raise MixedReplyError(code, plausible.code, plausible.lines)
            return await self._receive_unless_silent()
        self.disconnect("the server did not end its reply")
        raise FTPTimeoutError("the rest of a reply", self._options.max_reply_seconds)

    async def _receive_unless_silent(self) -> None:
        with anyio.move_on_after(_SILENCE[not self.habits.lenient_replies]):
            return await self._receive_block()
        reply = self._decoder.close_leniently()
        if reply is not None:
            self.received.append(reply)
            if self._trace is not None:
                self._trace_received(self._trace, [reply])
            self._begun_at = None

    async def _receive_block(self) -> None:
        stream = self.stream
        try:
            while (data := stream.try_receive(_BLOCK_BYTES)) is None:
                began = self.backend.current_time()
                await stream.until_readable()
                self.seconds_waited += self.backend.current_time() - began
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError) as error:
            raise self.disconnect(f"the connection broke ({error})") from error
        if not data:
            raise self.disconnect("the server closed the connection")
        self._feed(data)
        if self._pace.is_over():  # others want to run, too, where there is no end of replies
            await checkpoint()

    def take_in_what_came(self) -> bool:
        """Feed what can be received without waiting: a few blocks, and no more for now.

        Returns:
            Whether there may be more.
        """
        for _ in range(_MAX_BLOCKS):
            try:
                data = self.stream.try_receive(_BLOCK_BYTES)
            except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError) as error:
                raise self.disconnect(f"the connection broke ({error})") from error
            if data is None:
                return False
            if not data:
                raise self.disconnect("the server closed the connection")
            self._feed(data)
            if len(self.received) >= _MAX_WAITING:
                return True
        return True

    def _take_in_last_words(self) -> None:
        """After a failed send: a 421 that lies in the buffer is the reason (see disconnect)."""
        with suppress(ConnectionLost, RemoteProtocolError):
            self.take_in_what_came()

    def _feed(self, data: bytes) -> None:
        try:
            replies = self._decoder.feed(data)
        except RemoteProtocolError:
            self.disconnect("the server sent something that is no reply")
            raise
        self.received += replies
        if self._trace is not None:
            self._trace_received(self._trace, replies)
        if not self._decoder.pending:
            self._begun_at = None
        elif replies or self._begun_at is None:
            self._begun_at = self.backend.current_time()

    def _trace_received(self, trace: Trace, replies: list[Reply]) -> None:
        if not self._is_wanted():
            return
        encoding = self._options.encoding
        for reply in replies:
            if len(reply.lines) == 1 and reply.lines[0].isprintable():  # nearly all of them
                trace("received", f"{reply.code} {reply.lines[0]}")
                continue
            for line in reply.encode(encoding).removesuffix(b"\r\n").split(b"\r\n"):
                trace("received", line.decode(encoding, "surrogateescape"))

    def _trace_sent(self, trace: Trace, line: bytes) -> None:
        """Tell of a command, or of several; what is no line is Telnet's."""
        if self._is_wanted() and line.endswith(b"\r\n"):
            for each in line[:-2].split(b"\r\n"):
                trace("sent", str(decode_command(each, self._options.encoding)))

    @property
    def has_input(self) -> bool:
        """Whether more has come than was taken, if only a part of a reply."""
        return bool(self.received or self._decoder.pending)

    def replace_stream(self, stream: ByteStream, received: bytes = b"") -> None:
        """Go on over another stream, forgetting all that was received over the first.

        Args:
            received: what has been taken off the new one by now.
        """
        self.stream = as_optimistic(stream)
        self.received.clear()
        self._decoder.clear()
        self._begun_at = None
        if received:
            self._feed(received)

    def take_over(self, fresh: Wire) -> None:
        """Go on over another connection, though this one was given up."""
        self.replace_stream(fresh.stream)
        self.sent_at = fresh.sent_at
        self._end = None

    def disconnect(self, reason: str) -> ConnectionLost:
        """Give the connection up; returns the error to raise.

        A 421 among the replies not looked at yet is a better reason than what came after it.
        """
        if self._end is None:
            said = [reply for reply in self.received if reply.code == "421"]
            self._closing_reply = said[0] if said else None
            self._end = f"the server said 421 {said[0].text}" if said else reason
            self.received.clear()
        return self._lost()

    def check_connected(self) -> None:
        if self._end is not None:
            raise self._lost()

    def _lost(self) -> ConnectionLost:
        lost = ConnectionLost(f"disconnected from {self._peer}: {self._end}")
        if self._closing_reply is not None:
            lost.received_codes = (self._closing_reply.code,)
            lost.info = list(self._closing_reply.lines)
        return lost

    async def aclose(self) -> None:
        """Close at once.

        Cancellation: closed nonetheless.
        """
        self.disconnect("the client closed the connection")
        await close_forcefully(self.stream)


def reset_on_close(stream: OptimisticStream) -> None:
    """Have an upload that is given up, or a connection that was never used, end in a reset.

    An orderly end would tell the server that the file is whole.
    """
    stream.end_in_reset()


async def close_forcefully(stream: OptimisticStream) -> None:
    """Close at once, without a word to the peer.

    Cancellation: closed nonetheless.
    """
    stream.close()
    if not stream.closes_at_once:
        with anyio.CancelScope(shield=True):
            await anyio.aclose_forcefully(stream)
