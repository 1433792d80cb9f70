"""What a transfer tells when it is over."""

from __future__ import annotations

from anyftp import TransferReport


def test_the_rate_is_that_of_the_whole_call() -> None:
    assert TransferReport(nbytes=11, seconds=5.5).rate == 2.0
    assert TransferReport(nbytes=11, seconds=0.0).rate == 0.0
