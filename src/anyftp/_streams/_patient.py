"""Streams that are not ours, in the form of those that are tried first, and waited for later."""

from __future__ import annotations

import contextlib
import inspect
import socket
import ssl
import sys

import anyio
from anyio.abc import ByteStream, SocketAttribute

from anyftp._streams._flow import MAX_RECEIVE_BYTES
from anyftp._streams._optimistic import OptimisticStream
from anyftp._streams._socket import send_at_once

#: What is handed at once to a stream that is not ours: a time-out for silence can bound no less.
_PIECE_BYTES = 65536
#: There is an event loop that takes in for a stream as much as comes, up to 8 MB at once, whatever
#: was asked for: for tens of milliseconds nobody else runs, and the peer has sent what no throttle
#: knows of. So the kernel has room for little more than what is due while the peer is waited for,
#: and for all it likes where that is much.
_LEAST_ROOM_BYTES = 65536
_MOST_ROOM_BYTES = 262_144
_SO_BUF_LOCK = 72  # of Linux: 0 has the kernel size them again


def make_room(sock: socket.socket, nbytes: int) -> None:
    """Have the kernel take in about this much ahead; above some size, as much as it likes."""
    with contextlib.suppress(OSError):  # closed, or a system that cannot go back
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, min(nbytes, _MOST_ROOM_BYTES))
        if nbytes >= _MOST_ROOM_BYTES and sys.platform == "linux":
            sock.setsockopt(socket.SOL_SOCKET, _SO_BUF_LOCK, 0)


_NO_MATTER = (
    *(anyio.BrokenResourceError, anyio.BusyResourceError, anyio.ClosedResourceError),
    ssl.SSLError,
)


class PatientStream(OptimisticStream):
    """Gives any `ByteStream` the form of an `OptimisticStream`.

    It never reads ahead of what its caller asked for, so that a throttle above stays exact. A send
    that was interrupted may have sent any part of its bytes; so the stream is broken then.

    Attributes:
        close_timeout: seconds that the stream below may take to close, for its close_notify say.
    """

    tries_by_waiting = True

    def __init__(self, stream: ByteStream) -> None:
        super().__init__()
        self._stream = stream
        self._received = b""
        self._at_end = False
        self._wanted = MAX_RECEIVE_BYTES
        self._unsent: memoryview | None = None
        self._sending = anyio.ResourceGuard("writing to")
        self.close_timeout: float = 2.0
        self._room = _MOST_ROOM_BYTES  # or more
        self._socket = stream.extra(SocketAttribute.raw_socket, None)
        if self._socket is not None:  # of anyio's, those that are made from a socket do not on trio
            send_at_once(self._socket)

    def end_in_reset(self) -> None:
        end_in_reset = getattr(self._stream, "end_in_reset", super().end_in_reset)
        end_in_reset()

    @property
    def has_unsent(self) -> bool:
        return self._unsent is not None

    def try_receive_into(self, view: memoryview) -> int | None:
        self._check_open()
        if not self._received:
            self._wanted = view.nbytes
            return 0 if self._at_end else None
        nbytes = min(view.nbytes, len(self._received))
        view[:nbytes] = self._received[:nbytes]
        self._received = self._received[nbytes:]
        return nbytes

    def try_receive(self, max_bytes: int) -> bytes | None:
        self._check_open()
        if not self._received:
            self._wanted = max_bytes
            return b"" if self._at_end else None
        data, self._received = self._received[:max_bytes], self._received[max_bytes:]
        return data

    def is_ready(self, most: int) -> bool:
        self._wanted = most
        return bool(self._received or self._at_end or self._is_closed)

    def expect(self, nbytes: int) -> None:
        room = min(max(nbytes, _LEAST_ROOM_BYTES), _MOST_ROOM_BYTES)
        if self._socket is not None and not room <= self._room <= 2 * room:
            self._room = room
            make_room(self._socket, room)

    def try_send(self, view: memoryview) -> int:
        self._check_sending()
        if self._unsent is not None:
            return 0
        self._unsent = view[:_PIECE_BYTES]
        return self._unsent.nbytes

    async def until_readable(self) -> None:
        self._check_open()
        if self._received or self._at_end:
            return
        try:
            self._received = await self._stream.receive(self._wanted)
        except anyio.EndOfStream:
            self._at_end = True

    async def until_writable(self) -> None:
        self._check_sending()
        if self._unsent is None:
            return
        with self._sending:
            try:
                await self._stream.send(bytes(self._unsent))
            except BaseException:
                self._fault = "an earlier send was cut short"
                raise
            self._unsent = None

    def close(self) -> None:
        """Use the stream no more; one that has a `close` is closed, others need `aclose`."""
        if not self._is_closed:
            self._is_closed = True
            self._received = b""
            close = getattr(self._stream, "close", None)
            if callable(close) and not inspect.iscoroutinefunction(close):
                close()

    async def _end(self) -> None:
        await self._stream.send_eof()

    async def aclose(self) -> None:
        """Close within `close_timeout` seconds, cleanly if the peer lets it.

        Cancellation: closes at once.
        """
        self._is_closed = True
        self._received = b""
        # A silent peer's close_notify may be awaited; cancelled, anyio's close without it.
        # One that fails, for the connection is broken or closed, is no matter any more.
        with anyio.move_on_after(self.close_timeout), contextlib.suppress(*_NO_MATTER):
            await self._stream.aclose()

    @property
    def extra_attributes(self):  # type: ignore[no-untyped-def]  # anyio's own type is private
        return self._stream.extra_attributes
