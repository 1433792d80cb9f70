"""Rights that `User.get_permissions` has to wait for, asked before the core wants to know them.

The core asks for a user's rights at a path while it obeys a command, and cannot wait then. So they
are asked for the command's own path before; what lies below it has the same, unless a method that
does not wait says otherwise.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from pathlib import PurePosixPath

import anyftp

from .._ground._patchable import patched
from ._lines import without_options
from ._permissions import Permission, User
from ._state import user_behind

_WRITABLE = anyftp.Permission.ALL & ~anyftp.Permission.READ_ONLY

_known: ContextVar[dict[PurePosixPath, anyftp.Permission] | None] = ContextVar(
    "rights asked for the command that is obeyed", default=None
)

#: Verbs whose argument begins with something else than the path.
_AFTER_A_WORD = frozenset({"MFMT"})


@asynccontextmanager
async def asked_before(session: anyftp.Session, verb: str, argument: str) -> AsyncIterator[None]:
    """Ask for the rights that a command is about, and keep them while it is obeyed.

    Cancellation: as `get_permissions`'.
    """
    user = user_behind(session.user)
    if user is None or getattr(user.get_permissions, "__func__", None) is User.get_permissions:
        yield
        return
    known: dict[PurePosixPath, anyftp.Permission] = {}
    for path in _paths(session, verb, argument):
        known[path] = granted(await user.get_permissions(path))
    token = _known.set(known)
    try:
        yield
    finally:
        _known.reset(token)


def _paths(session: anyftp.Session, verb: str, argument: str) -> list[PurePosixPath]:
    is_behind = verb in _AFTER_A_WORD
    words = argument.partition(" ")[2] if is_behind else without_options(argument)
    return list(dict.fromkeys(session.resolve(text) for text in (argument, words)))


def rights(user: User, path: PurePosixPath) -> anyftp.Permission:
    """A user's rights at a path, as `get_permissions` says at this moment or has said before."""
    known = _known.get() or {}
    if path in known:
        return known[path]
    asked = user.get_permissions(path)
    try:
        asked.send(None)
    except StopIteration as answer:
        return granted(answer.value)
    asked.close()
    for above in path.parents:
        if above in known:
            return known[above]
    patched.server.logger.error("%r.get_permissions waits, so nothing is granted", user)
    return anyftp.Permission(0)


def granted(permission: Permission) -> anyftp.Permission:
    """The core's rights for one of aioftp's permissions."""
    found = anyftp.Permission(0)
    if permission.readable:
        found |= anyftp.Permission.READ_ONLY
    if permission.writable:
        found |= _WRITABLE
    return found
