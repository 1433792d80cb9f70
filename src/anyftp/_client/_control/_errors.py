"""Translation at the border: what streams and `ssl` raise becomes ours."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import anyio

from anyftp._errors import DataConnectionError, FTPError, FTPTimeoutError, TLSError

#: What a data connection raises.
DATA_FAILURES = (
    TimeoutError,
    ssl.SSLError,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
    anyio.EndOfStream,
)


def raise_translated(error: Exception, operation: str, timeout: float | None = None) -> NoReturn:
    """Raise in our words what a data connection has raised; what is in our words stays.

    Args:
        error: one of `DATA_FAILURES`.
        operation: what was going on, for the message.
        timeout: the seconds allowed, for the message.
    """
    if isinstance(error, FTPError):
        raise error
    if isinstance(error, TimeoutError):
        raise FTPTimeoutError(operation, timeout) from error
    if isinstance(error, ssl.SSLError):
        word = getattr(error, "reason", None)  # only what OpenSSL itself raises has one
        raise TLSError(f"{operation}: TLS broke: {word or error}") from error
    reason = str(error) or "the connection broke"
    raise DataConnectionError(f"{operation}: {reason}") from error


@contextmanager
def translated_data_errors(operation: str, timeout: float | None = None) -> Iterator[None]:
    """Turn what a data connection raises within the block into our errors."""
    try:
        yield
    except DATA_FAILURES as error:
        raise_translated(error, operation, timeout)
