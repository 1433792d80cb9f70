"""Bytes to lines, in bounded memory. Knows nothing of replies and commands.

Lines and faults come out in the order in which they came in: an over-long line is dropped through
its ending, and `feed` raises at its place in the sequence. Lines before it are returned first, the
fault is raised by the next call, and the lines after it follow. So a server can answer 500 and go
on, and no result depends on how the network cut the bytes.
"""

from __future__ import annotations

from anyftp._errors import RemoteProtocolError

# Stands in the queue for an over-long line. No line is equal to it: lines have no LF.
_TOO_LONG = b"\n"


class LineDecoder:
    """Cuts a stream of bytes into lines.

    CRLF ends a line (RFC 959, 5.3.1); a bare LF is accepted too, programs in the wild send it.

    Attributes:
        max_line: largest accepted line in bytes, its ending excluded.
        discarded: bytes of over-long lines thrown away so far.
    """

    def __init__(self, max_line: int = 8192) -> None:
        self.max_line = max_line
        self.discarded = 0
        self._queue: list[bytes] = []
        self._partial = bytearray()
        self._is_skipping = False

    @property
    def pending(self) -> int:
        """Bytes held back: an unfinished line, and what waits behind a fault."""
        return len(self._partial) + sum(map(len, self._queue))

    @property
    def has_more(self) -> bool:
        """Whether `feed` gives something, or raises, without any bytes."""
        return bool(self._queue)

    def clear(self) -> None:
        """Forget what is held back, as after a TLS handshake (nothing sent in clear counts)."""
        self._queue.clear()
        self._partial.clear()
        self._is_skipping = False

    @property
    def _is_empty(self) -> bool:
        return not (self._queue or self._partial or self._is_skipping)

    def feed(self, data: bytes | bytearray | memoryview = b"") -> list[bytes]:
        """Take bytes, return the lines they complete, without their endings.

        Raises:
            RemoteProtocolError: a line of more than `max_line` bytes was dropped. The decoder is
                still in step: the lines behind it come from the next calls.
        """
        if data:
            *ended, rest = bytes(data).split(b"\n")
            if not rest and len(ended) == 1 and self._is_empty and len(ended[0]) <= self.max_line:
                return [ended[0].removesuffix(b"\r")]  # most commands come whole and alone
            for piece in ended:
                self._end_line(piece)
            if rest:
                self._hold(rest)
        return self._take()

    def _end_line(self, piece: bytes) -> None:
        if self._is_skipping:
            self._is_skipping = False
            self.discarded += len(piece) + 1
            return
        line = piece
        if self._partial:
            line = bytes(self._partial) + piece
            self._partial.clear()
        line = line.removesuffix(b"\r")
        if len(line) > self.max_line:
            self.discarded += len(line)
            line = _TOO_LONG
        self._queue.append(line)

    def _hold(self, rest: bytes) -> None:
        if self._is_skipping:
            self.discarded += len(rest)
            return
        self._partial += rest
        # One byte more is fine if it is the CR of an ending that is still to come.
        if len(self._partial.removesuffix(b"\r")) > self.max_line:
            self.discarded += len(self._partial)
            self._partial.clear()
            self._is_skipping = True
            self._queue.append(_TOO_LONG)

    def _take(self) -> list[bytes]:
        ready = self._queue
        if _TOO_LONG not in ready:
            self._queue = []
            return ready
        place = ready.index(_TOO_LONG)
        if place == 0:
            del ready[0]
            raise RemoteProtocolError(f"a line of more than {self.max_line} bytes")
        self._queue = ready[place:]
        return ready[:place]
