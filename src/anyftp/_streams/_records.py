"""TLS without I/O, by OpenSSL on memory buffers: ciphertext comes in and goes out, nothing waits.

Records are decrypted straight into the caller's block, as many as there are in one call.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable
from typing import cast

#: What the peer may send in the middle of a renegotiation while nobody receives.
_MAX_ASIDE_BYTES = 1 << 20


class Records:
    """One side of a TLS connection.

    Args:
        ssl_object: OpenSSL on the two buffers.
        incoming, outgoing: ciphertext from and for the peer.

    Attributes:
        lacks_input: OpenSSL has just said so, and nothing is set aside. To ask it once more would
            cost an exception.
        is_over: nothing more can be decrypted, whatever comes.
        clean_end: for the peer's close_notify has been met.
        error: what else has ended the peer's records. OpenSSL tells it once, and of a mere end
            after that.
    """

    def __init__(
        self, ssl_object: ssl.SSLObject, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO
    ) -> None:
        self.ssl_object = ssl_object
        self._incoming = incoming
        self._outgoing = outgoing
        self.lacks_input: bool = False
        self.is_over: bool = False
        self.clean_end: bool = False
        self.error: ssl.SSLError | None = None
        self._ciphertext = memoryview(b"")
        self._aside = b""  # decrypted, to be read before anything else
        self._has_said_close_notify = False

    @property
    def has_aside(self) -> bool:
        """Whether there is plaintext that needs no input to be read."""
        return bool(self._aside)

    @property
    def is_flooded(self) -> bool:
        """Whether more was set aside than a peer may send while nobody receives."""
        return len(self._aside) > _MAX_ASIDE_BYTES

    @property
    def has_unsent(self) -> bool:
        """Whether there is ciphertext for the peer."""
        return bool(self._ciphertext.nbytes or self._outgoing.pending)

    def feed(self, ciphertext: memoryview) -> None:
        """Take in what the peer has sent; nothing is the end of it."""
        self.lacks_input = False
        if ciphertext:
            self._incoming.write(ciphertext)
        else:
            self._incoming.write_eof()

    def read_into(self, view: memoryview) -> int:
        """Decrypt what has been fed into view; returns how many bytes.

        Where they are fewer than view has room for, input is lacking or the records are over.
        """
        if self._aside:
            nbytes = min(view.nbytes, len(self._aside))
            view[:nbytes] = self._aside[:nbytes]
            self._aside = self._aside[nbytes:]
            return nbytes
        # With a buffer it returns a count; its annotations know only bytes.
        read = cast("Callable[[int, memoryview], int]", self.ssl_object.read)
        size, filled = view.nbytes, 0
        if self.is_over:
            return 0
        try:
            while filled < size:
                nbytes = read(size - filled, view[filled:])
                if not nbytes:
                    self.is_over = self.clean_end = True
                    break
                filled += nbytes
        except ssl.SSLWantReadError:
            self.lacks_input = True
        except ssl.SSLZeroReturnError:
            self.is_over = self.clean_end = True
        except ssl.SSLError as error:
            self.is_over = True
            self.error = error
        return filled

    def write(self, view: memoryview) -> int:
        """Encrypt view; returns how many bytes, fewer if a renegotiation wants input (TLS 1.2).

        Raises:
            ssl.SSLError: TLS failed.
        """
        self.lacks_input = False
        nbytes = 0
        try:
            while nbytes < view.nbytes:
                nbytes += self.ssl_object.write(view[nbytes:])
        except ssl.SSLWantReadError:
            pass
        return nbytes

    def ciphertext(self) -> memoryview:
        """What is to be sent next; nothing if there is nothing."""
        if not self._ciphertext and self._outgoing.pending:
            self._ciphertext = memoryview(self._outgoing.read())
        return self._ciphertext

    def sent(self, nbytes: int) -> None:
        """This much of the ciphertext has gone out."""
        self._ciphertext = self._ciphertext[nbytes:]

    def say_close_notify(self) -> None:
        """Put close_notify behind all that was written; once."""
        if not self._has_said_close_notify:
            self._has_said_close_notify = True
            self.set_aside()  # OpenSSL fails for good if it meets data where close_notify might be
            with contextlib.suppress(ssl.SSLError):  # the peer's has not come yet, as expected
                self.ssl_object.unwrap()

    def set_aside(self) -> None:
        """Decrypt what has been fed, which is little, and keep it for the next reads."""
        block, aside, self._aside = memoryview(bytearray(16384)), self._aside, b""
        while nbytes := self.read_into(block):
            aside += block[:nbytes]
        self._aside = aside
        self.lacks_input = False

    def forget(self) -> None:
        """Drop what was set aside."""
        self._aside = b""

    def behind(self) -> bytes:
        """What has been fed and is no record: it came behind close_notify."""
        return self._incoming.read()
