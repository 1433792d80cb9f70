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

import errno
import os
import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

#: Verbs whose argument is a secret and never appears in a message.
SECRET_VERBS = frozenset({"PASS", "ACCT"})

#: Verbs whose whole argument is a path, which is worth telling when they are refused.
_PATH_VERBS = frozenset(
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
        self.path: str = argument if command in _PATH_VERBS else ""
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


class _NotFound(PermanentReplyError, FileNotFoundError):
    errno = errno.ENOENT


class _Denied(PermanentReplyError, PermissionError):
    errno = errno.EACCES


class _NoSpace(PermanentReplyError, OSError):
    errno = errno.ENOSPC


class _NoSpaceNow(TransientReplyError, OSError):
    errno = errno.ENOSPC


#: Servers that run in other languages say what their systems say: glibc's words, and Windows'.
_MISSING = re.compile(
    r"no such (?:file|director|folder|path|object)|\bnot found\b|\bnot exists?\b"
    r"|\b(?:does not|doesn't|do not) exists?\b|\bcannot find the (?:file|path)\b"
    r"|nicht gefunden|(?:datei|pfad|verzeichnis)\b.{0,30}\bnicht finden|existiert nicht"
    r"|aucun fichier|introuvable|n'existe pas"
    r"|no existe|no (?:se )?(?:puede|pudo) encontrar|no encontrad"
    r"|non esiste|non trovat|impossibile trovare"
    r"|não (?:pode|foi possível) encontrar|não (?:foi )?encontrad|inexistente"
    r"|bestaat niet|niet gevonden|kan .{0,40}niet vinden|nie ma takiego|nie można odnaleźć"
    r"|нет такого|не найден"
    r"|не удается найти"
    r"|没有那个|找不到|不存在|見つかり|みつかり"
    r"|そのようなファイル|찾을 수 없",
    re.IGNORECASE,
)
_FORBIDDEN = re.compile(
    r"permission denied|access (?:is )?denied|not permitted|not allowed|\bforbidden\b"
    r"|\bprohibited\b|(?:insufficient|not enough) (?:privilege|permission|right)"
    r"|zugriff verweigert|keine berechtigung|permission non accord|accès refus"
    r"|(?:permiso|acceso) denegado|(?:permesso|accesso) negato|permissão negada|acesso negado"
    r"|toegang geweigerd|brak dostępu|odmowa dostępu|отказано в доступе"
    r"|拒绝访问|权限不够|存取被拒|拒否され|許可があり|거부",
    re.IGNORECASE,
)
_FULL = re.compile(
    r"no space left|\b(?:disk|disc|device|volume) (?:is )?full\b|quota exceeded"
    r"|exceed\w* .{0,30}quota"
    r"|(?:not enough|insufficient|out of) (?:free )?(?:disk |storage )?space"
    r"|kein speicherplatz|plus d'espace|espacio en disco insuficiente|spazio .{0,20}esaurito",
    re.IGNORECASE,
)
#: Commands that need room, and the codes with which servers say that there is none.
_FILLING = frozenset({"STOR", "STOU", "APPE", "MKD", "RNTO", "ALLO"})
_MAYBE_FULL = frozenset({"426", "450", "451", "550", "551", "553"})


def _kind_of_refusal(code: str, text: str, command: str) -> type[ReplyError]:
    """The class for a refusal: Python's own one as well where code and words leave no doubt.

    550 is said of all that has to do with files, often without a word of which it was, and some
    servers name two reasons at once; then it stays what it is.
    """
    if code == "552":  # RFC 959, 4.2: exceeded storage allocation
        return _NoSpace
    if code == "452":  # insufficient storage space in system
        return _NoSpaceNow
    if code in _MAYBE_FULL and command in _FILLING and _FULL.search(text):
        return _NoSpaceNow if code[0] == "4" else _NoSpace
    if code in ("550", "553") and command in _PATH_VERBS:
        is_missing, is_denied = _MISSING.search(text), _FORBIDDEN.search(text)
        if is_missing and not is_denied and code == "550":
            return _NotFound
        if is_denied and not is_missing:
            return _Denied
    return {"4": TransientReplyError, "5": PermanentReplyError}.get(code[:1], ReplyError)


def reply_error(
    code: str,
    info: Sequence[str] = (),
    *,
    expected: Sequence[str] = (),
    command: str = "",
    argument: str = "",
) -> ReplyError:
    """Build the class of refusal that a reply code stands for."""
    text = " ".join(info)
    for name in {argument, argument.rpartition("/")[2]} - {""}:
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "", text)  # one may be "not found"
    kind = _kind_of_refusal(code, text, command)
    return kind(code, info, expected=expected, command=command, argument=argument)


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
        received_codes: ("421",) where the server said so in good order, as `ReplyError` has them.
        info: the text of that reply, one item a line.
    """

    received_codes: tuple[str, ...] = ()
    info: Sequence[str] = ()


class UnconfirmedTransferError(ConnectionLost):
    """All data went over in good order, but the control connection died before the confirmation.

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
