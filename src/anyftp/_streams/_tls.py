"""TLS over any stream.

What TLS itself does is in `_records`. Ciphertext moves in large pieces, and no coroutine runs per
record: that halves the cost of anyio's `TLSStream`, which moreover cannot resume sessions. The
order of things at the end:

* `send_eof` sends close_notify; receiving goes on.
* `aclose` sends close_notify, reads up to the peer's for a bounded time and only then closes. A
  socket that is closed with unread bytes, such as TLS 1.3's session tickets, would be reset, and
  the reset makes the peer's kernel throw away what it has not read yet.
* A peer that ends without close_notify may have been cut off: `TruncatedStreamError`.
"""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Callable, Mapping
from typing import Any, Self

import anyio
from anyio.streams.tls import TLSAttribute

from anyftp._streams._any_stream import AnyStream, as_optimistic
from anyftp._streams._errors import TruncatedStreamError
from anyftp._streams._flow import MAX_RECEIVE_BYTES
from anyftp._streams._loan import Loan
from anyftp._streams._optimistic import OptimisticStream
from anyftp._streams._records import Records
from anyftp._streams._socket import SocketStream
from anyftp._streams._timeouts import within

_RECEIVED_BYTES = 262144
_SENT_BYTES = 262144
#: Encrypted at once. Ciphertext, its copy and the kernel's stay in the processor's cache, and no
#: block is so large that the allocator would take it from the system and give it back.
_ENCRYPTED_BYTES = 65536
_MAX_BYTES_BEFORE_CLOSE_NOTIFY = 16 << 20


class _Scratch(threading.local):
    """For each thread a piece of either kind, which is handed on before any other stream runs."""

    def __init__(self) -> None:
        self.ciphertext = memoryview(bytearray(_RECEIVED_BYTES))
        self.plaintext = memoryview(bytearray(MAX_RECEIVE_BYTES))


_scratch = _Scratch()


class TLSStream(OptimisticStream):
    """A TLS connection; made by `wrap`.

    Attributes:
        close_timeout: seconds that `aclose` waits for the peer's close_notify.
        loan: OpenSSL bears no two threads; whoever uses `decrypt` or `encrypt` in one takes it.
        is_closing: whether closing it has begun.
        accepts_truncation: take an end without close_notify for the end of the data.
    """

    def __init__(self, transport: OptimisticStream, records: Records) -> None:
        super().__init__()
        self._transport = transport
        self.tries_by_waiting: bool = transport.tries_by_waiting
        self._records = records
        self._needs_input_to_send = False
        self._piece_bytes = _ENCRYPTED_BYTES if self.socket_stream else _SENT_BYTES
        self.loan: Loan = Loan()
        self.is_closing: bool = False
        self.close_timeout: float = 2.0
        self.accepts_truncation = False

    @classmethod
    async def wrap(
        cls,
        transport: AnyStream,
        ssl_context: ssl.SSLContext,
        *,
        server_side: bool = False,
        server_hostname: str | None = None,
        session: ssl.SSLSession | None = None,
        handshake_timeout: float | None = 30.0,
        received: bytes = b"",
    ) -> Self:
        """Do the TLS handshake on a connected stream.

        Args:
            transport: any stream that `anyftp.StreamIO` takes; owned by the TLS stream from now on,
                and closed if the handshake fails.
            session: a session to resume, of the same context.
            handshake_timeout: seconds that the handshake may take; None for any time.
            received: ciphertext that the caller has taken off the transport already.

        A server of TLS 1.3 returns before its session tickets have gone out: nobody need read them
        for the handshake to be over, and a client that writes first would never come to it. They
        go as far as the transport takes them at once, the rest with what is sent next.

        Raises:
            ssl.SSLError: the peer's certificate does not verify, or TLS cannot be agreed on.
            anyio.BrokenResourceError: the connection ended meanwhile.
            TimeoutError: the handshake took too long.

        Cancellation: closes the transport.
        """
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        incoming.write(received)
        channel = as_optimistic(transport)
        try:
            ssl_object = ssl_context.wrap_bio(
                incoming, outgoing, server_side, server_hostname, session
            )
            stream = cls(channel, Records(ssl_object, incoming, outgoing))
            with within(handshake_timeout, "TLS handshake"):
                await stream._shake_hands()
        except BaseException:
            channel.close()
            await anyio.aclose_forcefully(channel)
            raise
        return stream

    @property
    def ssl_object(self) -> ssl.SSLObject:
        """OpenSSL's view of the connection: certificate, cipher, version."""
        return self._records.ssl_object

    @property
    def session(self) -> ssl.SSLSession | None:
        """The session as of now. TLS 1.3 sends its tickets after the handshake: ask late."""
        return self.ssl_object.session

    @property
    def session_reused(self) -> bool:
        """Whether this connection resumed an earlier one's session."""
        return bool(self.ssl_object.session_reused)

    @property
    def clean_end(self) -> bool:
        """Whether the peer's close_notify has come."""
        return self._records.clean_end

    @property
    def has_unsent(self) -> bool:
        return self._records.has_unsent or self._transport.has_unsent

    @property
    def closes_at_once(self) -> bool:
        return self._transport.closes_at_once

    @property
    def socket_stream(self) -> SocketStream | None:
        """The socket below, if there is nothing in between."""
        return self._transport if isinstance(self._transport, SocketStream) else None

    def try_receive(self, max_bytes: int) -> bytes | None:
        self._check_open()
        block = _scratch.plaintext[:max_bytes]
        nbytes = None if self.loan.is_out else self.decrypt(block)
        return None if nbytes is None else bytes(block[:nbytes])

    def try_receive_into(self, view: memoryview) -> int | None:
        self._check_open()
        return None if self.loan.is_out else self.decrypt(view)

    def decrypt(self, view: memoryview) -> int | None:
        """As `try_receive_into`, in any thread, for whom has the loan."""
        records = self._records
        size, filled = view.nbytes, 0
        while filled < size:
            if records.lacks_input:
                try:
                    if not self._feed():
                        return filled or None
                except anyio.BrokenResourceError:
                    if filled:  # tell of it when what came before has been taken
                        return filled
                    raise
            filled += records.read_into(view[filled:])
            if records.is_over:
                break
        return filled if filled or records.clean_end else self._bad_end()

    def _bad_end(self) -> int:
        error = self._records.error
        assert error is not None
        if self.accepts_truncation and isinstance(error, ssl.SSLEOFError):
            return 0
        raise self._failure(error) from error

    def try_send(self, view: memoryview) -> int:
        self._check_sending()
        return 0 if self.loan.is_out else self.encrypt(view)

    def encrypt(self, view: memoryview) -> int:
        """As `try_send`, in any thread, for whom has the loan."""
        view = view[:_SENT_BYTES]
        sent = 0
        while sent < view.nbytes and self._push():
            try:
                nbytes = self._records.write(view[sent : sent + self._piece_bytes])
            except ssl.SSLError as error:
                raise self._failure(error) from error
            if not nbytes:  # a renegotiation is under way
                self._needs_input_to_send = not sent
                break
            sent += nbytes
        self._push()
        return sent

    async def until_readable(self) -> None:
        self._check_open()
        if self.loan.is_out:
            return await self.loan.until_back()
        if self._records.has_aside:
            return
        if self._records.has_unsent:  # the answer to a key update
            with contextlib.suppress(anyio.BrokenResourceError):  # what has come still comes
                self._push()
        await self._transport.until_readable()

    async def until_writable(self) -> None:
        self._check_open()
        if self.loan.is_out:
            return await self.loan.until_back()
        if not self._push() or self._transport.has_unsent:
            await self._transport.until_writable()
            if not self.loan.is_out:
                self._push()
        elif self._needs_input_to_send:
            self._needs_input_to_send = False
            self._records.set_aside()
            if self._records.is_flooded:
                raise anyio.BrokenResourceError("a renegotiation that does not come to its end")
            if not self._feed():
                await self._transport.until_readable()

    async def _end(self) -> None:
        await self._say_close_notify()

    async def unwrap(self) -> tuple[OptimisticStream, bytes]:
        """End TLS and go on in clear text: send close_notify, await the peer's.

        What the peer protected and nobody has read is dropped.

        Returns:
            The stream below, and plain bytes that came from it behind the peer's close_notify.

        Raises:
            TimeoutError: the peer did not say close_notify within `close_timeout` seconds.
            TruncatedStreamError, anyio.BrokenResourceError: the connection ended instead.

        Cancellation: breaks the stream.
        """
        with self._reading, self._writing, within(self.close_timeout, "end of TLS"):
            await self._say_close_notify()
            await self._await_close_notify()
        if not self.clean_end:
            raise anyio.BrokenResourceError("no end of TLS after 16 MiB")
        self._is_closed = True
        return self._transport, self._records.behind()

    def end_in_reset(self) -> None:
        self._transport.end_in_reset()

    def close(self) -> None:
        self.is_closing = self._is_closed = True
        self._transport.close()

    async def aclose(self) -> None:
        """Send close_notify, await the peer's for `close_timeout` seconds, close.

        Cancellation: closes at once.
        """
        self.is_closing = True
        try:
            with anyio.move_on_after(self.close_timeout), contextlib.suppress(*_LOST):
                await self._say_close_notify()
                await self._await_close_notify()
        finally:
            self.close()
            if not self._transport.closes_at_once:
                await anyio.aclose_forcefully(self._transport)

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        return {
            **self._transport.extra_attributes,
            TLSAttribute.alpn_protocol: self.ssl_object.selected_alpn_protocol,
            TLSAttribute.cipher: self.ssl_object.cipher,
            TLSAttribute.peer_certificate: lambda: self.ssl_object.getpeercert(False),
            TLSAttribute.peer_certificate_binary: lambda: self.ssl_object.getpeercert(True),
            TLSAttribute.server_side: lambda: self.ssl_object.server_side,
            TLSAttribute.ssl_object: lambda: self.ssl_object,
            TLSAttribute.tls_version: self.ssl_object.version,
        }

    async def _shake_hands(self) -> None:
        while True:
            try:
                self.ssl_object.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush()
                if not self._feed():
                    await self._transport.until_readable()
            except ssl.SSLEOFError as error:
                raise anyio.BrokenResourceError from error
            except ssl.SSLError:
                with anyio.move_on_after(self.close_timeout), contextlib.suppress(*_LOST):
                    await self._flush()  # the alert that tells the peer why
                raise
            else:
                return await self._end_handshake()

    async def _end_handshake(self) -> None:
        if self.ssl_object.server_side and self.ssl_object.version() == "TLSv1.3":
            self._push()  # nothing but session tickets
        else:
            await self._flush()

    def _feed(self) -> bool:
        """Hand one piece of ciphertext to OpenSSL; False if there is none yet."""
        nbytes = self._transport.try_receive_into(_scratch.ciphertext)
        if nbytes is None:
            return False
        self._records.feed(_scratch.ciphertext[:nbytes])
        return True

    def _push(self) -> bool:
        """Hand on ciphertext as far as the transport takes it; whether it has taken all."""
        while block := self._records.ciphertext():
            nbytes = self._transport.try_send(block)
            if not nbytes:
                return False
            self._records.sent(nbytes)
        return True

    async def _flush(self) -> None:
        while True:
            await self.loan.until_back()
            if self._push() and not self._transport.has_unsent:
                return
            await self._transport.until_writable()

    async def _say_close_notify(self) -> None:
        await self.loan.until_back()
        self._records.say_close_notify()
        await self._flush()

    async def _await_close_notify(self) -> None:
        self._records.forget()
        block = memoryview(bytearray(16384))
        left = _MAX_BYTES_BEFORE_CLOSE_NOTIFY
        while left > 0:
            nbytes = self.decrypt(block)
            if nbytes == 0:
                return
            if nbytes is None:
                await self._transport.until_readable()
            else:
                left -= nbytes

    def _failure(self, error: ssl.SSLError) -> Exception:
        if isinstance(error, ssl.SSLEOFError):
            return TruncatedStreamError("the connection ended without close_notify")
        return anyio.BrokenResourceError(f"TLS failed: {error.reason or error}")


#: What ends the wait for close_notify early. Busy: another task waits to receive, and will see it.
_LOST = (
    anyio.BrokenResourceError,
    anyio.BusyResourceError,
    anyio.ClosedResourceError,
    ssl.SSLError,
)
