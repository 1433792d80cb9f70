"""CWD, CDUP, PWD: where the client is."""

from __future__ import annotations

import errno
from pathlib import PurePosixPath

from anyftp._errors import FileSystemError
from anyftp._protocol import Reply, quote_257
from anyftp._server._session._session import Session
from anyftp._server._verbs._request import Request


async def cwd(session: Session, request: Request) -> Reply:
    """CWD; without a path, or to "~", home."""
    assert session.user is not None
    home = PurePosixPath(session.user.home)
    path = home if request.argument in ("", "~") else request.path
    return await _enter(session, path)


async def cdup(session: Session, request: Request) -> Reply:
    """CDUP."""
    return await _enter(session, session.cwd.parent)


async def _enter(session: Session, path: PurePosixPath) -> Reply:
    info = await session.file_system.stat(path)
    if not info.is_dir:
        raise FileSystemError(errno.ENOTDIR, path)
    session.cwd = path
    return Reply("250", (f"{quote_257(path)} is the current directory.",))


async def pwd(session: Session, request: Request) -> Reply:
    """PWD."""
    return Reply("257", (f"{quote_257(session.cwd)} is the current directory.",))
