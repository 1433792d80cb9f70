"""The command: aioftp's small server."""

from __future__ import annotations

import ftplib
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

HELD = 10.0


@contextmanager
def running(package: str, *options: str) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """The command as a process, and the port that it says it listens on."""
    command = [sys.executable, "-m", package, "--host", "127.0.0.1", "--port", "0", *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            yield int(line.rpartition(":")[2]), process
        finally:
            process.kill()


@pytest.mark.parametrize("package", ["aioftp", "anyftp_compat"])
def test_serves_a_folder_until_interrupted(package: str, tmp_path: Path) -> None:
    pytest.importorskip(package)
    (tmp_path / "file").write_bytes(b"text")
    with running(package, "-d", str(tmp_path), "--user", "ann", "--pass", "x") as (port, process):
        with ftplib.FTP() as client:
            client.connect("127.0.0.1", port, HELD)
            with pytest.raises(ftplib.error_perm):
                client.login("eve", "x")
            client.login("ann", "x")
            assert [name for name, _ in client.mlsd()] == ["file"]
            client.quit()
        process.send_signal(signal.SIGINT)
        told, _ = process.communicate(timeout=HELD)
        assert told == "aioftp v0.28.3\n"


@pytest.mark.parametrize("package", ["aioftp", "anyftp_compat"])
def test_serves_memory_to_everybody(package: str, tmp_path: Path) -> None:
    pytest.importorskip(package)
    with running(package, "--memory", "--family", "ipv4") as (port, _), ftplib.FTP() as client:
        client.connect("127.0.0.1", port, HELD)
        client.login()
        client.mkd("folder")
        assert [name for name, _ in client.mlsd()] == ["folder"]
        client.quit()


@pytest.mark.parametrize("package", ["aioftp", "anyftp_compat"])
def test_options(package: str) -> None:
    pytest.importorskip(package)
    told = subprocess.run(
        [sys.executable, "-m", package, "--help"], capture_output=True, text=True, check=True
    ).stdout
    options = {word.strip(",") for word in told.split() if word.startswith("-")}
    assert {"-h", "-d", "-q", "--quiet", "--user", "--pass", "--memory", "--host"} <= options
    assert {"--port", "--family"} <= options
    wrong = subprocess.run([sys.executable, "-m", package, "--wrong"], capture_output=True)
    assert wrong.returncode == 2
