"""Which version of a remote file it is: by its size and the time of its last change."""

from __future__ import annotations

import errno
from contextlib import suppress
from datetime import datetime
from pathlib import PurePosixPath
from typing import NamedTuple

from anyftp._client._copying._local import Target
from anyftp._client._remote._attributes import modified, size
from anyftp._client._session._session import Session
from anyftp._errors import FileSystemError, RemoteProtocolError, ReplyError
from anyftp._protocol import Entry

#: File systems and servers cut times off at different places.
_CLOCK_GRAIN = 1.0


class Version(NamedTuple):
    """What tells one version of a remote file from another.

    Attributes:
        size: bytes; None where the server does not say.
        modified: time of the last change; None where the server does not say.
    """

    size: int | None
    modified: datetime | None

    def mark(self, path: PurePosixPath) -> str:
        """The text to keep beside a part of it."""
        return f"{self.size} {self.modified and self.modified.isoformat()} {path}\n"


async def version_of(session: Session, path: PurePosixPath, entry: Entry | None = None) -> Version:
    """Find out, asking only for what a listing has not told exactly.

    Raises:
        ReplyError: there is no such file.

    Cancellation: safe.
    """
    nbytes = entry.size if entry is not None and entry.is_file else None
    # A link's entry tells the link's own time, and LIST knows minutes at best.
    is_exact = nbytes is not None and "MLSD" not in session.learnt.refused
    time = entry.modified if entry is not None and is_exact else None
    if nbytes is None:
        nbytes = await size(session, path)
    if time is None:
        with suppress(ReplyError, RemoteProtocolError):
            time = await modified(session, path)
    return Version(nbytes, time)


async def is_copy(target: Target, version: Version) -> bool:
    """Whether a local file is a copy: as long, and not older than the remote one's last change.

    Cancellation: safe.
    """
    try:
        info = await target.files.stat(target.path)
    except FileSystemError as error:
        if error.errno != errno.ENOENT:
            raise
        return False
    if not info.is_file or info.size != version.size:
        return False
    time = version.modified
    return time is None or info.modified + _CLOCK_GRAIN >= time.timestamp()
