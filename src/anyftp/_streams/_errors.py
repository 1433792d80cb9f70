"""Exceptions of the stream layer that anyio has no name for."""

from __future__ import annotations

import anyio


class IncompleteReadError(EOFError, anyio.IncompleteRead):
    """The stream ended before as many bytes had come as were asked for.

    Attributes:
        partial: the bytes that did come; they are no longer in the stream.
        expected: how many were asked for.
    """

    def __init__(self, partial: bytes, expected: int) -> None:
        self.partial = partial
        self.expected = expected
        EOFError.__init__(self, f"the stream ended after {len(partial)} of {expected} bytes")

    def __reduce__(self) -> tuple[type[IncompleteReadError], tuple[bytes, int]]:
        return type(self), (self.partial, self.expected)


class TruncatedStreamError(anyio.BrokenResourceError):
    """The connection ended without TLS's close_notify: something may be missing (RFC 8446, 6.1)."""


class UnreadPlaintextError(anyio.BrokenResourceError):
    """Plain bytes lie unread where TLS is about to begin; they may be an attacker's."""
