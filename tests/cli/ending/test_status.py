"""Exit statuses: one for each cause, the same by the class of the error and as users meet it."""

import errno
import os
import re
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from anyftp import _errors
from anyftp._cli._ending._status import Status, Unreachable, status_of, status_of_reading
from anyftp._protocol import reply_error
from cli.running import answering, assert_failed, peer, run
from support.serving import anyftp_serve

PAGE = Path(__file__).resolve().parents[3] / "docs" / "command.md"


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


def refused(code: str, text: str = "", command: str = "RETR") -> Exception:
    return reply_error(code, [text], command=command)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RuntimeError(), Status.FAILED),
        (caused(Unreachable(), socket.gaierror(-2, "unknown")), Status.UNKNOWN_HOST),
        (caused(Unreachable(), ConnectionRefusedError(111, "refused")), Status.NO_CONNECTION),
        (Unreachable("421 too busy"), Status.NO_CONNECTION),
        (_errors.RemoteProtocolError("SSH-2.0"), Status.NO_FTP),
        (refused("550", "/x: Permission denied."), Status.DENIED),
        (refused("550", "Operation not permitted", "SITE"), Status.DENIED),
        (refused("553", "no"), Status.DENIED),
        (_errors.IncompleteTransferError("x", 1, 2), Status.PARTIAL),
        (_errors.ChecksumError("x", "MD5", "a", "b"), Status.PARTIAL),
        (_errors.SourceChangedError("x", (1, 2), (3, 4)), Status.LOCAL_READ),
        (refused("502", "what?", "HASH"), Status.REFUSED),
        (refused("550", "File exists", "MKD"), Status.REFUSED),
        (refused("550", "Is a directory", "DELE"), Status.REFUSED),
        (refused("550", "Directory not empty", "RMD"), Status.REFUSED),
        (refused("550", "No such file", "DELE"), Status.NOT_FOUND),
        (refused("550", "Directory not empty", "RNTO"), Status.REFUSED),
        (_errors.FileSystemError(errno.ENOSPC, "x"), Status.LOCAL_WRITE),
        (OSError(errno.ENOSPC, "full"), Status.LOCAL_WRITE),
        (_errors.FTPTimeoutError("reply", 1), Status.TIMEOUT),
        (TimeoutError(), Status.TIMEOUT),
        (_errors.TLSError("refused"), Status.TLS),
        (caused(_errors.TLSError("no"), ssl.SSLCertVerificationError(1, "")), Status.CERTIFICATE),
        (_errors.ConnectionLost("gone"), Status.LOST),
        (caused(_errors.ConnectionLost(), ConnectionResetError(104, "reset")), Status.LOST),
        (_errors.UnconfirmedTransferError("x", "STOR", "gone"), Status.LOST),
        (_errors.DataConnectionError("broke"), Status.LOST),
        (refused("426", "aborted"), Status.LOST),
        (refused("421", "bye"), Status.LOST),
        (refused("530", "no", "PASS"), Status.LOGIN),
        (refused("331", "", "RETR"), Status.LOGIN),
        (refused("500", "what?", "USER"), Status.LOGIN),
        (refused("452"), Status.NO_SPACE),
        (refused("552"), Status.NO_SPACE),
        (refused("550", "No such file or directory"), Status.NOT_FOUND),
        (refused("550", "Failed to open file."), Status.NOT_FOUND),  # vsftpd
        (refused("550", "Die Datei ist nicht da"), Status.NOT_FOUND),
        (refused("550", "No such file", "MKD"), Status.NOT_FOUND),
        (refused("450", "No such file", "LIST"), Status.NOT_FOUND),
        (_errors.UnsafeNameError("../x"), Status.FAILED),
    ],
)
def test_status(error: Exception, status: Status) -> None:
    assert status_of(error) is status


def test_local_files_that_are_the_source() -> None:
    assert status_of_reading(_errors.FileSystemError(errno.ENOENT, "x")) is Status.LOCAL_READ
    assert status_of_reading(refused("552")) is Status.NO_SPACE


def test_the_page_has_the_table() -> None:
    table = PAGE.read_text("utf-8").partition("| exit status |")[2].partition("\n\n")[0]
    numbers = {int(number) for number in re.findall(r"^\| (\d+)", table, re.MULTILINE)}
    assert {int(status) for status in Status} - numbers == set()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("served")
    (folder / "file").write_bytes(b"x" * 100)
    with anyftp_serve(folder) as port:
        yield f"ftp://127.0.0.1:{port}"


LOGIN = {"USER": "331 password?", "PASS": "230 welcome", "QUIT": "221 bye"}


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["ls", "ftp://nowhere.invalid/"], Status.UNKNOWN_HOST),
        (["get", "ftp://127.0.0.1:1/x"], Status.NO_CONNECTION),
        (["get", "URL/missing"], Status.NOT_FOUND),
        (["ls", "URL/missing/"], Status.NOT_FOUND),
        (["put", "here", "URL/new"], Status.DENIED),
        (["put", "missing", "URL/new"], Status.LOCAL_READ),
        (["mirror", "missing", "URL/new"], Status.LOCAL_READ),
        (["get", "URL/file", "missing/file"], Status.LOCAL_WRITE),
        (["mirror", "URL/", "here"], Status.LOCAL_WRITE),
        (["get", "-u", "me:wrong", "URL/file"], Status.LOGIN),
        (["get", "-u", "me", "URL/file"], Status.LOGIN),
        (["get", "--verify", "URL/file"], Status.REFUSED),
        (["ls", "--tls", "URL/"], Status.TLS),
    ],
)
def test_causes_as_users_meet_them(
    arguments: list[str], status: Status, url: str, tmp_path: Path
) -> None:
    (tmp_path / "here").write_bytes(b"x")
    process = run(*(word.replace("URL", url) for word in arguments), cwd=tmp_path)
    assert_failed(process, "", status)
    host = "nowhere.invalid" if "nowhere" in arguments[-1] else "127.0.0.1"
    assert process.stderr.count(host) <= 1


@pytest.mark.parametrize(
    ("replies", "greeting", "status"),
    [
        ({}, "SSH-2.0-OpenSSH_9.2p1 Debian-2", Status.NO_FTP),
        ({}, "421 too busy", Status.NO_CONNECTION),
        ({**LOGIN, "MLSD": "421 I am going"}, "220 ready", Status.LOST),
        ({**LOGIN}, "220 ready", Status.LOST),
    ],
)
def test_servers_that_end_it(replies: dict[str, str], greeting: str, status: Status) -> None:
    with peer(answering(replies, greeting)) as port:
        process = run("ls", "--retry", "0", "--timeout", "5", f"ftp://127.0.0.1:{port}/")
    assert_failed(process, "", status)
    assert process.stderr.count(str(port)) == 1


def silent(connection: socket.socket) -> None:
    connection.recv(1)


def test_a_silent_server() -> None:
    with peer(silent) as port:
        process = run("ls", "--timeout", "0.3", f"ftp://127.0.0.1:{port}/")
    assert_failed(process, "nothing within", Status.TIMEOUT)


def test_a_password_that_nobody_gave_is_asked_for_before_anything_is_sent() -> None:
    process = run("ls", "ftp://alice@127.0.0.1:1/")
    assert_failed(process, "no password of alice was given (--password-stdin", Status.LOGIN)


def test_ftp_and_anonymous_need_none(url: str) -> None:
    for name in ("ftp", "anonymous", "FTP"):
        assert run("ls", "-u", name, url + "/").returncode == 0, os.environ
