"""Exit statuses by cause. Where curl has a number for a cause, it is the same one."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from enum import IntEnum

from anyftp import (
    ChecksumError,
    ConnectionLost,
    DataConnectionError,
    FileSystemError,
    FTPError,
    FTPTimeoutError,
    IncompleteTransferError,
    RemoteProtocolError,
    ReplyError,
    SourceChangedError,
    TLSError,
)


class Status(IntEnum):
    """What a shell sees in `$?`; the page about the command has this table."""

    FAILED = 1
    USAGE = 2
    UNKNOWN_HOST = 6
    NO_CONNECTION = 7
    NO_FTP = 8
    DENIED = 9
    PARTIAL = 18
    REFUSED = 21
    LOCAL_WRITE = 23
    LOCAL_READ = 26
    TIMEOUT = 28
    TLS = 35
    LOST = 56
    CERTIFICATE = 60
    LOGIN = 67
    NO_SPACE = 70
    NOT_FOUND = 78


class Unreachable(ConnectionLost):
    """The server could not be connected to, or sent us away before the login."""


#: What servers say where 550 does not tell why (RFC 959 has one code for all of it).
_DENIED = r"(?i)denied|permission|permitted|not allowed|forbidden|privilege|read.?only"
_MISSING = (
    r"(?i)no such|not found|not exist|n't exist|cannot find|can't find|can't open|failed to open"
    r"|failed to change|not a (?:plain|regular) file|couldn't open|unavailable"
)
_LOGIN_VERBS = frozenset({"USER", "PASS", "ACCT"})
#: What is asked of something that must be there already.
_READING_VERBS = frozenset(
    {"RETR", "CWD", "LIST", "NLST", "MLSD", "MLST", "SIZE", "MDTM", "HASH", "RNFR", "STAT"}
)
_LOST = frozenset({"421", "425", "426"})
_LOGIN = frozenset({"331", "332", "430", "530", "532"})
_NO_SPACE = frozenset({"452", "552"})

_BY_KIND: tuple[tuple[type[BaseException], Status], ...] = (
    (FTPTimeoutError, Status.TIMEOUT),
    (TLSError, Status.TLS),
    (Unreachable, Status.NO_CONNECTION),
    (ConnectionLost, Status.LOST),
    (IncompleteTransferError, Status.PARTIAL),
    (ChecksumError, Status.PARTIAL),
    (SourceChangedError, Status.LOCAL_READ),
    (DataConnectionError, Status.LOST),
    (RemoteProtocolError, Status.NO_FTP),
    (FileSystemError, Status.LOCAL_WRITE),
    (FTPError, Status.FAILED),
    (TimeoutError, Status.TIMEOUT),
    (OSError, Status.LOCAL_WRITE),
)


def status_of(error: BaseException) -> Status:
    """The exit status of a command that this error ends."""
    if isinstance(error, ReplyError):
        return _of_reply(error)
    causes = causes_of(error)
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return Status.CERTIFICATE
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return Status.UNKNOWN_HOST
    return next((status for kind, status in _BY_KIND if isinstance(error, kind)), Status.FAILED)


def status_of_reading(error: BaseException) -> Status:
    """As `status_of` where the local files are the source."""
    status = status_of(error)
    return Status.LOCAL_READ if status is Status.LOCAL_WRITE else status


def is_port_taken(error: OSError) -> bool:
    """Whether somebody else listens there."""
    return error.errno == errno.EADDRINUSE


def causes_of(error: BaseException) -> list[BaseException]:
    """An exception and what it came from; nothing forbids such a chain to be a circle."""
    chain = [error]
    while (cause := chain[-1].__cause__) is not None and cause not in chain:
        chain.append(cause)
    return chain


def _of_reply(error: ReplyError) -> Status:
    if error.code in _LOST:
        return Status.LOST
    if error.code in _LOGIN or error.command in _LOGIN_VERBS:
        return Status.LOGIN
    if error.code in _NO_SPACE:
        return Status.NO_SPACE
    if error.code[:2] not in ("45", "55"):
        return Status.REFUSED
    text = " ".join(error.info)
    if re.search(_DENIED, text) or error.code == "553":
        return Status.DENIED
    if re.search(_MISSING, text) or (error.code == "550" and error.command in _READING_VERBS):
        return Status.NOT_FOUND
    return Status.REFUSED
