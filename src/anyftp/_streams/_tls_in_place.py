"""TLS that begins and ends on a connection that stands, in place."""

from __future__ import annotations

import ssl

import anyio
from anyio.abc import ByteStream

from anyftp._streams._errors import UnreadPlaintextError
from anyftp._streams._flow import Flow
from anyftp._streams._optimistic import OptimisticStream
from anyftp._streams._tls import TLSStream


class TLSInPlace(Flow):
    """A flow whose channel is exchanged for a protected one, and back.

    Attributes:
        stream: what is wrapped.
    """

    stream: ByteStream
    _channel: OptimisticStream
    _reading: anyio.ResourceGuard
    _writing: anyio.ResourceGuard
    _buffer: bytearray

    def _check_whole(self) -> None:
        """Raise what a write would, where nothing can be sent."""
        raise NotImplementedError

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        *,
        server_side: bool = False,
        session: ssl.SSLSession | None = None,
        received: bytes = b"",
    ) -> None:
        """Turn this connection into a TLS connection, in place.

        Args:
            server_hostname: the name that the certificate must carry (client side).
            server_side: be the server of the handshake.
            session: an earlier connection's session to resume, of the same context.
            received: the beginning of the peer's handshake, where it has been read already.

        Raises:
            UnreadPlaintextError: plain bytes have come that nobody has read. They may have been
                slipped in to be taken for protected ones; the stream stays as it was.
            ssl.SSLError: the certificate does not verify, or TLS cannot be agreed on.
            TimeoutError: the handshake took longer than `read_timeout`, or 30 s without one.
            anyio.BrokenResourceError: the connection ended meanwhile, or an earlier write was cut
                short.

        Cancellation: closes the connection.
        """
        with self._reading, self._writing:
            self._check_whole()
            if self._buffer:
                raise UnreadPlaintextError(f"{len(self._buffer)} plain bytes lie unread before TLS")
            limit = 30.0 if self.read_timeout is None else self.read_timeout
            self._channel = await TLSStream.wrap(
                self._channel,
                ssl_context,
                server_side=server_side,
                server_hostname=server_hostname,
                session=session,
                handshake_timeout=limit,
                received=received,
            )
            self.stream = self._channel

    async def stop_tls(self) -> None:
        """Go on in clear text, in place: both sides say close_notify (RFC 4217, 12.3).

        What the peer protected and nobody has read is dropped. Whoever sits between the two can
        read and change all that follows.

        Raises:
            ValueError: there is no TLS on this connection.
            TimeoutError: the peer did not say its close_notify in time.
            TruncatedStreamError, anyio.BrokenResourceError: the connection ended instead, or an
                earlier write was cut short.

        Cancellation: breaks the stream.
        """
        with self._reading, self._writing:
            if not isinstance(self._channel, TLSStream):
                raise ValueError("there is no TLS on this connection")
            self._check_whole()
            self._buffer.clear()
            self._channel, plain = await self._channel.unwrap()
            self._buffer += plain
            self.stream = self._channel
