"""Why a server refused, as the OSError that fsspec's users expect.

A 550 says neither "there is none" nor "you may not"; its text is for people, in any language. So
after a refusal the server is asked what there is, and that decides.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Awaitable, Callable
from pathlib import PurePosixPath
from typing import Literal, NoReturn, TypeVar

from anyftp import Client, LocalProtocolError, PermanentReplyError, ReplyError

#: What was to be done: read a file, write one, make a folder, remove one, remove a file, or find
#: anything at all.
Intent = Literal["read", "write", "mkdir", "rmdir", "remove", "find"]

T = TypeVar("T")

_NO_SPACE = frozenset({"452", "552"})


def os_error(number: int, path: str) -> OSError:
    """The built-in exception of an error number."""
    return OSError(number, os.strerror(number), path)


def built_in(error: Exception, path: str) -> OSError:
    """What is no refusal of what was asked for, as an OSError with a number.

    That is data connections that break, servers that do not speak FTP, or that let nobody in. What
    cannot be said in FTP at all, such as a name of two lines, is an invalid argument.
    """
    if isinstance(error, OSError) and error.errno is not None:
        return error
    kinds = [number for kind, number in _NUMBERS.items() if isinstance(error, kind)]
    return OSError(kinds[0] if kinds else errno.EIO, str(error), path)


def raise_built_in(error: Exception, path: str) -> NoReturn:
    """Raise it as an OSError with a number."""
    told = built_in(error, path)
    if told is error:
        raise error
    raise told from error


_NUMBERS: dict[type[Exception], int] = {
    TimeoutError: errno.ETIMEDOUT,
    ConnectionError: errno.ECONNRESET,
    ReplyError: errno.EACCES,  # of the login: others are explained
    LocalProtocolError: errno.EINVAL,
}


async def asked(
    client: Client, path: str, intent: Intent, do: Callable[[Client], Awaitable[T]]
) -> T:
    """Do something with a client; what the server refuses is a built-in OSError.

    Cancellation: as that of `do`.
    """
    try:
        return await do(client)
    except ReplyError as error:
        raise await explained(client, error, path, intent) from error


async def explained(client: Client, error: ReplyError, path: str, intent: Intent) -> OSError:
    """Make a built-in OSError of a refusal.

    Cancellation: safe.
    """
    if error.code in _NO_SPACE:
        return os_error(errno.ENOSPC, path)
    number = await _number(client, path, intent)
    # What may be done again later, unless what there is shows why it may not: pure-ftpd calls it
    # transient that a folder is in the way, or that there is none for what is moved.
    is_transient = not isinstance(error, PermanentReplyError) and error.code != "450"
    if is_transient and number == errno.EACCES:
        return OSError(errno.EAGAIN, str(error), path)
    return os_error(number, path)


async def _number(client: Client, path: str, intent: Intent) -> int:
    """The reason that can be seen, EACCES where none can."""
    kind = await _kind(client, path)
    if intent in ("write", "mkdir"):
        if kind is not None:
            return errno.EISDIR if intent == "write" and kind == "dir" else _TAKEN[intent]
        above = await _kind(client, str(PurePosixPath(path).parent))
        if above is None:
            return errno.ENOENT
        return errno.EACCES if above == "dir" else errno.ENOTDIR
    if kind is None:
        return errno.ENOENT
    if intent == "rmdir":
        return errno.ENOTEMPTY if kind == "dir" else errno.ENOTDIR
    if intent in ("read", "remove") and kind == "dir":
        return errno.EISDIR
    return errno.EACCES


_TAKEN = {"write": errno.EACCES, "mkdir": errno.EEXIST}


async def _kind(client: Client, path: str) -> str | None:
    """What there is of that name, None for nothing."""
    if path == "/":
        return "dir"
    try:
        entry = await client.stat(path)
    except ReplyError:
        return None
    if entry.is_dir or (entry.is_link and await client.is_dir(path)):
        return "dir"
    return "file"
