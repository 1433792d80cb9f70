"""Text over a byte stream: lines end with LF on this side and with CRLF on the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from anyftp._streams._line_ends import FromCRLF, ToCRLF
from anyftp._streams._optimistic import OptimisticStream

_BLOCK_BYTES = 65536


class TextStream(OptimisticStream):
    """Converts line ends both ways; which blocks the bytes come and go in does not matter.

    It never receives further than its caller asked for, so that a throttle above makes no burst.
    What such a throttle counts are the bytes of the text, without the CRs that lines end with on
    the other side.

    Args:
        stream: the stream to wrap; it is owned from now on.
    """

    def __init__(self, stream: OptimisticStream) -> None:
        super().__init__()
        self._stream = stream
        self.tries_by_waiting = stream.tries_by_waiting
        self._incoming = FromCRLF()
        self._outgoing = ToCRLF()
        self._block = memoryview(bytearray(_BLOCK_BYTES))
        self._received = b""
        self._is_at_end = False
        self._unsent = memoryview(b"")

    @property
    def has_unsent(self) -> bool:
        return bool(self._unsent.nbytes or self._stream.has_unsent)

    def try_receive_into(self, view: memoryview) -> int | None:
        while not self._received and not self._is_at_end:
            nbytes = self._stream.try_receive_into(self._block[: view.nbytes])
            if nbytes is None:
                return None
            if nbytes:
                self._received = self._incoming.convert(bytes(self._block[:nbytes]))
            else:
                self._received, self._is_at_end = self._incoming.end(), True
        taken = self._received[: view.nbytes]
        self._received = self._received[view.nbytes :]
        view[: len(taken)] = taken
        return len(taken)

    def try_send(self, view: memoryview) -> int:
        self._check_sending()
        self._push()
        if self._unsent.nbytes:
            return 0
        taken = view[:_BLOCK_BYTES]
        self._unsent = memoryview(self._outgoing.convert(bytes(taken)))
        self._push()
        return taken.nbytes

    def _push(self) -> None:
        while self._unsent.nbytes:
            nbytes = self._stream.try_send(self._unsent)
            if not nbytes:
                return
            self._unsent = self._unsent[nbytes:]

    def is_ready(self, most: int) -> bool:
        return bool(self._received or self._is_at_end) or self._stream.is_ready(most)

    async def until_readable(self) -> None:
        if not self._received and not self._is_at_end:
            await self._stream.until_readable()

    async def until_writable(self) -> None:
        await self._stream.until_writable()
        self._push()

    async def _end(self) -> None:
        while self.has_unsent:
            await self.until_writable()
        await self._stream.send_eof()

    def end_in_reset(self) -> None:
        self._stream.end_in_reset()

    def close(self) -> None:
        """Close at once, without close_notify."""
        self._forget()
        self._stream.close()

    async def aclose(self) -> None:
        """Close cleanly. Cancellation: closes all the same."""
        self._forget()
        await self._stream.aclose()

    def _forget(self) -> None:
        self._is_closed = True
        self._received, self._is_at_end = b"", False  # what is closed has no end any more

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        return self._stream.extra_attributes
