"""What a transfer tells: its progress as it goes, and a report when it is over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the transfer of one file has come.

    Attributes:
        path: the remote file.
        nbytes: bytes of this file moved so far by this call; a resumed part is not counted.
        total: bytes that will have been moved when it is over, None where nobody said.
    """

    path: PurePosixPath
    nbytes: int
    total: int | None


ProgressCallback = Callable[[Progress], object]


@dataclass(frozen=True, slots=True)
class TransferReport:
    """What a transfer of a file or a tree came to.

    The four parts of the time do not add up to `seconds`: opening files and folders, and
    dialling, are in none of them; and with several jobs they are sums over all of these.

    Attributes:
        nbytes: bytes moved over data connections.
        seconds: from the call to its return.
        files: files transferred.
        directories: folders made or entered.
        seconds_throttle: spent waiting for throttles.
        seconds_network: spent waiting for the network.
        seconds_disk: spent waiting for the local disk.
        seconds_replies: spent waiting for the server's replies.
        skipped: remote names that were passed over: links that do not lead to files, folders
            that are one of those above them, devices.
        unconfirmed: remote names of downloads that are whole by their size, though the control
            connection was lost before the server could say so.
        unverified: remote names of files whose checksum was to be compared if the server offers
            one, and it did not.
        odd_lines: lines of listings that made no sense, cut to 200 characters; what they name was
            not transferred. At most a hundred of each folder.
        failed: remote names of what could not be transferred, where `on_error` was told why.
        untimed: remote names of files whose copies were to get their times and did not, because
            the server does not tell them or does not let them be set.
        grown: remote names of what somebody may have been adding to: downloads that brought more
            than had been told of them, as much as they have by now; uploads of files that were
            longer afterwards than when they were opened; their copies are as long as they were.
        in_place: remote names of uploads with `atomic="if-possible"` that were written in place,
            because the server does not let us write beside them, or rename onto them.
    """

    nbytes: int
    seconds: float
    files: int = 0
    directories: int = 0
    seconds_throttle: float = 0.0
    seconds_network: float = 0.0
    seconds_disk: float = 0.0
    seconds_replies: float = 0.0
    skipped: tuple[str, ...] = field(default=())
    unconfirmed: tuple[str, ...] = field(default=())
    unverified: tuple[str, ...] = field(default=())
    odd_lines: tuple[str, ...] = field(default=())
    untimed: tuple[str, ...] = field(default=())
    failed: tuple[str, ...] = field(default=())
    grown: tuple[str, ...] = field(default=())
    in_place: tuple[str, ...] = field(default=())

    @property
    def rate(self) -> float:
        """Bytes per second over the whole call."""
        return self.nbytes / self.seconds if self.seconds > 0 else 0.0
