"""`anyftp serve` as a process of its own."""

from __future__ import annotations

import contextlib
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def anyftp_serve(
    folder: Path, *options: str, host: str = "127.0.0.1", patience: float = 45.0
) -> Iterator[int]:
    """Serve a folder on a free port of host; gives the port.

    At the end the server is asked to stop, and has to do so with exit status 0. What it says goes
    into files, so that no pipe stays open in tests that watch descriptors.
    """
    command = [sys.executable, "-m", "anyftp", "serve", str(folder)]
    command += ["--host", host, "--port", "0", *options]
    with tempfile.TemporaryDirectory() as logs:
        said, complained = Path(logs, "stdout"), Path(logs, "stderr")
        with said.open("wb") as stdout, complained.open("wb") as stderr:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr
            )
        try:
            yield _announced_port(process, said, patience)
            process.terminate()
            status = process.wait(patience)
            assert status == 0, f"exit status {status}"
        except BaseException as error:
            error.add_note(f"{shlex.join(command)}\n{complained.read_text()}")
            raise
        finally:
            process.kill()
            process.wait()


def _announced_port(process: subprocess.Popen[bytes], said: Path, patience: float) -> int:
    end = time.monotonic() + patience
    while process.poll() is None and time.monotonic() < end:
        line = said.read_text()
        if line.endswith("\n"):
            break
        time.sleep(0.01)
    found = re.match(r"serving ftps?://(?:127\.0\.0\.1|\[::1\]):(\d+)/\n", said.read_text())
    assert found is not None, f"it said {said.read_text()!r}"
    return int(found[1])
