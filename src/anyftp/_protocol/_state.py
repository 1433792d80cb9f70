"""What a server remembers of a session between commands, and what makes it forget.

Two memories span commands. RNFR's path is for the very next command only. REST's offset and RANG's
range are for the next transfer, and only the commands by which clients prepare one may come
between; a transfer takes them, whether it succeeds or not, and any other command drops them, so
that no later upload lands at a stale offset. Servers differ here; this is what vsftpd, pure-ftpd
and pyftpdlib do where it matters.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from anyftp._errors import RemoteProtocolError
from anyftp._protocol._parts import ByteRange, TransferMode

#: Between REST and its transfer these may come; a refused one changes nothing either.
KEEPS_OFFSET = frozenset(
    {"PASV", "EPSV", "PORT", "EPRT", "TYPE", "MODE", "STRU", "ALLO", "PBSZ", "PROT", "NOOP"}
)

#: These take the offset.
TAKES_OFFSET = frozenset({"RETR", "STOR", "STOU", "APPE"})

#: These take the range of RANG.
TAKES_RANGE = frozenset({"RETR", "STOR", "HASH"})

#: zlib's own choice.
DEFLATE_LEVEL = 6

_OFFSET = re.compile(r"[0-9]{1,19}")
_MAX_OFFSET = 2**63 - 1


class Phase(enum.Enum):
    """How far the login has come."""

    NEED_USER = "need user"
    NEED_PASSWORD = "need password"
    NEED_ACCOUNT = "need account"
    LOGGED_IN = "logged in"


class TransferType(enum.Enum):
    """TYPE: what the bytes of a file mean."""

    ASCII = "A"
    IMAGE = "I"


@dataclass(slots=True)
class SessionState:
    """State of one session as the protocol sees it.

    Attributes:
        phase: how far the login has come.
        user: the name given by USER.
        type_: of the next transfer; ASCII until told otherwise (RFC 959, 5.1).
        mode: of the transfers to come.
        deflate_level: how hard MODE Z compresses, 0 to 9.
        offset: where the next transfer begins.
        range: what the next transfer or HASH is about; None for the whole file.
        hash_algorithm: what OPTS HASH chose; empty for the server's own choice.
        rename_from: what RNFR named.
    """

    phase: Phase = Phase.NEED_USER
    user: str = ""
    type_: TransferType = TransferType.ASCII
    mode: TransferMode = TransferMode.STREAM
    deflate_level: int = DEFLATE_LEVEL
    offset: int = 0
    range: ByteRange | None = None
    hash_algorithm: str = ""
    rename_from: PurePosixPath | None = None

    @property
    def is_logged_in(self) -> bool:
        """Whether commands that need a login may run."""
        return self.phase is Phase.LOGGED_IN

    def before(self, verb: str) -> None:
        """Forget what the coming command makes stale; to be called for each, unknown ones too."""
        if self.rename_from is not None and verb != "RNTO":
            self.rename_from = None
        if self.offset and verb not in KEEPS_OFFSET and verb not in TAKES_OFFSET:
            self.offset = 0
        if self.range is not None and verb not in KEEPS_OFFSET and verb not in TAKES_RANGE:
            self.range = None

    def take_offset(self) -> int:
        """The offset for a transfer that begins now, or is refused now; then it is 0 again."""
        offset, self.offset = self.offset, 0
        return offset

    def take_range(self) -> ByteRange | None:
        """The range for a transfer or hash that begins now; then it is the whole file again."""
        part, self.range = self.range, None
        return part

    def take_rename(self) -> PurePosixPath | None:
        """The path that RNFR named, for RNTO; then it is forgotten."""
        path, self.rename_from = self.rename_from, None
        return path

    def name_user(self, user: str) -> None:
        """USER: a password is needed next, whoever was logged in."""
        self.reset()
        self.user = user
        self.phase = Phase.NEED_PASSWORD

    def log_in(self) -> None:
        """The user has proved who it is."""
        self.phase = Phase.LOGGED_IN

    def reset(self) -> None:
        """REIN, AUTH (RFC 4217, 4) and failed logins: as right after connecting."""
        self.phase, self.user = Phase.NEED_USER, ""
        self.type_, self.mode = TransferType.ASCII, TransferMode.STREAM
        self.offset, self.range, self.rename_from = 0, None, None
        self.hash_algorithm, self.deflate_level = "", DEFLATE_LEVEL


def parse_offset(argument: str) -> int:
    """Read the argument of REST: 1 to 19 ASCII digits, at most 2**63 - 1.

    Raises:
        RemoteProtocolError: anything else, `+5` and the digits of other scripts included.
    """
    if _OFFSET.fullmatch(argument) and int(argument) <= _MAX_OFFSET:
        return int(argument)
    raise RemoteProtocolError(f"not an offset: {argument[:40]!r}")


def parse_type(argument: str) -> TransferType:
    """Read the argument of TYPE: `A`, `A N`, `I` and `L 8` (RFC 959, 3.1.1).

    Raises:
        RemoteProtocolError: another type or form; to be answered with 504.
    """
    match argument.upper().split():
        case ["A"] | ["A", "N"]:
            return TransferType.ASCII
        case ["I"] | ["L", "8"] | ["L8"]:
            return TransferType.IMAGE
    raise RemoteProtocolError(f"no such type: {argument[:40]!r}")
