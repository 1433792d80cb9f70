"""What is known of a transfer that is short, or that nobody has confirmed.

The end of a plain data connection says nothing: a server that is killed ends it as one that has
sent all. What counts is the size, or TLS's end, which nobody can forge.
"""

from __future__ import annotations

from typing import Protocol

from anyftp._errors import (
    ConnectionLost,
    FTPError,
    FTPTimeoutError,
    IncompleteTransferError,
    UnconfirmedTransferError,
)
from anyftp._streams import TLSStream


class Outcome(Protocol):
    """What a transfer has come to; `Transfer` says what each of these means."""

    path: str
    verb: str
    is_upload: bool
    expected: int | None
    is_exact: bool
    least: int
    has_ended_well: bool

    @property
    def channel(self) -> object:
        """The data connection."""

    @property
    def received(self) -> int:
        """How many bytes a download has brought."""

    @property
    def is_short(self) -> bool:
        """Whether they are fewer than it should."""


def too_short(transfer: Outcome) -> IncompleteTransferError:
    """The error of a download that has brought less than it should."""
    wanted = transfer.expected or transfer.least or None
    return IncompleteTransferError(transfer.path, transfer.received, wanted)


def unconfirmed(transfer: Outcome, error: ConnectionLost | FTPTimeoutError) -> FTPError:
    """The error of a transfer whose data are over, where this came in the place of the 226."""
    if transfer.is_upload:
        is_whole = transfer.has_ended_well and isinstance(error, ConnectionLost)
        return _but_whole(transfer, error) if is_whole else error
    if transfer.expected is not None and transfer.is_exact:
        is_whole = transfer.received == transfer.expected
    else:
        is_whole = transfer.has_ended_well and isinstance(transfer.channel, TLSStream)
    if is_whole and not transfer.is_short:
        return _but_whole(transfer, error)
    if transfer.expected is None and not transfer.is_short and isinstance(error, FTPTimeoutError):
        return error
    return too_short(transfer)


def _but_whole(transfer: Outcome, error: FTPError) -> UnconfirmedTransferError:
    return UnconfirmedTransferError(transfer.path, transfer.verb, error)
