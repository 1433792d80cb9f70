"""What a transfer tells: its progress as it goes, and a report when it is over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from anyftp._client._control._control_connection import ControlConnection
from anyftp._streams import CopyStats


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
        grown: remote names of downloads that brought more than had been told of them: what came
            was kept, and somebody may have been writing to them.
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


@dataclass(slots=True)
class Tally:
    """The figures of a transfer that is still going on."""

    started: float
    stats: CopyStats = field(default_factory=CopyStats)
    files: int = 0
    directories: int = 0
    skipped: list[str] = field(default_factory=list)
    unconfirmed: list[str] = field(default_factory=list)
    unverified: list[str] = field(default_factory=list)
    odd_lines: list[str] = field(default_factory=list)
    untimed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    grown: list[str] = field(default_factory=list)
    in_place: list[str] = field(default_factory=list)
    _watched: list[tuple[ControlConnection, float]] = field(default_factory=list)

    def watch(self, control: ControlConnection) -> None:
        """Count what this control connection waits for replies from now on."""
        if all(known is not control for known, _ in self._watched):
            control.is_timed = True
            self._watched.append((control, control.seconds_waited))

    def add(self, stats: CopyStats) -> None:
        """Count the data of one file."""
        self.stats.nbytes += stats.nbytes
        self.stats.seconds_throttle += stats.seconds_throttle
        self.stats.seconds_network += stats.seconds_network
        self.stats.seconds_disk += stats.seconds_disk

    def report(self, now: float) -> TransferReport:
        """Close the books.

        Args:
            now: the present time, in the clock of `started`.
        """
        return TransferReport(
            nbytes=self.stats.nbytes,
            seconds=now - self.started,
            files=self.files,
            directories=self.directories,
            seconds_throttle=self.stats.seconds_throttle,
            seconds_network=self.stats.seconds_network,
            seconds_disk=self.stats.seconds_disk,
            seconds_replies=sum(control.seconds_waited - was for control, was in self._watched),
            skipped=tuple(self.skipped),
            unconfirmed=tuple(self.unconfirmed),
            unverified=tuple(self.unverified),
            odd_lines=tuple(self.odd_lines),
            untimed=tuple(self.untimed),
            failed=tuple(self.failed),
            grown=tuple(self.grown),
            in_place=tuple(self.in_place),
        )
