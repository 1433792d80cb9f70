"""The one line that a failure leaves."""

import errno
import socket
import ssl

import pytest

from anyftp import _errors
from anyftp._cli._ending._failure import (
    Failure,
    Interrupted,
    describe,
    describe_at,
    interrupted_by,
    is_local,
)
from anyftp._cli._ending._status import Unreachable
from anyftp._protocol import reply_error


def unverified() -> Exception:
    cause = ssl.SSLCertVerificationError(1, "certificate verify failed")
    cause.verify_message = "self-signed certificate"
    error = _errors.TLSError("the handshake failed")
    error.__cause__ = cause
    return error


def lost_later() -> Exception:
    """An error of the network behind it does not mean that no connection came about."""
    error = _errors.ConnectionLost("disconnected: the connection broke")
    error.__cause__ = ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
    return error


def not_had_again() -> Exception:
    error = _errors.ConnectionLost("could not connect to ::1 port 21: Connection refused: ::1")
    error.__cause__ = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused: ::1")
    return error


def unreachable(cause: OSError) -> Exception:
    error = Unreachable("could not connect to ::1 port 21: Connection refused: ::1")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            reply_error("530", ["Login incorrect."], command="PASS"),
            "the server refused the login: 530 Login incorrect.",
        ),
        (
            reply_error("550", ["No such", " file"], expected=["1xx"], command="RETR"),
            "RETR: 550 No such file",
        ),
        (
            reply_error("550", ["Failed to open."], command="RETR", argument="/a/b"),
            "RETR /a/b: 550 Failed to open.",
        ),
        (
            reply_error("550", ["/a/b: no"], command="RETR", argument="/a/b"),
            "RETR: 550 /a/b: no",
        ),
        (reply_error("421", []), "421"),
        (_errors.ConnectionLost("the server closed"), "the server closed"),
        (_errors.ConnectionLost(), "ConnectionLost"),
        (lost_later(), "disconnected: the connection broke"),
        (
            not_had_again(),
            "the connection was lost, and not to be had again: Connection refused",
        ),
        (
            _errors.RemoteProtocolError("no reply begins like this: b'SSH-2.0-OpenSSH_9.2p1'"),
            "this is an SSH server, not FTP: sftp and scp talk to it (b'SSH-2.0-OpenSSH_9.2p1')",
        ),
        (
            _errors.RemoteProtocolError("no reply begins like this: b'HTTP/1.1 400 Bad'"),
            "this is a web server, not FTP (b'HTTP/1.1 400 Bad')",
        ),
        (
            _errors.RemoteProtocolError("no reply begins like this: b'+OK ready'"),
            "this is a POP3 server, not FTP (b'+OK ready')",
        ),
        (
            reply_error("504", ["the server offers no checksums"], command="HASH"),
            "--verify needs checksums, and the server makes none (HASH, XSHA256, XMD5, XCRC)",
        ),
        (
            unreachable(ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused: ::1")),
            "could not connect: Connection refused",
        ),
        (
            unreachable(socket.gaierror(-2, "Name or service not known")),
            "could not connect: this host is not known",
        ),
        (
            _errors.FTPTimeoutError("reply to USER", 60),
            "reply to USER: nothing within 60 s",
        ),
        (
            socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"),
            "this host's address cannot be looked up at the moment",
        ),
        (
            unverified(),
            "the server's certificate does not verify: self-signed certificate"
            " (--ca-file trusts another authority)",
        ),
        (
            _errors.FileSystemError(errno.ENOSPC, "/disk/file"),
            "/disk/file: No space left on device",
        ),
        (socket.gaierror(-2, "Name or service not known"), "this host is not known"),
        (OSError(errno.EADDRINUSE, "Address already in use"), "the port is in use already"),
        (PermissionError(errno.EACCES, "Permission denied", "x"), "x: Permission denied"),
        (TimeoutError(), "TimeoutError"),
        (KeyError("x"), "KeyError: 'x'"),
        (ExceptionGroup("", [OSError(1, "no")]), "Operation not permitted"),
    ],
)
def test_describe(error: BaseException, line: str) -> None:
    assert describe(error) == line


def test_a_failure_is_one_printable_line() -> None:
    failure = Failure("the server\r\nsaid \x1b[2J")
    assert failure.message == "the server said \\x1b[2J"
    assert failure.exit_code == 1


def test_a_failure_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    Failure("no").show()
    captured = capsys.readouterr()
    assert captured.err == "anyftp: no\n"
    assert captured.out == ""


def test_interrupted_is_what_a_shell_reports() -> None:
    assert Interrupted().exit_code == 130
    assert interrupted_by(15).exit_code == 143
    assert interrupted_by(1).exit_code == 129
    assert interrupted_by(2).exit_code == 130


def test_is_local() -> None:
    assert is_local(_errors.LocalProtocolError("CR"))
    assert is_local(_errors.FileSystemError(errno.ENOENT, "x"))
    assert is_local(OSError(errno.ENOSPC, "No space left on device"))
    assert not is_local(_errors.ConnectionLost("gone"))


def test_a_circle_of_causes_has_an_end() -> None:
    first, second = OSError(errno.EFBIG, "x"), OSError(errno.EIO, "x")
    first.__cause__, second.__cause__ = second, first
    assert describe(first) == "File too large"


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(errno.ENOENT, "No such file or directory", "/a"),
        FileNotFoundError(errno.ENOENT, "No such file or directory"),
        _errors.FileSystemError(errno.ENOENT, "/a"),
    ],
)
def test_a_path_is_told_once(error: Exception) -> None:
    assert describe_at("/a", error) == "/a: No such file or directory"
