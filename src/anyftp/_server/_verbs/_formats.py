"""Entries of a folder as LIST, NLST and MLSD show them, a whole batch at a time.

A name that holds CR, LF or NUL is left out: it would forge lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from anyftp._fs import FileInfo
from anyftp._protocol import Permission, encode_listing, format_unix_lines
from anyftp._protocol._text import breaks_lines
from anyftp._server._session._session import Session
from anyftp._server._users._users import rights_vary

#: Turns a batch of entries into bytes for the wire.
BatchFormat = Callable[[list[FileInfo]], bytes]


def as_list(session: Session, now: float) -> BatchFormat:
    """The format of LIST."""
    encoding = session.control.encoding
    return lambda batch: encode_listing(format_unix_lines(batch, now), encoding)


def as_names(session: Session, prefix: str) -> BatchFormat:
    """The format of NLST: names as they can be given to RETR (RFC 959, 4.1.3)."""
    encoding = session.control.encoding
    return lambda batch: encode_listing(
        ["" if breaks_lines(info.name) else prefix + info.name for info in batch], encoding
    )


def as_facts(session: Session, folder: PurePosixPath) -> BatchFormat:
    """The format of MLSD."""
    encoding, mlsx, user = session.control.encoding, session.mlsx, session.user
    assert user is not None

    def rights(batch: list[FileInfo]) -> Permission | Iterator[Permission]:
        if rights_vary(user):
            return (user.allowed(folder / info.name) for info in batch)
        return user.allowed(folder)

    return lambda batch: encode_listing(mlsx.lines(batch, rights(batch)), encoding)
