"""What there is at a path, or that there is nothing."""

from __future__ import annotations

import errno
from pathlib import PurePosixPath

from anyftp._errors import FileSystemError
from anyftp._fs import FileInfo
from anyftp._server._session._session import Session


async def existing(session: Session, path: PurePosixPath) -> FileInfo | None:
    """What is at a path; None where nothing is.

    Raises:
        FileSystemError: it cannot be found out.

    Cancellation: as the file system's.
    """
    try:
        return await session.file_system.stat(path)
    except FileSystemError as error:
        if error.errno != errno.ENOENT:
            raise
        return None
