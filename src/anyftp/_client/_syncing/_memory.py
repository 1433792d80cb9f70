"""What both sides had when they were last alike, kept in a file from one sync to the next.

The file is replaced at once, so that it is an old one or a new one and never half of one. A sync
that is killed before it writes leaves the old one: what has been copied is then found to be alike,
and what has been deleted is missing on both sides.
"""

from __future__ import annotations

import errno
import json
import os
import tempfile
from pathlib import PurePosixPath
from typing import Any

from anyftp._client._mirroring._plan import Thing
from anyftp._client._syncing._merge import Known, Memory
from anyftp._errors import FileSystemError, LocalProtocolError

#: Of the format; another one is not guessed at.
VERSION = 1


def read_memory(file: str, pair: list[str]) -> Memory:
    """Read what is remembered of a pair of folders; nothing where there is no file. Blocking.

    Raises:
        FileSystemError: the file cannot be read.
        LocalProtocolError: it holds something else, or is of another pair.
    """
    try:
        with open(file, "rb") as opened:
            found = json.loads(opened.read())
        if found["version"] != VERSION:
            raise ValueError(found["version"])
        theirs = found["pair"]
        memory = {
            PurePosixPath(path): Known(_thing(kind, local), _thing(kind, remote))
            for path, (kind, local, remote) in found["files"].items()
        }
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise FileSystemError(error.errno or errno.EIO, file) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LocalProtocolError(
            f"{file} holds no state of a sync: without it the next sync begins anew"
        ) from error
    if theirs != pair:
        raise LocalProtocolError(f"{file} holds the state of other folders: {theirs}")
    return memory


def write_memory(file: str, pair: list[str], memory: Memory) -> None:
    """Put what is to be remembered in the place of what was. Blocking.

    Raises:
        FileSystemError: the file cannot be written; the old one stays.
    """
    files = {
        str(path): (known.local.kind, _row(known.local), _row(known.remote))
        for path, known in sorted(memory.items())
    }
    text = json.dumps({"version": VERSION, "pair": pair, "files": files}, indent=0)
    folder, name = os.path.split(os.path.abspath(file))
    try:
        os.makedirs(folder, exist_ok=True)
        descriptor, new = tempfile.mkstemp(prefix=f".{name}.", dir=folder)
        try:
            with os.fdopen(descriptor, "wb") as opened:
                opened.write(text.encode("ascii"))
                opened.flush()
                os.fsync(descriptor)
            os.replace(new, file)
        except BaseException:
            os.unlink(new)
            raise
    except OSError as error:
        raise FileSystemError(error.errno or errno.EIO, file) from error


def _row(thing: Thing) -> list[Any]:
    return [thing.size, thing.modified, thing.precision]


def _thing(kind: Any, row: list[Any]) -> Thing:
    size, modified, precision = row
    if kind not in ("file", "dir") or not isinstance(precision, int | float):
        raise ValueError(kind)
    if not isinstance(size, int | None) or not isinstance(modified, int | float | None):
        raise ValueError(row)
    return Thing(kind, size, modified, precision)
