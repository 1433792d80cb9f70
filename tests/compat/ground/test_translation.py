"""The way from the core's exceptions to those of aioftp's names."""

from __future__ import annotations

import ssl

import anyio
import pytest

import anyftp
import anyftp_compat as aioftp
from anyftp_compat._ground._translation import raw_info, translated, translated_errors

LOST, TLS = anyftp.ConnectionLost("gone"), anyftp.TLSError("no agreement")
LOST.__cause__, TLS.__cause__ = ConnectionRefusedError(111, "no"), ssl.SSLError(1, "no")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (anyftp.LocalProtocolError("x"), ValueError),
        (anyftp.FTPTimeoutError("reply", 1.0), TimeoutError),
        (anyftp.ConnectionLost("gone"), ConnectionResetError),
        (LOST, ConnectionRefusedError),
        (TLS, ssl.SSLError),
        (anyftp.FileSystemError(2, "/f"), aioftp.PathIOError),
        (anyftp.RemoteProtocolError("x"), ConnectionResetError),
        (anyio.BusyResourceError("x"), RuntimeError),
        (anyio.BrokenResourceError(), ConnectionResetError),
        (KeyError("x"), KeyError),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_kinds(error: Exception, kind: type[Exception]) -> None:
    assert isinstance(translated(error), kind)
    with pytest.raises(kind), translated_errors():
        raise error


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ((), [""]),
        (("",), [""]),
        (("no",), [" no"]),
        (("no", "not yours"), ["-no", " not yours"]),
        (("a", "b", "c"), ["-a", "b", " c"]),
    ],
)
def test_lines_of_replies(lines: tuple[str, ...], told: list[str]) -> None:
    assert raw_info(lines) == told
