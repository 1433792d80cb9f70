"""Entries of a folder as LIST, NLST and MLSD show them, a whole batch at a time.

A name that holds CR, LF or NUL is left out: it would forge lines.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath

from anyftp._fs import FileInfo
from anyftp._protocol import MlsxFormat, Permission, encode_listing, format_unix_lines
from anyftp._server._session._session import Session
from anyftp._server._users._users import rights_vary

#: Turns a batch of entries into bytes for the wire.
BatchFormat = Callable[[list[FileInfo]], bytes]


def mlsx_line(mlsx: MlsxFormat, info: FileInfo, name: str, permission: Permission) -> str:
    """One line of facts."""
    return mlsx.line(
        name,
        info.type,
        size=info.size,
        modified=info.modified,
        mode=info.mode,
        permission=permission,
        unique=info.unique,
        target=info.target,
    )


def as_list(session: Session, now: float) -> BatchFormat:
    """The format of LIST."""
    encoding = session.control.encoding
    return lambda batch: encode_listing(format_unix_lines(batch, now), encoding)


def as_names(session: Session, prefix: str) -> BatchFormat:
    """The format of NLST: names as they can be given to RETR (RFC 959, 4.1.3)."""
    encoding = session.control.encoding
    return lambda batch: encode_listing(
        ["" if _breaks(info.name) else prefix + info.name for info in batch], encoding
    )


def as_facts(session: Session, folder: PurePosixPath) -> BatchFormat:
    """The format of MLSD."""
    encoding, mlsx, user = session.control.encoding, session.mlsx, session.user
    assert user is not None
    if not rights_vary(user):
        rights = user.allowed(folder)
        return lambda batch: encode_listing(
            [mlsx_line(mlsx, info, info.name, rights) for info in batch], encoding
        )
    return lambda batch: encode_listing(
        [mlsx_line(mlsx, info, info.name, user.allowed(folder / info.name)) for info in batch],
        encoding,
    )


def _breaks(name: str) -> bool:
    return "\n" in name or "\r" in name or "\0" in name
