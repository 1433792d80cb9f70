"""Copies between a TLS stream and a file in a worker thread, a slice at a time.

For a slice the stream is lent to the worker, which reads, encrypts and sends, or receives, decrypts
and writes. A block then meets one thread and one processor's cache, and a transfer needs no more
hops than one in clear text: block by block on the event loop, TLS took half as much again.
"""

from __future__ import annotations

import socket

import anyio

from anyftp._streams._slices import Blockwise, Outcome, ReadAndSend, ReceiveAndWrite
from anyftp._streams._tls import TLSStream


class _Records(Blockwise):
    """By the stream's own calls. Whoever closes the stream ends the slice."""

    def __init__(self, stream: TLSStream, fd: int) -> None:
        assert stream.socket_stream is not None
        self._stream = stream
        self._transport = stream.socket_stream
        super().__init__(self._transport.raw_socket, fd)

    def open(self, sock: socket.socket) -> None:
        if self._stream.is_closing:
            raise anyio.ClosedResourceError
        self.resources.enter_context(self._transport.held())  # a duplicate is of no use to it
        self.watch(sock)

    async def _run_in_thread(self, max_bytes: int | None) -> Outcome:
        async with self._stream.loan.taken():
            if self._stream.is_closing:
                raise anyio.ClosedResourceError
            return await super()._run_in_thread(max_bytes)


class DecryptAndWrite(_Records, ReceiveAndWrite):
    """From a TLS stream to a file's current position."""

    def receive_into(self, view: memoryview) -> int:
        nbytes = self._stream.decrypt(view)
        if nbytes is None:
            raise BlockingIOError
        return nbytes


class ReadAndEncrypt(_Records, ReadAndSend):
    """From a file's current position to a TLS stream."""

    def send(self, view: memoryview) -> int:
        nbytes = self._stream.encrypt(view)
        if not nbytes:
            raise BlockingIOError
        return nbytes

    def _is_ready(self) -> bool:
        # A renegotiation waits for the peer's records, and there is room to send meanwhile.
        return self._stream.has_unsent and super()._is_ready()
