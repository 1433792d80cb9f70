"""A short soak: clients cancelled and cut off at random, over real sockets, against our server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.depth import deep

TESTS = Path(__file__).parents[1]


@pytest.mark.interop
@pytest.mark.timeout(180)
@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="the soak reads /proc")
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_nothing_is_lost_or_left_behind(backend: str) -> None:
    options = ["--seconds", deep("6", "60"), "--clients", "8", "--backends", backend]
    done = subprocess.run(
        [sys.executable, "-m", "soak", *options],
        cwd=TESTS,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"| {backend} " in done.stdout
