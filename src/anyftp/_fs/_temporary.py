"""The names that uploads bear until they are whole.

They lie in the folder where the file will be, because only there a rename is one step. They are
hidden from listings, and no path that a client names leads to one, or through one.
"""

from __future__ import annotations

import errno
import os

from anyftp._fs._aliases import fold_alias

_PREFIX = ".anyftp-"
_SUFFIX = ".part"
_MARK_SUFFIX = "-mark.part"
_TOKEN_BYTES = 8


def temporary_name() -> str:
    """Make a name that nobody can guess."""
    return f"{_PREFIX}{os.urandom(_TOKEN_BYTES).hex()}{_SUFFIX}"


def lasting_name(name: str) -> str:
    """The name of the part that later attempts at a file of that name find again."""
    import hashlib  # loads a library; most files have no such part

    digest = hashlib.sha256(os.fsencode(name)).hexdigest()[:24]
    return f"{_PREFIX}{digest}{_SUFFIX}"


def is_lasting(name: str) -> bool:
    """Whether one of our names belongs to what later attempts look for."""
    return len(name) != len(_PREFIX) + 2 * _TOKEN_BYTES + len(_SUFFIX)


def mark_of(part: str) -> str:
    """The name of the file that says of what a lasting part is a part."""
    return part.removesuffix(_SUFFIX) + _MARK_SUFFIX


def is_mark(name: str) -> bool:
    """Whether it is the name of such a file."""
    return name.endswith(_MARK_SUFFIX)


def part_of(mark: str) -> str:
    """The name of the part that it says something of."""
    return mark.removesuffix(_MARK_SUFFIX) + _SUFFIX


def is_temporary(name: str) -> bool:
    """Whether the name is one of ours, or one that some disk takes for it."""
    if name.isascii() and name[: len(_PREFIX)].lower() != _PREFIX:
        return False  # most names; a folder may have 100,000
    folded = fold_alias(name)
    return folded.startswith(_PREFIX) and folded.endswith(_SUFFIX)


def refuse_temporary(name: str) -> None:
    """Refuse to touch a file under the name that it bears until it is whole."""
    if is_temporary(name):
        raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
