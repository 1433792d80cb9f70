"""What a mirror came to, as its workers tell."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class BatchReport:
    """What one worker did of one batch.

    Attributes:
        worker: its address.
        files: files copied.
        nbytes: bytes copied.
        skipped: files that were there already, from an earlier try at the same batch.
        failed: source and reason of each file that could not be copied.
        unverified: sources whose checksum the server does not tell.
    """

    worker: str = ""
    files: int = 0
    nbytes: int = 0
    skipped: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    unverified: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class MirrorReport:
    """What a mirror came to.

    Attributes:
        seconds: from the call to its return, the plan included.
        planned: how many files had to be copied.
        same: how many files were the same on both sides before.
        files: files copied.
        nbytes: bytes copied.
        failed: source and reason of each file that could not be copied.
        unverified: sources whose checksum was to be compared if the server offers one.
        by_worker: how many files each worker copied.
    """

    seconds: float
    planned: int
    same: int
    files: int = 0
    nbytes: int = 0
    failed: tuple[tuple[str, str], ...] = ()
    unverified: tuple[str, ...] = ()
    by_worker: dict[str, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Bytes per second over the whole call."""
        return self.nbytes / self.seconds if self.seconds > 0 else 0.0


def summary(reports: list[BatchReport], *, seconds: float, planned: int, same: int) -> MirrorReport:
    """Put the workers' reports together."""
    by_worker: Counter[str] = Counter()
    for report in reports:
        by_worker[report.worker] += report.files
    return MirrorReport(
        seconds,
        planned,
        same,
        files=sum(report.files + report.skipped for report in reports),
        nbytes=sum(report.nbytes for report in reports),
        failed=tuple(failure for report in reports for failure in report.failed),
        unverified=tuple(path for report in reports for path in report.unverified),
        by_worker=dict(by_worker),
    )
