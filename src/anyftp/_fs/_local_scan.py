"""One pass over a folder, a batch at a time. Blocking; called in worker threads."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from itertools import islice
from pathlib import PurePosixPath

from anyftp._fs._folder import Folder
from anyftp._fs._interface import FileInfo, FileType
from anyftp._fs._jail import Jail
from anyftp._fs._temporary import is_temporary

#: Entries in a batch: about 100 KiB of listing, a few milliseconds of work.
BATCH = 1000


class Scan:
    """The state between two batches: the open folder and the pass over it."""

    def __init__(self, jail: Jail, path: PurePosixPath) -> None:
        self._jail = jail
        self._path = path
        self._folder: Folder | None = None
        self._entries: os._ScandirIterator[str] | None = None
        self.is_exhausted = False

    def next_batch(self) -> list[FileInfo]:
        """Describe the next entries; none may be left over from a batch of hidden ones."""
        if self._entries is None:
            self._folder = self._jail.open_directory(self._path)
            self._entries = self._folder.scan()
        entries = list(islice(self._entries, BATCH))
        self.is_exhausted = len(entries) < BATCH
        batch = []
        for entry in entries:
            # Only files: a folder that is hidden could be neither removed nor counted.
            if not (is_temporary(entry.name) and entry.is_file(follow_symlinks=False)):
                # Suppressed: removed between the listing and the look at it.
                with suppress(FileNotFoundError):
                    batch.append(self._describe(entry))
        return batch

    def close(self) -> None:
        if self._entries is not None:
            self._entries.close()
        if self._folder is not None:
            self._folder.close()
            self._folder = None

    def _describe(self, entry: os.DirEntry[str]) -> FileInfo:
        target = None
        if entry.is_symlink():
            target = self._target_inside(entry.name)
        return file_info(entry.name, entry.stat(follow_symlinks=False), target)

    def _target_inside(self, name: str) -> str | None:
        """Where a link leads, unless it leads out or nowhere."""
        assert self._folder is not None
        try:
            with self._jail.parent(self._path / name, follow=True) as (folder, final):
                folder.lstat(final)
            target = self._folder.readlink(name)
        except (OSError, ValueError):
            return None
        return None if os.path.isabs(target) else target


_TYPES: dict[int, FileType] = {stat.S_IFREG: "file", stat.S_IFDIR: "dir", stat.S_IFLNK: "link"}


def file_info(name: str, status: os.stat_result, target: str | None = None) -> FileInfo:
    """Turn what the operating system says into FileInfo; numbers stand for owner and group."""
    return FileInfo(
        name,
        _TYPES.get(stat.S_IFMT(status.st_mode), "other"),
        status.st_size,
        status.st_mtime,
        stat.S_IMODE(status.st_mode),
        status.st_nlink,
        str(status.st_uid),
        str(status.st_gid),
        f"{status.st_dev:x}g{status.st_ino:x}",
        target,
    )
