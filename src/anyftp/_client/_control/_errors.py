"""Translation at the border: what streams and `ssl` raise becomes ours."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import anyio

from anyftp._errors import DataConnectionError, FTPError, FTPTimeoutError, TLSError


@contextmanager
def translated_data_errors(operation: str, timeout: float | None = None) -> Iterator[None]:
    """Turn what a data connection raises into our errors.

    Args:
        operation: what was going on, for the message.
        timeout: the seconds allowed, for the message.
    """
    try:
        yield
    except FTPError:
        raise
    except TimeoutError as error:
        raise FTPTimeoutError(operation, timeout) from error
    except ssl.SSLError as error:
        raise TLSError(f"{operation}: TLS broke: {error.reason or error}") from error
    except (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream) as error:
        reason = str(error) or "the connection broke"
        raise DataConnectionError(f"{operation}: {reason}") from error
