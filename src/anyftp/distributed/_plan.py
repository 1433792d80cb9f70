"""What has to be copied, and how it is cut into batches. Nothing here moves a byte."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from anyftp import UnsafeNameError

_DAY_SECONDS, _MINUTE_SECONDS = 86400.0, 60.0


@dataclass(frozen=True, slots=True)
class Copy:
    """One file to be copied.

    Attributes:
        remote: its path on the FTP server.
        local: its path on the disk that the workers share.
        nbytes: its size.
        modified: when it was changed last, in seconds since the epoch; None where nobody knows.
        precision: seconds that the time told by the server may be too early.
    """

    remote: str
    local: str
    nbytes: int
    modified: float | None = None
    precision: float = 1.0


def precision_of(modified: datetime) -> float:
    """Seconds that a listing may have cut off: LIST tells minutes, or days of what is older.

    It shows by what is left: of those of MLSD, which are whole seconds, one in sixty looks so.
    """
    if modified.second:
        return 1.0
    return _MINUTE_SECONDS if modified.minute or modified.hour else _DAY_SECONDS


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
        local, nbytes = os.path.join(destination, *relative.parts), int(info["size"])
        modified = info.get("modified")
        if isinstance(modified, datetime):
            yield Copy(path, local, nbytes, modified.timestamp(), precision_of(modified))
        else:
            yield Copy(path, local, nbytes)


def is_plain(name: str) -> bool:
    """Whether a name is one component of a path, wherever it is used."""
    return not (name in ("", ".", "..") or "\0" in name or "/" in name or os.sep in name)


def uploads(source: str, destination: str) -> Iterator[Copy]:
    """What a mirror of a local folder needs; links to files are followed, those to folders not.

    Raises:
        OSError: a folder cannot be looked at.
    """
    for folder, _, names in os.walk(source, onerror=_fail):
        for name in names:
            path = Path(folder, name)
            try:
                status = path.stat()
            except FileNotFoundError:  # a link that leads nowhere; or it has been taken away
                continue
            if stat.S_ISREG(status.st_mode):
                relative = path.relative_to(source)
                remote = str(PurePosixPath(destination, *relative.parts))
                yield Copy(remote, str(path), status.st_size, status.st_mtime)


def _fail(error: OSError) -> None:
    raise error


def is_same(copy: Copy, nbytes: int, modified: float | None) -> bool:
    """Whether a file of that size and time is the copy that is wanted.

    A second more is granted: file systems cut times off, too, some of them at even seconds.
    """
    if nbytes != copy.nbytes:
        return False
    if modified is None or copy.modified is None:
        return True
    return abs(modified - copy.modified) < copy.precision + 1


def is_there(copy: Copy, info: Mapping[str, Any] | None) -> bool:
    """Whether an upload has been done already.

    Args:
        info: what the server tells of the file, as fsspec's `find` gives it.
    """
    if info is None:
        return False
    modified = info.get("modified")
    if not isinstance(modified, datetime):
        return is_same(copy, int(info["size"]), None)
    copy = replace(copy, precision=precision_of(modified))
    return is_same(copy, int(info["size"]), modified.timestamp())


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
