"""How a failure is told: one line on standard error, an exit status, never a traceback."""

from __future__ import annotations

import errno
import os
import re
import signal
import socket
import ssl
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import click

from anyftp import (
    ConnectionLost,
    FileSystemError,
    FTPError,
    LocalProtocolError,
    RemoteProtocolError,
    ReplyError,
)
from anyftp._cli._ending._status import (
    Unreachable,
    causes_of,
    is_port_taken,
    status_of,
)
from anyftp._protocol import visible


class Failure(click.ClickException):
    """What ends the command with one line and a status, 1 unless told."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(visible(" ".join(message.split())))
        if status is not None:
            self.exit_code = int(status)  # type: ignore[misc]  # click reads the instance's

    def show(self, file: object = None) -> None:
        """Print the line on standard error."""
        click.echo(f"anyftp: {self.message}", err=True)


class ToldAlready(Failure):
    """Ends the command with a status; its lines, and tracebacks, have been printed."""

    def show(self, file: object = None) -> None:
        """Print nothing."""


class Interrupted(Failure):
    """SIGINT ended the command; the status is the one that a shell reports.

    Attributes:
        number: of the signal, added to 128.
        advice: how to go on, where that is known.
    """

    number: int = signal.SIGINT

    def __init__(self, advice: str = "") -> None:
        super().__init__(f"interrupted; {advice}" if advice else "interrupted", 128 + self.number)


class Terminated(Interrupted):
    """SIGTERM ended the command."""

    number = signal.SIGTERM


class HungUp(Interrupted):
    """The terminal is gone."""

    number = 1  # SIGHUP, which Windows does not know


def interrupted_by(number: int) -> Interrupted:
    """The failure that stands for a signal."""
    kinds = (Terminated, HungUp)
    return next((kind() for kind in kinds if kind.number == number), Interrupted())


def failure_of(error: BaseException) -> Failure:
    """The failure that an exception is."""
    return error if isinstance(error, Failure) else Failure(describe(error), status_of(error))


def as_told(error: BaseException, *, is_debugging: bool = False) -> BaseException:
    """What click is to print in place of an exception that ends the command.

    Args:
        is_debugging: print the traceback of a failure first.
    """
    if isinstance(error, click.Abort | KeyboardInterrupt):
        return Interrupted()
    first = first_of(error)
    if isinstance(first, BrokenPipeError):
        return first  # whoever reads our output has seen enough: no word of it
    if is_debugging and not isinstance(first, Interrupted | ToldAlready):
        click.echo("".join(traceback.format_exception(error)), err=True, nl=False)
    return failure_of(first)


def first_of(error: BaseException) -> BaseException:
    """The first exception of a group: one line tells one thing."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def describe(error: BaseException) -> str:
    """Say in one sentence what went wrong, with what to do about it where that is known."""
    error = first_of(error)
    if isinstance(error, ReplyError):
        return _refusal(error)
    if verification := _verification(error):
        return f"the server's certificate does not verify: {verification}"
    if isinstance(error, Unreachable) and isinstance(error.__cause__, OSError):
        return f"could not connect: {_os_error(error.__cause__)}"
    if isinstance(error, ConnectionLost) and str(error).startswith("could not connect to "):
        reason = _os_error(error.__cause__) if isinstance(error.__cause__, OSError) else error
        return f"the connection was lost, and not to be had again: {reason}"
    if isinstance(error, RemoteProtocolError):
        return _other_protocol(str(error)) or str(error)
    if isinstance(error, FileSystemError):
        return f"{error.path}: {error.strerror}{_more_exactly(error)}"
    if isinstance(error, FTPError | ValueError | ImportError):  # an extra is not installed
        return str(error) or type(error).__name__
    if isinstance(error, OSError):
        return _os_error(error)
    return f"{type(error).__name__}: {error}"


def describe_at(path: str | os.PathLike[str], error: BaseException) -> str:
    """As `describe`, with the path of the file before it, once."""
    text, place = describe(error), f"{os.fspath(path)}: "
    return text if text.startswith(place) else place + text


@contextmanager
def named(path: str | os.PathLike[str]) -> Iterator[None]:
    """Give errors of reading and writing the path; that a reader has gone is told otherwise."""
    try:
        yield
    except (BrokenPipeError, FTPError):
        raise
    except OSError as error:
        raise FileSystemError(error.errno or errno.EIO, os.fspath(path)) from error


def is_local(error: BaseException) -> bool:
    """Tell whether the fault lies on this side, so that naming the server would mislead.

    What the network does to a client arrives as one of our own exceptions.
    """
    ours = isinstance(error, FTPError)
    return not ours or isinstance(error, LocalProtocolError | FileSystemError)


def _refusal(error: ReplyError) -> str:
    text = " ".join(line.strip() for line in error.info if line.strip())
    reply = f"{error.code} {text}".rstrip()
    if error.command in ("USER", "PASS", "ACCT"):
        return f"the server refused the login: {reply}"
    if error.command == "HASH" and error.code == "504":
        return "--verify needs checksums, and the server makes none (HASH, XSHA256, XMD5, XCRC)"
    # Many servers do not say of which file of a folder they speak.
    about = f" {error.path}" if error.path and error.path not in text else ""
    return f"{error.command}{about}: {reply}" if error.command else reply


#: How servers of other protocols begin, as a parser of replies quotes them.
_OTHER_PROTOCOLS = (
    (re.compile(r"b['\"]SSH-"), "this is an SSH server, not FTP: sftp and scp talk to it"),
    (re.compile(r"b['\"]HTTP/"), "this is a web server, not FTP"),
    (re.compile(r"b['\"]\* OK"), "this is an IMAP server, not FTP"),
    (re.compile(r"b['\"]\+OK"), "this is a POP3 server, not FTP"),
    (re.compile(r"b['\"]\\x1[56]\\x03"), "this port wants TLS from the first byte: ftps://"),
)


def _other_protocol(message: str) -> str:
    told = (text for pattern, text in _OTHER_PROTOCOLS if pattern.search(message))
    greeting = message.partition("like this: ")[2]
    return next((f"{text} ({greeting})" for text in told), "")


def _verification(error: BaseException) -> str:
    """The reason why a certificate was refused, wherever in the chain of causes it stands."""
    for cause in causes_of(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"{cause.verify_message or cause.reason} (--ca-file trusts another authority)"
    return ""


def _more_exactly(error: FileSystemError) -> str:
    """What the cause says in words of its own, such as "not a regular file"."""
    cause = error.__cause__
    words = cause.strerror if isinstance(cause, OSError) else None
    return "" if words in (None, "", error.strerror) else f" ({words})"


def _os_error(error: OSError) -> str:
    is_lookup = isinstance(error, socket.gaierror) or (error.errno or 0) < 0  # or a wrapped one
    if is_lookup:
        if error.errno == socket.EAI_AGAIN:
            return "this host's address cannot be looked up at the moment"
        return "this host is not known"
    if is_port_taken(error):
        return "the port is in use already"
    # The library's connect adds the address to the text; the line has the URL already.
    reason = os.strerror(error.errno) if error.errno else str(error) or type(error).__name__
    return f"{error.filename}: {reason}" if error.filename else reason
