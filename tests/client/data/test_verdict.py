"""What is said of a transfer that nobody has confirmed, by what is known of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from anyftp import ConnectionLost, FTPTimeoutError
from anyftp._client._data._verdict import too_short, unconfirmed
from anyftp._errors import IncompleteTransferError, UnconfirmedTransferError
from anyftp._streams import TLSStream

LOST, SILENT = ConnectionLost("gone"), FTPTimeoutError("reply", 1.0)


@dataclass
class Known:
    """What is looked at of a transfer."""

    received: int = 10
    expected: int | None = None
    is_exact: bool = True
    least: int = 0
    is_upload: bool = False
    has_ended_well: bool = True
    channel: object = field(default_factory=object)
    path: str = "f"
    verb: str = "RETR"

    @property
    def is_short(self) -> bool:
        return not self.is_upload and self.received < max(self.expected or 0, self.least)


def with_tls(**known: Any) -> Known:
    return Known(channel=object.__new__(TLSStream), **known)


@pytest.mark.parametrize(
    ("known", "error", "verdict"),
    [
        pytest.param(Known(is_upload=True), LOST, UnconfirmedTransferError, id="sent"),
        pytest.param(Known(is_upload=True), SILENT, FTPTimeoutError, id="sent-but-silence"),
        pytest.param(Known(is_upload=True, has_ended_well=False), LOST, ConnectionLost, id="cut"),
        pytest.param(Known(expected=10), LOST, UnconfirmedTransferError, id="as-told"),
        pytest.param(Known(expected=10), SILENT, UnconfirmedTransferError, id="as-told-silence"),
        pytest.param(Known(expected=11), LOST, IncompleteTransferError, id="short"),
        pytest.param(Known(expected=9), LOST, IncompleteTransferError, id="more-than-told"),
        pytest.param(Known(), LOST, IncompleteTransferError, id="nobody-knows"),
        pytest.param(Known(), SILENT, FTPTimeoutError, id="nobody-knows-silence"),
        pytest.param(Known(least=11), SILENT, IncompleteTransferError, id="less-than-the-least"),
        pytest.param(with_tls(), LOST, UnconfirmedTransferError, id="tls-has-an-end"),
        pytest.param(with_tls(has_ended_well=False), LOST, IncompleteTransferError, id="tls-cut"),
        pytest.param(with_tls(least=11), LOST, IncompleteTransferError, id="tls-short"),
    ],
)
def test_verdict(known: Any, error: Any, verdict: type[Exception]) -> None:
    found = unconfirmed(known, error)
    assert type(found) is verdict
    if isinstance(found, IncompleteTransferError):
        assert (found.path, found.received) == ("f", 10)


@pytest.mark.parametrize(
    ("known", "expected"),
    [(Known(expected=11), 11), (Known(least=12), 12), (Known(), None)],
)
def test_what_is_too_short_tells_how_much_was_wanted(known: Any, expected: int | None) -> None:
    assert too_short(known).expected == expected
