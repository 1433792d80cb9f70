"""What a transfer tells when it is over."""

from __future__ import annotations

import dataclasses

from anyftp import CopyStats, TransferReport
from anyftp._client._copying._report import Tally


def test_the_figures_of_all_files_are_summed() -> None:
    tally = Tally(started=100.0)
    for number in (1, 10):
        tally.add(
            CopyStats(
                nbytes=number,
                seconds_throttle=2.0 * number,
                seconds_network=3.0 * number,
                seconds_disk=4.0 * number,
            )
        )
    tally.files, tally.directories = 2, 1
    lists = (
        "skipped",
        "unconfirmed",
        "unverified",
        "odd_lines",
        "untimed",
        "failed",
        "grown",
        "in_place",
    )
    for names in lists:
        getattr(tally, names).append(names)
    assert dataclasses.asdict(tally.report(105.5)) == {
        "nbytes": 11,
        "seconds": 5.5,
        "files": 2,
        "directories": 1,
        "seconds_throttle": 22.0,
        "seconds_network": 33.0,
        "seconds_disk": 44.0,
        "seconds_replies": 0.0,
        "skipped": ("skipped",),
        "unconfirmed": ("unconfirmed",),
        "unverified": ("unverified",),
        "odd_lines": ("odd_lines",),
        "untimed": ("untimed",),
        "failed": ("failed",),
        "grown": ("grown",),
        "in_place": ("in_place",),
    }


def test_the_rate_is_that_of_the_whole_call() -> None:
    assert TransferReport(nbytes=11, seconds=5.5).rate == 2.0
    assert TransferReport(nbytes=11, seconds=0.0).rate == 0.0
