"""A redis-server of one's own."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.ports import free_ports


class Redis:
    """A server that can be stopped and started again."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.port = free_ports(1)
        self.url = f"redis://127.0.0.1:{self.port}"
        self._folder = folder
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        command += self._options
        with open(self._folder / "log", "ab") as log:
            self._process = subprocess.Popen(command, cwd=self._folder, stdout=log)
        end = time.monotonic() + 10
        while b"Ready to accept" not in (self._folder / "log").read_bytes().rpartition(b"oO0")[2]:
            assert time.monotonic() < end, "redis-server does not start"
            time.sleep(0.01)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def redis_running(folder: Path, *options: str) -> Iterator[Redis]:
    """A redis-server for the length of a block; without the program, the test is skipped."""
    if shutil.which("redis-server") is None:
        pytest.skip("no redis-server on this machine (Debian package redis-server)")
    server = Redis(folder, *options)
    server.start()
    try:
        yield server
    finally:
        server.stop()
