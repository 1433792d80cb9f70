"""What `anyftp serve` writes down, and where."""

from __future__ import annotations

import contextlib
import ftplib
import io
import json
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from cli.running import assert_failed, run
from support.serving import anyftp_serve

FILTER = Path(__file__).resolve().parents[3] / "docs" / "examples" / "fail2ban-anyftp.conf"


def session(port: int, password: str = "wonder") -> None:
    """An upload and a download, or a login that fails."""
    ftp = ftplib.FTP()
    ftp.connect("127.0.0.1", port, timeout=10)
    with contextlib.suppress(ftplib.error_perm):
        ftp.login("alice", password)
        ftp.storbinary("STOR a file", io.BytesIO(b"12345"))
        ftp.retrbinary("RETR a file", lambda block: None)
    ftp.close()


def log_of(folder: Path, *options: str) -> list[str]:
    """The log of a good session and of a failed login."""
    log, served = folder / "log", folder / "served"
    served.mkdir()
    words = ["--user", "alice:wonder", "--login-delay", "0", "--log-file", str(log)]
    with anyftp_serve(served, *words, *options) as port:
        session(port)
        session(port, "wrong")
    return log.read_text().splitlines()


def test_lines_for_people_have_the_time_in_front(tmp_path: Path) -> None:
    lines = log_of(tmp_path)
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} ", line) for line in lines)
    words = [line.partition(",")[2][4:].partition(": ")[0:3:2] for line in lines]
    assert ("alice@127.0.0.1", "logged in") in words
    assert ("-@127.0.0.1", "login of 'alice' refused: wrong name or password") in words


def test_json(tmp_path: Path) -> None:
    records = [json.loads(line) for line in log_of(tmp_path, "--log-format", "json")]
    stored = next(each for each in records if each.get("verb") == "STOR")
    assert stored["event"] == "TransferEnded"
    assert (stored["user"], stored["peer_host"]) == ("alice", "127.0.0.1")
    assert (stored["path"], stored["nbytes"], stored["code"]) == ("/a file", 5, "226")
    assert stored["level"] == "info"
    assert stored["time"].endswith("+00:00")
    assert [each["level"] for each in records if each.get("event") == "LoginRefused"] == ["warning"]


def test_xferlog(tmp_path: Path) -> None:
    lines = log_of(tmp_path, "--log-format", "xferlog")
    when = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d \d{4}"
    end = r"r alice ftp 0 \* c"
    assert len(lines) == 2
    assert re.fullmatch(rf"{when} 1 127\.0\.0\.1 5 /a_file b _ i {end}", lines[0])
    assert re.fullmatch(rf"{when} 1 127\.0\.0\.1 5 /a_file b _ o {end}", lines[1])


def test_a_file_that_was_moved_away_is_begun_anew(tmp_path: Path) -> None:
    log = tmp_path / "log"
    (tmp_path / "served").mkdir()
    words = ["--user", "alice:wonder", "--log-file", str(log)]
    with anyftp_serve(tmp_path / "served", *words) as port:
        session(port)
        log.rename(tmp_path / "log.1")
        session(port)
        end = time.monotonic() + 10
        while not log.exists() and time.monotonic() < end:
            time.sleep(0.01)
    assert "logged in" in (tmp_path / "log.1").read_text()
    assert "logged in" in log.read_text()


def test_fail2ban_finds_who_guesses(tmp_path: Path) -> None:
    program = shutil.which("fail2ban-regex")
    if program is None:
        pytest.skip("no fail2ban-regex on this machine (see .ci/run)")
    log = tmp_path / "log"
    (tmp_path / "served").mkdir()
    words = ["--user", "alice:wonder", "--login-delay", "0", "--log-file", str(log)]
    names = ["alice", "x' refused: wrong name or password", "-@192.0.2.1: login of 'y'", "\u2028z"]
    with anyftp_serve(tmp_path / "served", *words) as port:
        session(port)
        for name in names:
            ftp = ftplib.FTP()
            ftp.connect("127.0.0.1", port, timeout=10)
            with contextlib.suppress(ftplib.error_perm):
                ftp.login(name, "wrong")
            ftp.close()
    done = subprocess.run(
        [program, "--raw", "-o", "ip", str(log), str(FILTER)],
        capture_output=True,
        text=True,
        timeout=15,
        check=False,
    )
    assert done.stdout.split() == ["127.0.0.1"] * len(names), done.stdout + done.stderr


def test_a_log_that_cannot_be_written(tmp_path: Path) -> None:
    log = tmp_path / "none" / "log"
    assert_failed(run("serve", str(tmp_path), "--log-file", str(log)), "No such file or directory")


def test_a_redis_that_is_silent_is_told_once_in_a_line(tmp_path: Path) -> None:
    """What the library under it tells of each vain try has a traceback and drowns all else."""
    pytest.importorskip("coredis", reason="coredis is not installed (nox -s ecosystem does)")
    log, served = tmp_path / "log", tmp_path / "served"
    served.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        with anyftp_serve(served, "--shared", url, "--log-file", str(log)):
            end = time.monotonic() + 30
            while "cannot be reached" not in log.read_text():
                assert time.monotonic() < end
                time.sleep(0.05)
            time.sleep(1)  # it is tried again meanwhile
    assert [line[24:36] for line in log.read_text().splitlines()] == ["SharedCounts"]
