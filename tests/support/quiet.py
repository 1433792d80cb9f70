"""Whether the machine is quiet enough to measure real time."""

from __future__ import annotations

import os
import time

import pytest

#: Of all processors' time: with less of it idle, what is measured is the other work.
IDLE_SHARE = 0.5


def skip_unless_quiet(patience: float = 10) -> None:
    """Wait, so many seconds at most, until other work is over; skip the test if it is not."""
    end = time.monotonic() + patience
    while _idle_share() < IDLE_SHARE:
        if time.monotonic() > end:
            pytest.skip("its subject is real time, and the machine has other work")


def _idle_share() -> float:
    """What of the next quarter of a second no processor needs; all of it where nothing tells."""
    if not os.path.exists("/proc/stat"):
        return 1.0
    before = _processor_times()
    time.sleep(0.25)
    passed = [now - then for then, now in zip(before, _processor_times(), strict=True)]
    return (passed[3] + passed[4]) / max(sum(passed), 1)  # idle, and waiting for disks


def _processor_times() -> list[int]:
    """Hundredths of seconds: user, nice, system, idle, iowait, irq, softirq and steal."""
    with open("/proc/stat", encoding="ascii") as file:
        return [int(number) for number in file.readline().split()[1:9]]
