"""`anyftp serve --status`: where the page is, and the token beside it."""

from __future__ import annotations

import os
import re
import signal
import socket
import urllib.error
import urllib.request
from pathlib import Path

import click
import pytest

from anyftp._cli._ending._failure import Failure
from anyftp._cli._serving._serve import serve
from anyftp._cli._serving._settings import Settings
from anyftp._cli._serving._status_page import StatusPage
from cli.running import PATIENCE, assert_failed, run_process, start

BACKENDS = ("asyncio", "uvloop", "trio")
TOKEN = "twenty-four-letters-here"


def page_of(*arguments: str) -> StatusPage | None:
    with serve.make_context("serve", list(arguments)) as ctx:
        return StatusPage.of(Settings.of(ctx))


def status_of(url: str, token: str) -> int:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_new_token_is_printed(tmp_path: Path, backend: str) -> None:
    words = ("--status", "127.0.0.1:0", "--backend", backend)
    with start("serve", str(tmp_path), *words) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        told = re.fullmatch(r"status page (http://127\.0\.0\.1:\d+/)#([\w-]{40,})\n", line)
        assert told
        url, token = told.groups()
        assert status_of(url, "") == 200
        assert (status_of(f"{url}state", token), status_of(f"{url}state", "")) == (200, 401)
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
        assert re.fullmatch(r"serving ftp://127\.0\.0\.1:\d+/\n", output)
        assert errors == ""


def test_a_token_of_ones_own_is_not_printed(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\nanother line\n")
    words = ("--status", "[::1]:0", "--status-token", str(file))
    if not has_ipv6():
        pytest.skip("no IPv6 here")
    with start("serve", str(tmp_path), *words) as process:
        assert process.stderr is not None
        told = re.fullmatch(r"status page (http://\[::1\]:\d+/)\n", process.stderr.readline())
        assert told
        assert (status_of(f"{told[1]}state", TOKEN), status_of(told[1] + "state", "x")) == (
            200,
            401,
        )
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def test_it_ends_at_once_with_the_server(tmp_path: Path) -> None:
    """A browser that has the page open does not hold it up."""
    with start("serve", str(tmp_path), "--status", "127.0.0.1:0") as process:
        assert process.stderr is not None
        told = re.search(r":(\d+)/", process.stderr.readline())
        assert told
        with socket.create_connection(("127.0.0.1", int(told[1])), timeout=PATIENCE) as sock:
            sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert sock.recv(100)
            process.send_signal(signal.SIGTERM)
            assert process.wait(5) == 0


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root becomes others")
def test_after_rights_were_given_up(tmp_path: Path) -> None:
    words = ("--status", "127.0.0.1:0", "--run-as", "nobody")
    with start("serve", str(tmp_path), *words) as process:
        assert process.stderr is not None
        told = re.fullmatch(r"status page (\S+)#(\S+)\n", process.stderr.readline())
        assert told
        assert status_of(told[1], "") == status_of(f"{told[1]}state", told[2]) == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        where = f"127.0.0.1:{sock.getsockname()[1]}"
        assert_failed(run_process("serve", str(tmp_path), "--status", where), where)


def test_what_is_no_token(tmp_path: Path) -> None:
    file = tmp_path / "token"
    words = (str(tmp_path), "--status", "127.0.0.1:0", "--status-token", str(file))
    with pytest.raises(Failure, match="token: No such file"):
        page_of(*words)
    for content in (b"", b"short\n", b"\xff" * 20, b"two words are not one token\n"):
        file.write_bytes(content)
        with pytest.raises(Failure, match=re.escape(str(file))):
            page_of(*words)
    file.write_text(TOKEN)
    page = page_of(*words)
    assert page is not None
    assert page.token == TOKEN


def test_a_token_without_a_page(tmp_path: Path) -> None:
    assert page_of(str(tmp_path)) is None
    with pytest.raises(click.UsageError, match="needs --status"):
        page_of(str(tmp_path), "--status-token", "x")
