"""One pass over a folder, a batch at a time. Blocking; called in worker threads."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from itertools import islice
from pathlib import PurePosixPath

from anyftp._fs._folder import Folder
from anyftp._fs._interface import FileInfo, FileType
from anyftp._fs._jail import Jail
from anyftp._fs._temporary import is_temporary

#: Entries in a batch: about 100 KiB of listing, a few milliseconds of work.
BATCH = 2000


class Scan:
    """The state between two batches: the open folder and the pass over it."""

    def __init__(
        self,
        jail: Jail,
        path: PurePosixPath,
        describe: Callable[[str, os.stat_result], FileInfo],
    ) -> None:
        self._jail = jail
        self._path = path
        self._describe = describe
        self._folder: Folder | None = None
        self._entries: os._ScandirIterator[str] | None = None
        self.is_exhausted = False

    def next_batch(self) -> list[FileInfo]:
        """Describe the next entries; none may be left over from a batch of hidden ones."""
        if self._entries is None:
            self._folder = self._jail.open_directory(self._path)
            self._entries = self._folder.scan()
        describe, batch, left = self._describe, [], BATCH
        for entry in islice(self._entries, BATCH):
            left -= 1
            name = entry.name
            if name[0] == "." and _is_hidden(entry):
                continue
            try:
                info = describe(name, entry.stat(follow_symlinks=False))
            except FileNotFoundError:  # removed between the listing and the look at it
                continue
            if info.type == "link":
                info = info._replace(target=self._target_inside(name))
            batch.append(info)
        self.is_exhausted = left > 0
        return batch

    def close(self) -> None:
        if self._entries is not None:
            self._entries.close()
        if self._folder is not None:
            self._folder.close()
            self._folder = None

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


def _is_hidden(entry: os.DirEntry[str]) -> bool:
    """Whether it is an upload that is not whole yet.

    Only files: a folder that is hidden could be neither removed nor counted.
    """
    return is_temporary(entry.name) and entry.is_file(follow_symlinks=False)


_TYPES: dict[int, FileType] = {stat.S_IFREG: "file", stat.S_IFDIR: "dir", stat.S_IFLNK: "link"}


_KIND_BITS, _MODE_BITS = 0o170000, 0o7777


def file_info(name: str, status: os.stat_result) -> FileInfo:
    """Turn what the operating system says into FileInfo; numbers stand for owner and group."""
    # As a folder may have 100,000: to take the tuples apart and to put them together as such is
    # twice as fast as by their names, and most files of a folder have much in common.
    mode, inode, device, links, owner, group, nbytes = status[:7]
    type_, bits, owner_text, group_text, device_text = _common[mode, owner, group, device]
    return tuple.__new__(
        FileInfo,
        (
            name,
            type_,
            nbytes,
            status.st_mtime,
            bits,
            links,
            owner_text,
            group_text,
            f"{device_text}g{inode:x}",
            None,
        ),
    )


class _Common(dict[tuple[int, int, int, int], tuple[FileType, int, str, str, str]]):
    """What is said of files of one mode, owner, group and device; few are asked for often."""

    MOST = 1024

    def __missing__(self, key: tuple[int, int, int, int]) -> tuple[FileType, int, str, str, str]:
        if len(self) >= self.MOST:
            self.clear()
        mode, owner, group, device = key
        type_ = _TYPES.get(mode & _KIND_BITS, "other")
        said = self[key] = type_, mode & _MODE_BITS, str(owner), str(group), f"{device:x}"
        return said


_common = _Common()
