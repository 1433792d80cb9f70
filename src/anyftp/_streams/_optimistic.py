"""Streams that are tried first and waited for only when they would block.

An event loop's wait costs ten times as much as a read, and most reads of a busy stream need no
wait. So the primitive operations here are plain functions that do what can be done at once; what
moves whole blocks by them is `_flow`. The asynchronous ones here are for whoever uses such a stream
by itself.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
from abc import abstractmethod
from functools import cached_property

import anyio
from anyio.abc import ByteStream, SocketAttribute

from anyftp._streams._flow import MAX_RECEIVE_BYTES, Buffer, Pace, bytes_view

#: "On" and "for no second"; Windows has shorts in the place of ints.
_LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


def reset_when_closed(sock: socket.socket) -> None:
    """Have a socket reset its connection when it is closed, whatever is under way."""
    with contextlib.suppress(OSError):  # gone already
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)


class OptimisticStream(ByteStream):
    """A byte stream whose operations can be tried without waiting.

    What its calls do depends on its state:

    ===================  =================  =================  ======  ===============
    call                 open               sending ended      broken  closed
    ===================  =================  =================  ======  ===============
    receive              bytes, or the end  bytes, or the end  broken  closed
    send, be it nothing  sends              closed             broken  closed
    send_eof             ends sending       nothing happens    broken  closed
    close, aclose        closes             closes             closes  nothing happens
    ===================  =================  =================  ======  ===============

    Broken is `anyio.BrokenResourceError`, closed `anyio.ClosedResourceError`, the end
    `anyio.EndOfStream`. A stream is broken when its connection is, and for sending when a send was
    cut short; then what is received still comes.

    Attributes:
        tries_by_waiting: only waiting tells what can be done at once; for others the try tells it.
    """

    tries_by_waiting = False

    _is_closed = False
    _has_ended = False
    _fault: str | None = None

    # What a stream needs that is used by itself; below another one, which has its own, it does not.

    @cached_property
    def _reading(self) -> anyio.ResourceGuard:
        return anyio.ResourceGuard("reading from")

    @cached_property
    def _writing(self) -> anyio.ResourceGuard:
        return anyio.ResourceGuard("writing to")

    @cached_property
    def _pace(self) -> Pace:
        return Pace()

    @property
    def is_closed(self) -> bool:
        """Whether it was closed on this side."""
        return self._is_closed

    @property
    def has_ended(self) -> bool:
        """Whether sending was ended on this side, by `send_eof`."""
        return self._has_ended

    @abstractmethod
    def try_receive_into(self, view: memoryview) -> int | None:
        """Receive what is there into view, which has room for at least one byte.

        Returns:
            How many bytes; 0 at the end of the stream; None if it would block.
        """

    @abstractmethod
    def try_send(self, view: memoryview) -> int:
        """Take over what can be taken at once; returns how many bytes, 0 if it would block."""

    @property
    def has_unsent(self) -> bool:
        """Whether bytes were taken over by `try_send` and are still on their way out."""
        return False

    def is_ready(self, most: int) -> bool:
        """Whether to try; if not, wait first, and for no more than this many bytes."""
        return True

    def expect(self, nbytes: int) -> None:
        """This much is received while the peer is waited for: much more is not to be taken in."""

    @property
    def closes_at_once(self) -> bool:
        """Whether `close` is all there is to closing; if not, `aclose` has more to do."""
        return False

    @abstractmethod
    async def until_readable(self) -> None:
        """Wait until `try_receive_into` may succeed. Cancellation: safe."""

    @abstractmethod
    async def until_writable(self) -> None:
        """Wait until `try_send` may succeed, and push on what is unsent.

        Cancellation: safe for what has not been taken over by `try_send` yet.
        """

    @abstractmethod
    def close(self) -> None:
        """Close at once, without a word (close_notify) to the peer."""

    def end_in_reset(self) -> None:
        """Have the connection end in a reset when it is closed, if there is such a thing here.

        To the peer an orderly end would say that all has been sent.
        """
        raw = self.extra(SocketAttribute.raw_socket, None)
        if raw is not None:
            reset_when_closed(raw)

    def try_receive(self, max_bytes: int) -> bytes | None:
        """As `try_receive_into`, into a fresh block."""
        block = memoryview(bytearray(min(max_bytes, MAX_RECEIVE_BYTES)))
        nbytes = self.try_receive_into(block)
        return None if nbytes is None else bytes(block[:nbytes])

    async def receive(self, max_bytes: int = MAX_RECEIVE_BYTES) -> bytes:
        """Receive at least one byte and at most max_bytes.

        Raises:
            anyio.EndOfStream: the peer has ended the stream.
            anyio.BrokenResourceError: the connection broke.
            ValueError: max_bytes is less than one.

        Cancellation: safe.
        """
        if max_bytes < 1:
            raise ValueError(f"max_bytes must be a positive integer, not {max_bytes}")
        with self._reading:
            await self._pace.step()
            while (data := self.try_receive(max_bytes)) is None:
                await self.until_readable()
            self._pace.count(len(data))
            if not data:
                raise anyio.EndOfStream
            return data

    async def receive_into(self, view: memoryview) -> int:
        """Receive into view; returns how many bytes, 0 at the end of the stream.

        Raises:
            anyio.BrokenResourceError: the connection broke.
            ValueError: there is no room in view.

        Cancellation: safe.
        """
        if not view.nbytes:
            raise ValueError("view must have room for at least one byte")
        with self._reading:
            await self._pace.step()
            while (nbytes := self.try_receive_into(view)) is None:
                await self.until_readable()
            self._pace.count(nbytes)
            return nbytes

    async def send(self, item: Buffer) -> None:
        """Send all of item.

        Raises:
            anyio.BrokenResourceError: the connection broke.
            anyio.ClosedResourceError: the stream is closed, or `send_eof` has ended sending.

        Cancellation: breaks the stream if a part of item has been sent.
        """
        view = bytes_view(item)
        with self._writing:
            await self._pace.step()
            self._check_sending()
            size = view.nbytes
            try:
                while view.nbytes or self.has_unsent:
                    nbytes = self.try_send(view) if view.nbytes else 0
                    self._pace.count(nbytes)
                    view = view[nbytes:]
                    if not nbytes:
                        await self.until_writable()
                    elif view.nbytes:  # not after the last piece: all has been sent then
                        await self._pace.step()
            except anyio.BrokenResourceError:
                self._fault = "the connection broke"
                raise
            except BaseException:
                if view.nbytes < size:
                    self._fault = "an earlier send was cut short"
                raise

    async def send_eof(self) -> None:
        """Tell the peer that nothing more will be sent; receiving goes on.

        Once that has been said, saying it again does nothing.

        Raises:
            anyio.BrokenResourceError: the connection broke.

        Cancellation: breaks the stream, unless it comes before anything is done.
        """
        with self._writing:
            await self._pace.step()
            self._check_open()
            if not self._has_ended:
                self._check_sending()
                await self._end()
                self._has_ended = True

    async def _end(self) -> None:
        """Say that nothing more will be sent."""
        raise NotImplementedError("this stream cannot be half-closed")

    def _check_open(self) -> None:
        if self._is_closed:
            raise anyio.ClosedResourceError

    def _check_sending(self) -> None:
        if self._is_closed:
            raise anyio.ClosedResourceError
        if self._has_ended:
            raise anyio.ClosedResourceError("sending has ended")
        if self._fault is not None:
            raise anyio.BrokenResourceError(self._fault)
