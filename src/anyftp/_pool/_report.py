"""What the transfer of many files came to."""

from __future__ import annotations

from dataclasses import dataclass, field

from anyftp._client import TransferReport


@dataclass(frozen=True, slots=True)
class ManyReport:
    """What `ClientPool.download_many` or `upload_many` came to.

    Attributes:
        seconds: from the call to its return.
        done: source and report of each transfer that went well, in the order in which they ended.
        failed: source and error of each that did not; only with `on_error="gather"`.
    """

    seconds: float
    done: list[tuple[str, TransferReport]] = field(default_factory=list)
    failed: list[tuple[str, Exception]] = field(default_factory=list)

    @property
    def nbytes(self) -> int:
        """Bytes moved by those that went well."""
        return sum(report.nbytes for _, report in self.done)

    @property
    def files(self) -> int:
        """Files transferred by those that went well."""
        return sum(report.files for _, report in self.done)

    @property
    def rate(self) -> float:
        """Bytes per second over the whole call."""
        return self.nbytes / self.seconds if self.seconds > 0 else 0.0
