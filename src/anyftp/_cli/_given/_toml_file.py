"""Files of settings that are changed by a command: checked, locked, and replaced at once."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from anyftp._cli._ending._failure import Failure, named

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

if sys.platform != "win32":
    import fcntl


@contextlib.contextmanager
def edited(path: Path, check: Callable[[str], object]) -> Iterator[TOMLDocument]:
    """Give what the file says; what it is made to say then takes the file's place.

    The file is checked before and after, so that a bad one is neither hidden nor made.

    Args:
        check: raises ValueError for a text that makes no sense.

    Raises:
        Failure: something in it is wrong.
    """
    import tomlkit

    path = path.resolve()  # a link stays one
    with _locked(path.parent):
        document = tomlkit.parse(_checked(path, path.read_bytes() if path.exists() else b"", check))
        yield document
        content = tomlkit.dumps(document).encode("utf-8")
        _checked(path, content, check)
        with named(path):
            _replace(path, content)


def _checked(path: Path, content: bytes, check: Callable[[str], object]) -> str:
    try:
        text = content.decode("utf-8")
        check(text)
        return text
    except ValueError as error:
        raise Failure(f"{path}: {error}") from error


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other runs of this command out, or one of two changes would be lost."""
    if sys.platform == "win32":
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _replace(path: Path, content: bytes) -> None:
    """Put a new file, which its owner alone can read, in the place of the old one, at once."""
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _keep_owner(path, descriptor)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        os.replace(new, path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def _keep_owner(path: Path, descriptor: int) -> None:
    """The server may run as somebody else than the administrator who sets a password."""
    if sys.platform == "win32" or not path.exists():
        return
    old, mine = path.stat(), os.fstat(descriptor)
    if (old.st_uid, old.st_gid) != (mine.st_uid, mine.st_gid):
        os.fchown(descriptor, old.st_uid, old.st_gid)
