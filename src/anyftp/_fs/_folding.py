"""Whether a file system takes names that differ in case alone for one. Blocking; writes nothing.

macOS and Windows do, and Linux where a folder is told to; some also take different spellings of
one accented letter for the same. What they do is seen by looking for something that exists under
its name in the other case.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from itertools import islice

_LOOKED_AT = 100


def folds_names(folder: str) -> bool:
    """Whether two names for one file are to be expected in a folder, which need not exist yet."""
    folder = os.path.abspath(folder)
    while not os.path.isdir(folder) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    for path in (*_some_paths(folder), folder, *_parents(folder)):
        name = os.path.basename(path)
        if name.swapcase() != name:
            return _is_same(path, os.path.join(os.path.dirname(path), name.swapcase()))
    return sys.platform in ("darwin", "win32")


def _some_paths(folder: str) -> list[str]:
    with suppress(OSError), os.scandir(folder) as entries:
        return [entry.path for entry in islice(entries, _LOOKED_AT)]
    return []


def _parents(folder: str) -> list[str]:
    """The folders above, as far as they are on the same disk."""
    parents: list[str] = []
    while (parent := os.path.dirname(folder)) != folder:
        if os.lstat(parent).st_dev != os.lstat(folder).st_dev:
            break
        parents.append(parent)
        folder = parent
    return parents


def _is_same(path: str, other: str) -> bool:
    """Whether another name leads to a file: some disks number what they find at each name anew."""
    try:
        if os.path.samestat(os.lstat(path), os.lstat(other)):
            return True
        return os.path.basename(other) not in os.listdir(os.path.dirname(other))
    except OSError:
        return False
