"""TLS over any stream, by OpenSSL on memory buffers.

Ciphertext moves in pieces of 256 KiB, records are decrypted straight into the caller's block, and
no coroutine runs per record: that halves the cost of anyio's `TLSStream`, which moreover cannot
resume sessions. The order of things at the end:

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
from typing import Any, Self, cast

import anyio
from anyio.streams.tls import TLSAttribute

from anyftp._streams._any_stream import AnyStream, as_optimistic
from anyftp._streams._errors import TruncatedStreamError
from anyftp._streams._optimistic import OptimisticStream
from anyftp._streams._timeouts import within

_PIECE_BYTES = 262144
_MAX_FAREWELL_BYTES = 16 << 20
#: What the peer may send in the middle of a renegotiation while nobody receives.
_MAX_ASIDE_BYTES = 1 << 20


class _Scratch(threading.local):
    """One piece of ciphertext a thread: it is handed to OpenSSL before any other stream runs."""

    def __init__(self) -> None:
        self.view = memoryview(bytearray(_PIECE_BYTES))


_scratch = _Scratch()


class TLSStream(OptimisticStream):
    """A TLS connection; made by `wrap`.

    Attributes:
        close_timeout: seconds that `aclose` waits for the peer's close_notify.
        clean_end: whether the peer's close_notify has come.
        accepts_truncation: take an end without close_notify for the end of the data.
    """

    def __init__(
        self,
        transport: OptimisticStream,
        ssl_object: ssl.SSLObject,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
    ) -> None:
        super().__init__()
        self._transport = transport
        self.tries_by_waiting: bool = transport.tries_by_waiting
        self._ssl = ssl_object
        self._incoming = incoming
        self._outgoing = outgoing
        self._ciphertext = memoryview(b"")
        self._has_sent_close_notify = False
        self._needs_input_to_send = False
        self._failed_by: ssl.SSLError | None = None
        self._is_drained = False  # OpenSSL has just said that it lacks input
        self._aside = b""  # decrypted, to be received before anything else
        self.close_timeout: float = 2.0
        self.clean_end: bool = False
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
            stream = cls(channel, ssl_object, incoming, outgoing)
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
        return self._ssl

    @property
    def session(self) -> ssl.SSLSession | None:
        """The session as of now. TLS 1.3 sends its tickets after the handshake: ask late."""
        return self._ssl.session

    @property
    def session_reused(self) -> bool:
        """Whether this connection resumed an earlier one's session."""
        return bool(self._ssl.session_reused)

    @property
    def has_unsent(self) -> bool:
        return bool(self._ciphertext.nbytes or self._outgoing.pending or self._transport.has_unsent)

    @property
    def closes_at_once(self) -> bool:
        return self._transport.closes_at_once

    def try_receive_into(self, view: memoryview) -> int | None:
        self._check_open()
        return self._decrypt(view)

    def _decrypt(self, view: memoryview) -> int | None:
        if self._aside:
            nbytes = min(view.nbytes, len(self._aside))
            view[:nbytes] = self._aside[:nbytes]
            self._aside = self._aside[nbytes:]
            return nbytes
        if self._failed_by is not None:
            return self._bad_end(self._failed_by)
        filled = 0
        while filled < view.nbytes:
            if self._is_drained:  # to look in vain costs an exception, for each wait
                try:
                    if not self._feed():
                        break
                except anyio.BrokenResourceError:
                    if filled:  # tell of it when what came before has been taken
                        return filled
                    raise
            try:
                nbytes = self._read_records(view[filled:])
            except ssl.SSLWantReadError:
                self._is_drained = True
                continue
            except ssl.SSLZeroReturnError:
                nbytes = 0
            except ssl.SSLError as error:
                self._failed_by = error  # OpenSSL tells it once, and of a mere end after that
                return filled or self._bad_end(error)
            if not nbytes:
                self.clean_end = True
                return filled
            filled += nbytes
        return filled or None

    def _bad_end(self, error: ssl.SSLError) -> int:
        if self.accepts_truncation and isinstance(error, ssl.SSLEOFError):
            return 0
        raise self._failure(error) from error

    def try_send(self, view: memoryview) -> int:
        self._check_sending()
        self._push()
        if self._ciphertext.nbytes:
            return 0
        piece = view[:_PIECE_BYTES]
        sent = 0
        self._is_drained = False
        while sent < piece.nbytes:
            try:
                sent += self._ssl.write(piece[sent:])
            except ssl.SSLWantReadError:  # a renegotiation is under way (TLS 1.2)
                self._needs_input_to_send = not sent
                break
            except ssl.SSLError as error:
                raise self._failure(error) from error
        self._push()
        return sent

    async def until_readable(self) -> None:
        self._check_open()
        if self._aside:
            return
        if self._ciphertext.nbytes or self._outgoing.pending:  # the answer to a key update
            with contextlib.suppress(anyio.BrokenResourceError):  # what has come still comes
                self._push()
        await self._transport.until_readable()

    async def until_writable(self) -> None:
        self._check_open()
        self._push()
        if self.has_unsent:
            await self._transport.until_writable()
            self._push()
        elif self._needs_input_to_send:
            self._needs_input_to_send = False
            self._set_aside()
            if len(self._aside) > _MAX_ASIDE_BYTES:
                raise anyio.BrokenResourceError("a renegotiation that does not come to its end")
            if not self._feed():
                await self._transport.until_readable()

    async def _end(self) -> None:
        self._send_close_notify()
        await self._flush()

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
            self._send_close_notify()
            await self._flush()
            await self._await_close_notify()
        if not self.clean_end:
            raise anyio.BrokenResourceError("no end of TLS after 16 MiB")
        self._is_closed = True
        return self._transport, self._incoming.read()

    def end_in_reset(self) -> None:
        self._transport.end_in_reset()

    def close(self) -> None:
        self._is_closed = True
        self._transport.close()

    async def aclose(self) -> None:
        """Send close_notify, await the peer's for `close_timeout` seconds, close.

        Cancellation: closes at once.
        """
        try:
            with anyio.move_on_after(self.close_timeout), contextlib.suppress(*_LOST):
                self._send_close_notify()
                await self._flush()
                await self._await_close_notify()
        finally:
            self.close()
            if not self._transport.closes_at_once:
                await anyio.aclose_forcefully(self._transport)

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        return {
            **self._transport.extra_attributes,
            TLSAttribute.alpn_protocol: self._ssl.selected_alpn_protocol,
            TLSAttribute.cipher: self._ssl.cipher,
            TLSAttribute.peer_certificate: lambda: self._ssl.getpeercert(False),
            TLSAttribute.peer_certificate_binary: lambda: self._ssl.getpeercert(True),
            TLSAttribute.server_side: lambda: self._ssl.server_side,
            TLSAttribute.ssl_object: lambda: self._ssl,
            TLSAttribute.tls_version: self._ssl.version,
        }

    async def _shake_hands(self) -> None:
        while True:
            try:
                self._ssl.do_handshake()
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
        if self._ssl.server_side and self._ssl.version() == "TLSv1.3":
            self._push()  # nothing but session tickets
        else:
            await self._flush()

    def _read_records(self, view: memoryview) -> int:
        # With a buffer, `SSLObject.read` returns a count; its annotations know only bytes.
        return cast("int", self._ssl.read(view.nbytes, view))

    def _feed(self) -> bool:
        """Hand one piece of ciphertext to OpenSSL; False if there is none yet."""
        nbytes = self._transport.try_receive_into(_scratch.view)
        if nbytes is None:
            return False
        self._is_drained = False
        if nbytes:
            self._incoming.write(_scratch.view[:nbytes])
        else:
            self._incoming.write_eof()
        return True

    def _push(self) -> None:
        """Hand on ciphertext as far as the transport takes it."""
        while True:
            if not self._ciphertext.nbytes:
                if not self._outgoing.pending:
                    return
                self._ciphertext = memoryview(self._outgoing.read())
            nbytes = self._transport.try_send(self._ciphertext)
            if not nbytes:
                return
            self._ciphertext = self._ciphertext[nbytes:]

    async def _flush(self) -> None:
        self._push()
        while self.has_unsent:
            await self._transport.until_writable()
            self._push()

    def _send_close_notify(self) -> None:
        if not self._has_sent_close_notify:
            self._has_sent_close_notify = True
            self._is_drained = False
            self._set_aside()  # OpenSSL fails for good if it meets data where close_notify might be
            with contextlib.suppress(ssl.SSLError):  # the peer's has not come yet, as expected
                self._ssl.unwrap()

    def _set_aside(self) -> None:
        """Decrypt what has been fed, which is little, and keep it for the next reads."""
        block = memoryview(bytearray(16384))
        try:
            while nbytes := self._read_records(block):
                self._aside += block[:nbytes]
        except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            pass
        except ssl.SSLError as error:
            self._failed_by = error

    async def _await_close_notify(self) -> None:
        self._aside = b""
        block = memoryview(bytearray(16384))
        left = _MAX_FAREWELL_BYTES
        while left > 0:
            nbytes = self._decrypt(block)
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
