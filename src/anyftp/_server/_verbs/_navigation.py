"""CWD, CDUP, PWD: where the client is."""

from __future__ import annotations

import errno
from pathlib import PurePosixPath

from anyftp._errors import FileSystemError
from anyftp._protocol import Reply, quote_257
from anyftp._server._session._session import Session


async def cwd(session: Session, argument: str) -> Reply:
    """CWD; without a path, or to "~", home."""
    assert session.user is not None
    home = PurePosixPath(session.user.home)
    path = home if argument in ("", "~") else session.resolve(argument)
    return await _enter(session, path)


async def cdup(session: Session, argument: str) -> Reply:
    """CDUP."""
    return await _enter(session, session.cwd.parent)


async def _enter(session: Session, path: PurePosixPath) -> Reply:
    info = await session.file_system.stat(path)
    if not info.is_dir:
        raise FileSystemError(errno.ENOTDIR, path)
    session.cwd = path
    return Reply("250", (f"{quote_257(path)} is the current directory.",))


async def pwd(session: Session, argument: str) -> Reply:
    """PWD."""
    return Reply("257", (f"{quote_257(session.cwd)} is the current directory.",))
