"""The control connection: lines in, replies out."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import Literal

import anyio
from anyio.abc import ByteStream, SocketAttribute
from anyio.lowlevel import checkpoint

from anyftp._errors import ConnectionLost, FTPTimeoutError, TLSError
from anyftp._net import PeerCertificate
from anyftp._protocol import Reply
from anyftp._protocol._lines import LineDecoder
from anyftp._server._session._handshake import WrongProtocol, receive_hello
from anyftp._server._session._tls_policy import Strictness
from anyftp._streams import (
    OptimisticStream,
    SocketStream,
    StreamIO,
    TLSStream,
    TruncatedStreamError,
    as_optimistic,
)

_READ_BYTES = 8192
#: How a handshake and an alert begin; no command does.
_TLS_RECORDS = (b"\x16\x03", b"\x15\x03")
#: Seconds for close_notify when the connection is closed.
_CLOSE_SECONDS = 3
_LOST = (
    ssl.SSLError,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
    anyio.EndOfStream,
)


def prepare(stream: OptimisticStream) -> bool:
    """Prepare a control connection; False if it is gone.

    One that was closed while it waited to be accepted counts for nothing: after a moment in which
    we could not look there may be many, and whoever waits behind them would be refused.
    """
    sock = stream.extra(SocketAttribute.raw_socket, None)
    if sock is None:
        return True
    try:
        # Telnet's urgent byte stays in its place: ABOR often comes with it (RFC 959, 4.1.3).
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return bool(sock.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return True
    except OSError:
        return False


class Control:
    """A control connection; reads and writes may go on at the same time.

    Thousands of commands a second come and go here, most of which have to wait for nothing but
    their client. So what can be done at once is tried first, by the stream itself.

    Attributes:
        encoding: of commands and replies.
        trace: is told of each line that is sent, and by the conversation of those obeyed.
        sender: writes replies to `stream` in our place, one at a time.
        rewriter: is given each line that has come, without its ending; gives the line to obey.
            Whoever reads the lines calls it.
    """

    def __init__(self, stream: ByteStream, *, max_line: int, send_timeout: float) -> None:
        self.encoding = "utf-8"
        self.trace: Callable[[Literal["received", "sent"], str], None] | None = None
        self.sender: Callable[[Reply], Awaitable[None]] | None = None
        self.rewriter: Callable[[bytes], Awaitable[bytes]] | None = None
        self._io = StreamIO(as_optimistic(stream), write_timeout=send_timeout)
        self._decoder = LineDecoder(max_line)
        self._lines: list[bytes] = []  # an empty deque takes ten times the memory
        self._plain = b""  # came behind the end of TLS
        self._would_block = False
        # Replies of a transfer and of the commands meanwhile come from two tasks. There is a lock
        # for them once a reply could not be sent at once: most sessions never need one.
        self._sending: anyio.Lock | None = None
        self._has_failed = False  # a reply may have been cut short: `StreamIO` knows
        self._is_cut = False

    @property
    def stream(self) -> StreamIO:
        """What lines and replies go through."""
        return self._io

    @property
    def is_secure(self) -> bool:
        """Whether TLS is on."""
        return isinstance(self._io.stream, TLSStream)

    @property
    def has_pending(self) -> bool:
        """Whether bytes have come that are not answered yet."""
        return bool(self._lines or self._decoder.pending or self._plain)

    @property
    def nbytes_discarded(self) -> int:
        """Bytes of over-long lines thrown away so far."""
        return self._decoder.discarded

    @property
    def has_ended(self) -> bool:
        """Whether the client has closed in clear text and sent nothing more before it did."""
        inner = self._io.stream
        if self.has_pending or not isinstance(inner, SocketStream):
            return False
        try:
            return not inner.raw_socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def take_line(self) -> bytes | None:
        """Take the next line, without its ending; None if it is not there yet, see `until_more`.

        Raises:
            RemoteProtocolError: a line was too long; it is dropped, the next one follows.
            ConnectionLost: the client is gone.
        """
        if not self._lines:
            data: bytes | None = b""
            if not self._decoder.has_more:
                data = self._try_receive()
                self._would_block = data is None
                if data is None:
                    return None
                self._refuse(data)
            self._lines += self._decoder.feed(data or b"")
            if not self._lines:
                return None
        return self._lines.pop(0)

    def _try_receive(self) -> bytes | None:
        if self._plain:
            data, self._plain = self._plain, b""
            return data
        channel: OptimisticStream = self._io.stream  # type: ignore[assignment]  # made one above
        try:
            return channel.try_receive(_READ_BYTES)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            raise ConnectionLost("the control connection broke") from error

    def until_more(self) -> Awaitable[None]:
        """Wait until there may be more of a line; whoever floods us with none lets others run.

        Raises:
            anyio.BrokenResourceError, anyio.ClosedResourceError: the client is gone.

        Cancellation: safe.
        """
        channel: OptimisticStream = self._io.stream  # type: ignore[assignment]
        return channel.until_readable() if self._would_block else checkpoint()

    def _refuse(self, data: bytes) -> None:
        """Refuse what has been received if no commands can come of it."""
        if not data:
            raise ConnectionLost("the client closed the control connection")
        if data.startswith(_TLS_RECORDS) and not (self.is_secure or self.has_pending):
            raise ConnectionLost("the client speaks TLS where clear text is expected")

    async def send(self, reply: Reply) -> None:
        """Send a reply.

        Raises:
            ConnectionLost: the client is gone.
            FTPTimeoutError: it does not read its replies.

        Cancellation: breaks the connection if a part has gone out.
        """
        data = reply.encode(self.encoding)
        try:
            nsent = self._try_send(data)
            if nsent < len(data):
                await self._send_rest(reply, data, nsent)
        except TimeoutError as error:
            raise FTPTimeoutError("sending a reply", self._io.write_timeout) from error
        except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            raise ConnectionLost("the control connection broke") from error

    def _try_send(self, data: bytes) -> int:
        """Send what can be sent at once; 0 where others have a say in it, or come first."""
        channel = self._io.stream
        if (
            type(channel) is not SocketStream
            or self.sender is not None
            or self.trace is not None
            or self._has_failed
            or (self._sending is not None and self._sending.locked())
        ):
            return 0
        return channel.try_send(memoryview(data))

    async def _send_rest(self, reply: Reply, data: bytes, nsent: int) -> None:
        if self._is_cut:
            raise anyio.BrokenResourceError
        if self._sending is None:
            self._sending = anyio.Lock(fast_acquire=True)
        try:
            async with self._sending:
                if self.trace is not None:
                    for line in data.removesuffix(b"\r\n").split(b"\r\n"):
                        self.trace("sent", line.decode(self.encoding, "surrogateescape"))
                if self.sender is None:
                    await self._io.write(data[nsent:])
                else:
                    await self.sender(reply)
        except BaseException:
            self._has_failed = True
            self._is_cut = self._is_cut or nsent > 0
            raise

    async def start_tls(
        self, context: ssl.SSLContext, timeout: float, alpn: Strictness = "off"
    ) -> None:
        """Do the TLS handshake, as the server.

        Raises:
            TLSError: it failed, or the client speaks another protocol.
            FTPTimeoutError: it took more than timeout seconds.

        Cancellation: closes the connection.
        """
        try:
            with anyio.fail_after(timeout):
                hello = await receive_hello(self._io.read, self._io.write, alpn)
                await self._io.start_tls(context, server_side=True, received=hello)
        except TimeoutError as error:
            raise FTPTimeoutError("TLS handshake", timeout) from error
        except (WrongProtocol, *_LOST) as error:
            raise TLSError(f"TLS handshake failed: {error}") from error

    async def stop_tls(self) -> None:
        """Go on in clear text, after both sides have said so.

        Raises:
            ConnectionLost: the client did not.

        Cancellation: breaks the connection.
        """
        try:
            await self._io.stop_tls()
            if count := self._io.nbytes_buffered:
                self._plain = await self._io.read(count)
        except (TimeoutError, TruncatedStreamError, *_LOST) as error:
            raise ConnectionLost("TLS on the control connection was not ended in order") from error

    @property
    def certificate(self) -> PeerCertificate | None:
        """The certificate that the client has shown, verified; None without one."""
        inner = self._io.stream
        return PeerCertificate.of(inner.ssl_object) if isinstance(inner, TLSStream) else None

    async def aclose(self) -> None:
        """Close in bounded time, TLS by close_notify. Cancellation: closes at once."""
        if type(self._io.stream) is SocketStream:  # for which there is nothing more to be said
            self._io.close()
            return
        try:
            with anyio.move_on_after(_CLOSE_SECONDS):
                await self._io.aclose()
        finally:
            self._io.close()

    def close(self) -> None:
        """Close at once."""
        self._io.close()
