"""What the transfer of many files came to."""

from __future__ import annotations

from anyftp import TransferReport
from anyftp._pool._report import ManyReport


def report(nbytes: int, files: int) -> TransferReport:
    return TransferReport(nbytes=nbytes, seconds=1.0, files=files)


def test_what_went_well_is_summed() -> None:
    done = [("a", report(100, 1)), ("t", report(300, 3))]
    told = ManyReport(2.0, done, [("b", OSError("no"))])
    assert (told.nbytes, told.files, told.rate) == (400, 4, 200.0)


def test_of_no_time_there_is_no_rate() -> None:
    assert ManyReport(0.0).rate == 0.0
