"""Settings that change while `anyftp serve` runs: SIGHUP."""

from __future__ import annotations

import ftplib
import os
import pty
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from anyftp import StreamThrottle
from anyftp._cli._ending._failure import Failure
from anyftp._cli._serving._serve import serve
from anyftp._cli._serving._service import Service
from anyftp._cli._serving._settings import Settings
from cli.running import PATIENCE, command, environment, start

BACKENDS = ("asyncio", "uvloop", "trio")


def settings(*arguments: str) -> Settings:
    with serve.make_context("serve", list(arguments)) as ctx:
        return Settings.of(ctx)


def test_limits_of_speed_are_followed(tmp_path: Path) -> None:
    service = Service(settings(str(tmp_path), "--limit-rate", "1K"))
    assert service.server.throttle == StreamThrottle(*service.server.throttle)
    assert [each.limit for each in service.server.throttle] == [1024, 1024]
    service.prepare(settings(str(tmp_path)))()
    assert [each.limit for each in service.server.throttle] == [None, None]


def test_a_certificate_that_is_bad_changes_nothing(tmp_path: Path) -> None:
    service = Service(settings(str(tmp_path)))
    bad = tmp_path / "bad.pem"
    bad.touch()
    with pytest.raises(Failure, match="no certificate in PEM form"):
        service.prepare(settings(str(tmp_path), "--cert", str(bad), "--limit-rate", "1K"))()
    assert service.settings.limit_rate is None
    assert service.server.throttle.read.limit is None
    good = tmp_path / "good.pem"
    trustme.CA().issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(good))
    service.prepare(settings(str(tmp_path), "--cert", str(good), "--tls-required"))()
    assert service.settings.tls_required


def test_what_cannot_change_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    service = Service(settings(str(tmp_path)))
    service.prepare(settings(str(tmp_path), "--port", "1", "--read-only"))()
    assert [record.getMessage() for record in caplog.records] == [
        "port: what is new holds from the next start on",
        "read_only: what is new holds from the next start on",
    ]


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_hang_up_has_all_read_again_and_cuts_nobody(tmp_path: Path, backend: str) -> None:
    config = tmp_path / "anyftp.toml"
    config.write_text(f'folder = "."\nuser = ["alice:old"]\nbackend = "{backend}"\n')
    with start("serve", "--config", str(config)) as process:
        assert process.stdout is not None
        port = int(re.findall(r":(\d+)/", process.stdout.readline())[0])

        assert process.stderr is not None
        try:
            with logged_in(port, "old") as before:
                config.write_text('folder = "."\nuser = ["alice:new"]\nextension = ["XMD5"]\n')
                process.send_signal(signal.SIGHUP)
                assert "backend: what is new holds from" in process.stderr.readline()
                until(lambda: answers(before, "XMD5 anyftp.toml"))
                config.write_text("nonsense = 1\n")
                process.send_signal(signal.SIGHUP)
                reason = "nonsense: there is no such option; the settings stay as they were\n"
                assert process.stderr.readline().endswith(f" {config}: {reason}")
                logged_in(port, "new").close()
                assert answers(before, "NOOP")
        finally:
            process.terminate()
        assert process.wait(PATIENCE) == 0


def logged_in(port: int, password: str) -> ftplib.FTP:
    ftp = ftplib.FTP()
    ftp.connect("127.0.0.1", port, PATIENCE)
    ftp.login("alice", password)
    return ftp


def answers(ftp: ftplib.FTP, line: str) -> bool:
    try:
        ftp.sendcmd(line)
    except ftplib.error_perm:
        return False
    return True


def test_the_end_of_the_terminal_is_the_end(tmp_path: Path) -> None:
    """A hang-up by the terminal itself ends the server, as it ends everything else there."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        ["setsid", "--ctty", "--wait", *command(["serve", str(tmp_path)])],
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env=environment(),
    )
    try:
        os.close(theirs)
        text = b""
        while b"\n" not in text:
            text += os.read(ours, 1000)
        assert text.startswith(b"serving ftp://")
        os.close(ours)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()
