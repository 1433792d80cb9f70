"""What streams and `ssl` raise, in our words."""

from __future__ import annotations

import ssl

import anyio
import pytest

from anyftp import ConnectionLost, DataConnectionError, FTPError, FTPTimeoutError, TLSError
from anyftp._client._control._errors import (
    DATA_FAILURES,
    raise_translated,
    translated_data_errors,
)


@pytest.mark.parametrize(
    ("error", "kind", "told"),
    [
        (TimeoutError(), FTPTimeoutError, "reading"),
        (ssl.SSLError(1, "bad record"), TLSError, "reading: TLS broke: .*bad record"),
        (anyio.BrokenResourceError("reset"), DataConnectionError, "reading: reset"),
        (anyio.BrokenResourceError(), DataConnectionError, "reading: the connection broke"),
        (anyio.ClosedResourceError(), DataConnectionError, "reading: the connection broke"),
        (anyio.EndOfStream(), DataConnectionError, "reading: the connection broke"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_translated(error: Exception, kind: type[FTPError], told: str) -> None:
    assert isinstance(error, DATA_FAILURES)
    with pytest.raises(kind, match=told) as caught, translated_data_errors("reading", 3.0):
        raise error
    assert caught.value.__cause__ is error
    if isinstance(caught.value, FTPTimeoutError):
        assert caught.value.seconds == 3.0


def test_what_is_in_our_words_stays() -> None:
    error = ConnectionLost("gone")
    with pytest.raises(ConnectionLost) as caught:
        raise_translated(error, "reading")
    assert caught.value is error


def test_what_no_connection_raises_passes() -> None:
    with pytest.raises(KeyError), translated_data_errors("reading"):
        raise KeyError
