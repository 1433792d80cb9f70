"""What has to be copied, and how it is cut into batches. Nothing here moves a byte."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from anyftp import UnsafeNameError

#: Times in listings are cut off to minutes (LIST) or to seconds (MLSD).
_PRECISION_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Copy:
    """One file to be copied.

    Attributes:
        remote: its path on the FTP server.
        local: its path on the disk that the workers share.
        nbytes: its size.
        modified: when it was changed last, in seconds since the epoch; None where nobody knows.
    """

    remote: str
    local: str
    nbytes: int
    modified: float | None = None


def downloads(
    infos: Mapping[str, Mapping[str, Any]], source: str, destination: str
) -> Iterator[Copy]:
    """What a mirror of a remote folder needs.

    Args:
        infos: by path, as fsspec's `find` gives them.

    Raises:
        UnsafeNameError: a name of the server would lead out of the destination.
    """
    for path, info in infos.items():
        relative = PurePosixPath(path).relative_to(source)
        if any(not is_plain(part) for part in relative.parts):
            raise UnsafeNameError(str(relative))
        modified = info.get("modified")
        seconds = modified.timestamp() if isinstance(modified, datetime) else None
        yield Copy(path, os.path.join(destination, *relative.parts), int(info["size"]), seconds)


def is_plain(name: str) -> bool:
    """Whether a name is one component of a path, wherever it is used."""
    return not (name in ("", ".", "..") or "\0" in name or "/" in name or os.sep in name)


def uploads(source: str, destination: str) -> Iterator[Copy]:
    """What a mirror of a local folder needs; links to files are followed, those to folders not."""
    for folder, _, names in os.walk(source):
        for name in names:
            path = Path(folder, name)
            if path.is_file():
                status = path.stat()
                relative = path.relative_to(source)
                remote = str(PurePosixPath(destination, *relative.parts))
                yield Copy(remote, str(path), status.st_size, status.st_mtime)


def is_same(copy: Copy, nbytes: int, modified: float | None) -> bool:
    """Whether a file of that size and time is the copy that is wanted."""
    if nbytes != copy.nbytes:
        return False
    if modified is None or copy.modified is None:
        return True
    return abs(modified - copy.modified) < _PRECISION_SECONDS


def is_here(copy: Copy) -> bool:
    """Whether a download has been done already."""
    try:
        status = os.stat(copy.local)
    except OSError:
        return False
    return is_same(copy, status.st_size, status.st_mtime)


def batches(copies: Iterable[Copy], *, max_files: int, max_bytes: int) -> list[list[Copy]]:
    """Cut the work into pieces, the large files first, so that none is left alone at the end."""
    made: list[list[Copy]] = []
    room = 0
    for copy in sorted(copies, key=lambda copy: -copy.nbytes):
        if not made or len(made[-1]) >= max_files or copy.nbytes > room:
            made.append([])
            room = max_bytes
        made[-1].append(copy)
        room -= copy.nbytes
    return made
