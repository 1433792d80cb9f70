"""One call of upload or download: what all its files have in common, and what it comes to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Self

import anyio

from anyftp._client._control._control_connection import ControlConnection
from anyftp._client._copying._options import Atomic, OnItemError, Verify
from anyftp._client._copying._report import Progress, ProgressCallback, TransferReport
from anyftp._client._copying._stored import LostUploads, StoredSizes
from anyftp._client._data._open import Kind, open_transfer
from anyftp._client._data._transfer import Transfer
from anyftp._client._listing._portions import TreeTooLarge
from anyftp._client._session._session import Session
from anyftp._errors import FileSystemError, FTPError, LocalProtocolError
from anyftp._streams import CopyStats
from anyftp._throttle import StreamThrottle


def check_names(function: str, given: Collection[str], options: type) -> None:
    """Refuse an option that a function does not have.

    Raises:
        TypeError: as Python itself says it.
    """
    for name in given:
        if name not in options.__annotations__:
            raise TypeError(f"{function}() got an unexpected keyword argument {name!r}")


@dataclass(slots=True, eq=False, repr=False)
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
            self._watched.append((control, control.wire.seconds_waited))

    @property
    def ntold(self) -> int:
        """How many names and lines the report will have."""
        lists = (self.skipped, self.unconfirmed, self.unverified, self.odd_lines)
        return sum(map(len, (*lists, self.untimed, self.failed, self.grown, self.in_place)))

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
            seconds_replies=sum(
                control.wire.seconds_waited - was for control, was in self._watched
            ),
            skipped=tuple(self.skipped),
            unconfirmed=tuple(self.unconfirmed),
            unverified=tuple(self.unverified),
            odd_lines=tuple(self.odd_lines),
            untimed=tuple(self.untimed),
            failed=tuple(self.failed),
            grown=tuple(self.grown),
            in_place=tuple(self.in_place),
        )


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class Job:
    """What a call is to do beside moving bytes, over one of its sessions.

    Its options have their defaults here, and mean what `UploadOptions` and `DownloadOptions` say.

    Attributes:
        session: the one to do it over.
        stored: where the sizes of what was sent are gathered, None to ask for each at once.
        lost: what has to be looked at once more when all is sent.
        tally: the figures, of all sessions together.
    """

    session: Session
    progress: ProgressCallback | None = None
    throttle: StreamThrottle | None = None
    resume: bool = False
    keep_times: bool = False
    verify: Verify | None = None
    kind: Kind = "I"
    atomic: Atomic = False
    verify_size: bool = True
    jobs: int = 1
    segments: int = 1
    on_error: OnItemError | None = None
    stored: StoredSizes | None = None
    lost: LostUploads = field(default_factory=LostUploads)
    tally: Tally = field(default_factory=lambda: Tally(anyio.current_time()))

    def __post_init__(self) -> None:
        if self.kind == "A" and (self.resume or self.verify):
            raise LocalProtocolError(
                "resume and verify must be off with kind='A': text is converted on the way"
            )
        if self.atomic is True and self.resume:
            raise LocalProtocolError(
                "resume must be off with atomic: what appears whole or not at all leaves no part"
            )
        if self.jobs < 1:
            raise LocalProtocolError(f"jobs must be at least 1, not {self.jobs}")
        if self.segments < 1:
            raise LocalProtocolError(f"segments must be at least 1, not {self.segments}")
        if self.segments > 1 and (self.resume or self.kind == "A"):
            raise LocalProtocolError("segments must be 1 with resume, and with kind='A'")
        self.tally.watch(self.session.control)

    def pass_over(self, path: PurePosixPath, error: FTPError) -> bool:
        """Whether the rest of a tree goes on without an item; then somebody is told.

        An error that costs the session is not about the item; one of the disk costs none.
        """
        costs_none = isinstance(error, FileSystemError) or self.session.control.is_connected
        if self.on_error is None or not costs_none or isinstance(error, TreeTooLarge):
            return False
        self.tally.failed.append(str(path))
        self.on_error(path, error)
        return True

    @contextmanager
    def passing_over(self, path: PurePosixPath) -> Iterator[None]:
        """For what is done for one item: an error is told where somebody wants to be told."""
        try:
            yield
        except FTPError as error:
            if not self.pass_over(path, error):
                raise

    def over(self, session: Session) -> Self:
        """The same job over another session."""
        return replace(self, session=session)

    def report(self) -> TransferReport:
        """What it came to."""
        return self.tally.report(anyio.current_time())

    async def open(
        self,
        verb: str,
        path: PurePosixPath,
        *,
        offset: int = 0,
        asks_size: bool = False,
        has_successor: bool | None = None,
    ) -> Transfer:
        """Open a data connection that pays this job's throttle too; see `open_transfer`."""
        transfer = await open_transfer(
            self.session,
            verb,
            str(path),
            kind=self.kind,
            offset=offset,
            asks_size=asks_size,
            has_successor=has_successor,
        )
        if self.throttle is not None:
            transfer.throttles["transfer"] = self.throttle
        return transfer

    def teller(self, path: PurePosixPath, total: int | None) -> Callable[[int], object] | None:
        """The copy loop's callback for one file."""
        progress = self.progress
        if progress is None:
            return None
        return lambda nbytes: progress(Progress(path, nbytes, total))
