"""Sockets that are passed on: by number, and as systemd does it."""

from __future__ import annotations

import ftplib
import os
import re
import shlex
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from anyftp._cli._ending._failure import Failure
from anyftp._cli._serving._sockets import descriptors_of_systemd, inherited
from cli.running import PATIENCE, command, environment, run


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, ()),
        ({"LISTEN_FDS": "2"}, ()),
        ({"LISTEN_PID": "42", "LISTEN_FDS": "0"}, ()),
        ({"LISTEN_PID": "42", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "a:b"}, (3, 4)),
        ({"LISTEN_PID": "43", "LISTEN_FDS": "nonsense"}, ()),
    ],
)
def test_what_systemd_says(environ: dict[str, str], expected: tuple[int, ...]) -> None:
    assert descriptors_of_systemd(environ, 42) == expected


@pytest.mark.parametrize("number", ["", "-1", "x", "٣", "99999"])
def test_what_systemd_never_says(number: str) -> None:
    with pytest.raises(Failure, match="LISTEN_FDS must be a number"):
        descriptors_of_systemd({"LISTEN_PID": "42", "LISTEN_FDS": number}, 42)


def test_what_is_no_listening_socket() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as good,
        socket.socket() as deaf,
        socket.socket(type=socket.SOCK_DGRAM) as other,
        open(os.devnull) as file,
    ):
        for bad in (deaf.fileno(), other.fileno(), file.fileno()):
            one, two = os.dup(good.fileno()), os.dup(bad)
            with pytest.raises(Failure, match=f"descriptor {two}: "):
                inherited([one, two])
            with pytest.raises(OSError, match="Bad file"):
                os.fstat(one)
            if bad == file.fileno():
                os.close(two)  # it was never a socket of ours
        one = os.dup(good.fileno())
        with pytest.raises(Failure, match="named twice"):
            inherited([one, one])


def test_usage(tmp_path: Path) -> None:
    refused = run("serve", str(tmp_path), "--fd", "3", "--port", "21")
    assert refused.returncode == 2
    assert "--port cannot be combined with inherited sockets" in refused.stderr
    failed = run("serve", str(tmp_path), "--fd", "999")
    assert (failed.returncode, failed.stderr) == (
        1,
        "anyftp: descriptor 999: Bad file descriptor\n",
    )


@contextmanager
def served(arguments: list[str], **options: object) -> Iterator[list[int]]:
    """Run a command that serves sockets of ours; gives the ports that it tells."""
    process = subprocess.Popen(
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
        **options,  # type: ignore[call-overload]  # of Popen
    )
    with process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(2)]
        try:
            yield [int(re.findall(r":(\d+)/", line)[0]) for line in lines]
        finally:
            process.terminate()
            assert process.wait(PATIENCE) == 0


def assert_at_home(port: int) -> None:
    with ftplib.FTP() as ftp:
        ftp.connect("127.0.0.1", port, PATIENCE)
        ftp.login()
        assert ftp.nlst() == ["file"]
        ftp.quit()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "file").touch()
    return tmp_path


def test_sockets_by_number(folder: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as two,
    ):
        numbers = (one.fileno(), two.fileno())
        options = [word for number in numbers for word in ("--fd", str(number))]
        arguments = command(["serve", str(folder), *options])
        with served(arguments, pass_fds=numbers) as ports:
            assert ports == [one.getsockname()[1], two.getsockname()[1]]
            for port in ports:
                assert_at_home(port)


def test_sockets_of_systemd(folder: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as two,
    ):
        numbers = (one.fileno(), two.fileno())
        serve = shlex.join(command(["serve", str(folder)]))
        # By way of high numbers: ours may be 3 or 4 themselves.
        moves = f"exec 100<&{numbers[0]} 101<&{numbers[1]}; exec 3<&100 4<&101"
        script = f"{moves}; LISTEN_PID=$$ LISTEN_FDS=2 exec {serve}"
        with served(["bash", "-c", script], pass_fds=numbers) as ports:
            assert ports == [one.getsockname()[1], two.getsockname()[1]]
            for port in ports:
                assert_at_home(port)
