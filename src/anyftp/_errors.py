"""Every exception that anyftp raises of its own, as one tree.

    FTPError
    ├─ ProtocolError
    │  ├─ LocalProtocolError (ValueError)   you asked for what the protocol cannot say
    │  └─ RemoteProtocolError               the peer broke the grammar
    │     └─ MixedReplyError                the lines of one reply bear two codes
    ├─ ReplyError                           the peer refused; where its words leave no doubt also as
    │  ├─ TransientReplyError (4yz)         FileNotFoundError, PermissionError, OSError (ENOSPC)
    │  └─ PermanentReplyError (5yz)
    ├─ FTPTimeoutError (TimeoutError)
    ├─ ConnectionLost (ConnectionError)
    │  └─ UnconfirmedTransferError          all data moved, but nobody confirmed it
    ├─ DataConnectionError
    │  ├─ IncompleteTransferError
    │  └─ NoDataPort
    ├─ ChecksumError
    ├─ SourceChangedError                   a local file was written to while it was read
    ├─ TLSError
    ├─ ListingError
    ├─ UnsafeNameError
    ├─ NameCollisionError
    ├─ UploadRejectedError                  raised by a hook of yours, to a server
    └─ FileSystemError (OSError)

The streams below know nothing of FTP and raise anyio's exceptions; the client and the server
translate them into this tree once, at their border. No message ever holds a password.

All of them can be copied and pickled, with their attributes: worker processes hand them on.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import PurePath
from typing import Any

#: Verbs whose argument is a secret and never appears in a message.
SECRET_VERBS = frozenset({"PASS", "ACCT"})

#: Verbs whose whole argument is a path, which is worth telling when they are refused.
PATH_VERBS = frozenset(
    {"APPE", "CWD", "DELE", "HASH", "LIST", "MDTM", "MKD", "MLSD", "MLST", "NLST", "RETR", "RMD"}
    | {"RNFR", "RNTO", "SIZE", "STOR", "XCWD", "XMKD", "XRMD"}
)


class FTPError(Exception):
    """Root of all exceptions of anyftp's own."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Our constructors take values, and `args` is the message that they make of them.
        return _remade, (type(self), self.args), self.__dict__


def _remade(kind: type[FTPError], args: tuple[Any, ...]) -> FTPError:
    """Make an exception anew from its message; its attributes follow."""
    error = kind.__new__(kind, *args)
    (OSError if isinstance(error, OSError) else Exception).__init__(error, *args)
    return error


class ProtocolError(FTPError):
    """The protocol was, or would have been, broken."""


class LocalProtocolError(ProtocolError, ValueError):
    """You asked for something that the protocol cannot express or that the state forbids."""


class RemoteProtocolError(ProtocolError):
    """The peer sent something that the grammar does not allow, or too much of it."""


class MixedReplyError(RemoteProtocolError):
    """The lines of one reply bear two codes, and the client was told to be strict about it.

    Attributes:
        code: that of the first line.
        other_code: that of the line that looks like the last.
        lines: the text of them all.
    """

    def __init__(self, code: str, other_code: str, lines: Sequence[str]) -> None:
        super().__init__(f"a reply that began with {code} has a line with {other_code}")
        self.code = code
        self.other_code = other_code
        self.lines: list[str] = list(lines)


class ReplyError(FTPError):
    """The server answered with another code than the one expected.

    Attributes:
        code: the three digits received.
        info: the text of the reply, one item a line.
        expected: masks of the codes that would have been fine, such as "2xx".
        command: the verb that was refused, without its argument.
        path: the remote file or folder that it was about, "" where it was about none.
    """

    def __init__(
        self,
        code: str,
        info: Sequence[str] = (),
        *,
        expected: Sequence[str] = (),
        command: str = "",
        argument: str = "",
    ) -> None:
        self.code = code
        self.info: list[str] = list(info)
        self.expected: tuple[str, ...] = tuple(expected)
        self.command = command
        self.path: str = argument if command in PATH_VERBS else ""
        super().__init__(self._message())

    @property
    def received_codes(self) -> tuple[str, ...]:
        """The codes received, as aioftp names them."""
        return (self.code,)

    def _message(self) -> str:
        text = " ".join(line.strip() for line in self.info if line.strip())
        about = f" {self.path!r}" if self.path else ""
        asked = f"{self.command}{about}: " if self.command else ""
        # A refusal speaks for itself; what else was not expected does not.
        is_odd = self.expected and self.code[:1] not in ("4", "5")
        wanted = f" (expected {' or '.join(self.expected)})" if is_odd else ""
        return f"{asked}the server answered {self.code} {text}".rstrip() + wanted


class TransientReplyError(ReplyError):
    """A refusal of the kind that may pass (4yz, RFC 959 section 4.2.1)."""


class PermanentReplyError(ReplyError):
    """A refusal that will be repeated (5yz, RFC 959 section 4.2.1)."""


class FTPTimeoutError(FTPError, TimeoutError):
    """Something took longer than its time-out allows.

    Attributes:
        operation: what was going on, such as "connect", "reply to RETR" or "read".
        seconds: the time allowed.
    """

    def __init__(self, operation: str, seconds: float | None) -> None:
        self.operation = operation
        self.seconds = seconds
        limit = "" if seconds is None else f" within {seconds:g} s"
        super().__init__(f"{operation}: nothing{limit}")


class ConnectionLost(FTPError, ConnectionError):
    """The control connection could not be made, or is gone.

    Attributes:
        received_codes: ("421",) where the server said so in a reply, as `ReplyError` has them.
        info: the text of that reply, one item a line.
    """

    received_codes: tuple[str, ...] = ()
    info: Sequence[str] = ()


class UnconfirmedTransferError(ConnectionLost):
    """All data went over cleanly, but the control connection died before the confirmation.

    The copy is whole, most likely: servers and NAT forget control connections during long
    transfers. Where it matters, compare sizes or checksums over a new connection.

    Attributes:
        path: the remote file.
        command: the verb of the transfer.
    """

    def __init__(self, path: str, command: str, reason: object) -> None:
        self.path = path
        self.command = command
        super().__init__(f"{command} {path!r}: all went over, but was not confirmed: {reason}")


class DataConnectionError(FTPError):
    """The data connection failed, while the control connection is still in step."""


class IncompleteTransferError(DataConnectionError):
    """A transfer ended with another number of bytes than announced.

    Attributes:
        path: the remote file.
        received: bytes that came.
        expected: bytes that were announced, None where the cut was seen otherwise.
    """

    def __init__(self, path: str, received: int, expected: int | None) -> None:
        self.path = path
        self.received = received
        self.expected = expected
        if expected is None:
            what = f"ended after {received} bytes, and nothing says that this is all"
        elif received > expected:
            what = f"brought {received} bytes of a file of {expected}"
        else:
            what = f"was cut short after {received} of {expected} bytes"
        super().__init__(f"{path}: the transfer {what}")


class ChecksumError(FTPError):
    """The copy of a file is not what the server's checksum says, or the other way round.

    Attributes:
        path: the remote file.
        algorithm: such as "SHA-256".
        local: the local file's checksum in lower-case hex digits.
        remote: the remote file's, as the server says.
    """

    def __init__(self, path: str, algorithm: str, local: str, remote: str) -> None:
        self.path = path
        self.algorithm = algorithm
        self.local = local
        self.remote = remote
        super().__init__(f"{path}: its {algorithm} is {local} here and {remote} on the server")


class SourceChangedError(FTPError):
    """A local file was written to while it was read; what was sent of it is no copy.

    Attributes:
        path: the local file.
        before: its size in bytes, and the time of its last change in nanoseconds since the epoch,
            when it was opened.
        after: the same, when it had been read.
    """

    def __init__(
        self, path: str | PurePath, before: tuple[int, int], after: tuple[int, int]
    ) -> None:
        self.path: str = str(path)
        self.before = before
        self.after = after
        super().__init__(
            f"{self.path}: it changed while it was read,"
            f" from {_as_seen(*before)} to {_as_seen(*after)}"
        )


def _as_seen(size: int, modified_nanoseconds: int) -> str:
    seconds, nanoseconds = divmod(modified_nanoseconds, 10**9)
    time = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return f"{size} bytes of {time:%Y-%m-%dT%H:%M:%S}.{nanoseconds:09}Z"


class NoDataPort(DataConnectionError):
    """No port for a data connection could be had: the whole range is in use."""


class TLSError(FTPError, ConnectionError):
    """TLS was refused, failed to verify the peer, or broke."""


class ListingError(FTPError):
    """A listing makes no sense, and the caller asked to be told; or there is too much of it.

    Attributes:
        line: the line as received; empty where there is too much.
    """

    def __init__(self, line: str, excess: str = "") -> None:
        self.line = line
        super().__init__(excess or f"no known listing dialect has this line: {line!r}")


class UnsafeNameError(FTPError):
    """A name from the peer would lead out of the folder that it belongs to.

    Attributes:
        name: the name as received.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"refused a name that could lead elsewhere: {name!r}")


class NameCollisionError(FTPError):
    """Two remote names would be the same local file, because this file system ignores case.

    Attributes:
        path: the remote folder.
        names: both names.
    """

    def __init__(self, path: str, names: tuple[str, str]) -> None:
        self.path = path
        self.names = names
        one, other = names
        super().__init__(f"{path}: {one!r} and {other!r} would be one file here")


class UploadRejectedError(FTPError):
    """Raised by `on_upload` of a server, so that an upload is refused and leaves nothing.

    Attributes:
        reason: what the client is told.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class FileSystemError(FTPError, OSError):
    """A file or folder could not be read or changed; the cause is the original error.

    Attributes:
        errno: the number of the error, as in OSError.
        path: the file or folder.
    """

    def __init__(self, errno: int, path: str | PurePath) -> None:
        self.path: str = str(path)
        OSError.__init__(self, errno, os.strerror(errno), self.path)

    def __reduce__(self) -> tuple[Any, ...]:
        # Of its three arguments OSError keeps two in `args`.
        return _remade, (type(self), (self.errno, self.strerror, self.path)), self.__dict__
