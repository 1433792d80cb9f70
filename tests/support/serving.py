"""`anyftp serve` as a process of its own."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path


@contextlib.contextmanager
def anyftp_serve(folder: Path, *options: str, patience: float = 15.0) -> Iterator[int]:
    """Serve a folder on a free port of 127.0.0.1; gives the port.

    At the end the server is asked to stop, and has to do so with exit status 0.
    """
    arguments = ["serve", str(folder), "--host", "127.0.0.1", "--port", "0", *options]
    process = subprocess.Popen(
        [sys.executable, "-m", "anyftp", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        yield _announced_port(process, arguments, patience)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            _, errors = process.communicate(timeout=patience)
        finally:
            process.kill()
    assert process.returncode == 0, f"anyftp serve: {process.returncode}\n{errors.decode()}"


def _announced_port(
    process: subprocess.Popen[bytes], arguments: Sequence[str], patience: float
) -> int:
    assert process.stdout is not None
    end = time.monotonic() + patience
    ready, _, _ = select.select([process.stdout], [], [], max(0.0, end - time.monotonic()))
    line = process.stdout.readline().decode() if ready else ""
    found = re.fullmatch(r"serving ftps?://127\.0\.0\.1:(\d+)/\s*", line)
    if found is None:
        process.kill()
        _, errors = process.communicate()
        raise AssertionError(f"anyftp {' '.join(arguments)} said {line!r}\n{errors.decode()}")
    return int(found[1])
