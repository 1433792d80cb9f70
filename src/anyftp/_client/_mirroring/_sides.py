"""The two ends of a mirror, seen alike: what is in a folder, making one, removing things.

Paths are relative to the folder that is mirrored; nothing outside it is ever named.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Awaitable, Callable, Iterable
from contextlib import aclosing
from datetime import datetime
from pathlib import PurePosixPath
from typing import Protocol

from anyio.lowlevel import checkpoint

from anyftp._client._control._control_connection import check_reply
from anyftp._client._copying._job import Job
from anyftp._client._copying._local import make_folders, make_inner_folder
from anyftp._client._copying._upload import leads_to_file, make_remote_directory
from anyftp._client._copying._version import Version, version_of
from anyftp._client._listing._ancestry import Ancestry
from anyftp._client._listing._portions import Portions, check_tree, worked_out
from anyftp._client._mirroring._plan import Kind, Thing, parents_of
from anyftp._client._remote._directories import make_directory
from anyftp._client._remote._removal import is_removed_as_link
from anyftp._client._remote._stat import exists, is_directory, is_entered
from anyftp._client._session._visit import look_in
from anyftp._errors import (
    FileSystemError,
    ListingError,
    PermanentReplyError,
    ReplyError,
    UnsafeNameError,
)
from anyftp._fs import FileInfo, LocalFileSystem, folds_names, is_temporary
from anyftp._fs._worker import SHARED
from anyftp._protocol import Entry, KnownEntry, Reply, check_name

_ROOT = PurePosixPath("/")
HERE = PurePosixPath()


class Side(Protocol):
    """One end of a mirror.

    Attributes:
        exists: whether the folder itself is there, as far as is known.
    """

    @property
    def exists(self) -> bool:
        """See above."""

    async def look(self, job: Job, inside: PurePosixPath, *, strict: bool) -> dict[str, Thing]:
        """Tell what is in a folder.

        Args:
            strict: refuse to tell if that may not be all.

        Raises:
            ListingError: there may be more than the listing shows.

        Cancellation: safe.
        """

    async def names(self, job: Job, inside: PurePosixPath) -> set[str]:
        """Tell the names that a folder has by now. Cancellation: safe."""

    async def make(self, job: Job, inside: PurePosixPath) -> None:
        """Make a folder that may be there already. Cancellation: safe."""

    async def remove(
        self, job: Job, files: Iterable[PurePosixPath], folders: Iterable[PurePosixPath]
    ) -> None:
        """Remove files and links, then folders, which must be empty by then.

        Cancellation: safe; what is removed is removed.
        """


class RemoteSide:
    """A folder of the server.

    Args:
        is_source: a missing folder is an error; as a destination it is an empty one.
    """

    def __init__(self, root: PurePosixPath, *, is_source: bool) -> None:
        self.root = root
        self.entries: dict[PurePosixPath, Entry] = {}
        self.exists = True
        self._is_source = is_source
        self._ancestries = {HERE: Ancestry(root)}

    async def look(self, job: Job, inside: PurePosixPath, *, strict: bool) -> dict[str, Thing]:
        """See `Side`."""
        try:
            ancestry = self._ancestries[inside]
            look = ancestry.look_at_all if self._is_source else ancestry.look
            ancestry, entries = await look(job.session)
        except PermanentReplyError:
            if self._is_source or inside != HERE or await self._is_something(job):
                raise
            self.exists = False
            return {}
        if strict and not ancestry.is_whole:
            raise ListingError("", f"{ancestry.path}: it may not be all; nothing is deleted")
        if self._is_source:
            job.tally.odd_lines += ancestry.odd_lines
        check_tree(job.session, len(self.entries) + len(entries))
        things: dict[str, Thing] = {}
        async for portion in Portions(entries):
            for entry in portion:
                if self._is_safe(job, ancestry.path / entry.name, entry.name):
                    things[entry.name] = self._thing_of(job, ancestry, inside, entry)
        return things

    async def names(self, job: Job, inside: PurePosixPath) -> set[str]:
        """See `Side`."""
        _, entries = await Ancestry(self.root / inside).look_at_all(job.session)
        return {entry.name for entry in entries}

    def _thing_of(self, job: Job, ancestry: Ancestry, inside: PurePosixPath, entry: Entry) -> Thing:
        """What an entry is; it and the way to it are remembered."""
        self.entries[inside / entry.name] = entry
        is_part = self._is_source and is_temporary(entry.name)
        if is_part or (entry.is_dir and ancestry.is_circle(entry)):
            return Thing("other")
        if entry.is_dir:
            below = ancestry.below(entry, job.session.options.max_depth)
            self._ancestries[inside / entry.name] = below
        return _remote_thing(entry)

    def _is_safe(self, job: Job, path: PurePosixPath, name: str) -> bool:
        """Whether a name leads nowhere else; if not, and nobody is to be told, it is an error."""
        with job.passing_over(path):
            check_name(name, windows=self._is_source and os.name == "nt")
            return True
        return False

    async def _is_something(self, job: Job) -> bool:
        """Whether anything has the name of the folder. Cancellation: safe."""
        return await exists(job.session, self.root) or await is_directory(job.session, self.root)

    async def prove(self, job: Job) -> None:
        """Make sure that this is a folder: some servers list a file as if it were in one.

        Raises:
            ReplyError: one cannot go there.

        Cancellation: safe.
        """
        path = str(self.root)
        reply = await look_in(job.session, path)
        if reply is None:  # nobody knows the way back
            is_folder = await is_entered(job.session, path)
            reply = Reply("250" if is_folder else "550", ("it is no folder",))
        check_reply(reply, "2xx", "CWD", path)

    async def reveal(self, job: Job, inside: PurePosixPath, kind: Kind) -> Thing | None:
        """Look for a name that the listing may lack, by what only a file or folder answers to.

        Cancellation: safe.
        """
        if kind == "dir":
            if not await is_entered(job.session, self.root / inside):
                return None
            limit = job.session.options.max_depth
            entry = KnownEntry(inside.name, "dir")
            self._ancestries[inside] = self._ancestries[inside.parent].below(entry, limit)
            return Thing("dir")
        try:
            version = await version_of(job.session, self.root / inside)
        except ReplyError:
            return None
        return thing_of(version)

    async def make(self, job: Job, inside: PurePosixPath) -> None:
        """See `Side`."""
        if inside != HERE:
            await make_remote_directory(job, self.root / inside)
        elif self.root.name:
            await make_directory(job.session, self.root, parents=True)

    async def remove(
        self,
        job: Job,
        files: Iterable[PurePosixPath],
        folders: Iterable[PurePosixPath],
        *,
        is_still: Callable[[PurePosixPath], Awaitable[bool]] | None = None,
    ) -> None:
        """See `Side`.

        What looks like a folder is tried as a file first: it may be a link to a folder whose
        content is not ours to remove.

        Args:
            is_still: asked right before a file is removed; it stays, and the folders that it is
                in, unless the answer is yes.
        """
        left: list[PurePosixPath] = []
        gone: set[PurePosixPath] = set()
        given = [*folders]
        ordered = await worked_out(len(given), lambda: sorted(given))
        for path in ordered:
            if not gone.isdisjoint(path.parents):
                continue
            if await is_removed_as_link(job.session, self.root / path):
                gone.add(path)
        for path in files:
            if gone.isdisjoint(path.parents):
                with job.passing_over(self.root / path):
                    if is_still is None or await is_still(path):
                        await job.session.command("DELE", str(self.root / path))
                    else:
                        left.append(path)
        gone_or_kept = gone | parents_of(left)
        for path in reversed(ordered):
            if path not in gone_or_kept and gone.isdisjoint(path.parents):
                with job.passing_over(self.root / path):
                    await job.session.command("RMD", str(self.root / path))


class LocalSide:
    """A folder of this machine; see `Side`.

    Args:
        files: none where the folder does not exist yet; it is made by `make`.
    """

    def __init__(self, root: str, files: LocalFileSystem | None, *, is_source: bool) -> None:
        self._root = root
        self._files = files
        self._is_source = is_source

    @classmethod
    async def find(cls, root: str, *, is_source: bool) -> LocalSide:
        """Begin with a folder. At a destination no link is followed, whoever made it.

        Raises:
            FileSystemError: it is no folder, or there is none.

        Cancellation: safe.
        """
        files = await SHARED.run(PurePosixPath(root), _find, root, is_source)
        return cls(root, files, is_source=is_source)

    @property
    def exists(self) -> bool:
        """See `Side`."""
        return self._files is not None

    @property
    def files(self) -> LocalFileSystem:
        """The folder, once there is one."""
        assert self._files is not None
        return self._files

    async def folds_names(self) -> bool:
        """Tell whether names that differ in case alone are one file here.

        Cancellation: safe.
        """
        if self._files is None:
            return await SHARED.run(PurePosixPath(self._root), folds_names, self._root)
        return await self._files.folds_names()

    async def look(self, job: Job, inside: PurePosixPath, *, strict: bool) -> dict[str, Thing]:
        """See `Side`; a local folder is always told whole."""
        things: dict[str, Thing] = {}
        if self._files is None:
            await checkpoint()
            return things
        async with aclosing(self._files.scan(_ROOT / inside)) as batches:
            async for batch in batches:
                for info in batch:
                    things[info.name] = await self._thing(inside / info.name, info)
        return things

    async def names(self, job: Job, inside: PurePosixPath) -> set[str]:
        """See `Side`."""
        return {*await self.look(job, inside, strict=False)}

    async def _thing(self, inside: PurePosixPath, info: FileInfo) -> Thing:
        kind: Kind = info.type
        if self._is_source:
            if kind == "link" and await leads_to_file(self.files, _ROOT / inside):
                info, kind = await self.files.stat(_ROOT / inside), "file"
            try:
                check_name(info.name)
            except UnsafeNameError:
                kind = "other"  # no command can name it
        return Thing(kind, info.size, info.modified)

    async def make(self, job: Job, inside: PurePosixPath) -> None:
        """See `Side`."""
        if self._files is None:
            root = PurePosixPath(self._root)
            await SHARED.run(root, make_folders, self._root)
            self._files = await SHARED.run(root, _open, self._root, self._is_source)
        await make_inner_folder(self._files, _ROOT / inside)

    async def remove(
        self, job: Job, files: Iterable[PurePosixPath], folders: Iterable[PurePosixPath]
    ) -> None:
        """See `Side`. Parts that earlier mirrors have left, when they were killed, go as well."""
        for path in files:
            with job.passing_over(path):
                await self.files.remove_file(_ROOT / path)
        for path in sorted(folders, reverse=True):
            with job.passing_over(path):
                await self.files.remove_directory(_ROOT / path)
        await self.files.sweep()


def _remote_thing(entry: Entry) -> Thing:
    kind: Kind = "dir" if entry.is_dir else "link" if entry.is_link else "other"
    if entry.is_file:
        kind = "file"
    return Thing(kind, entry.size, _seconds(entry.modified), entry.precision)


def thing_of(version: Version) -> Thing:
    """A file of the server's, as its version tells of it."""
    return Thing("file", version.size, _seconds(version.modified))


def _seconds(when: datetime | None) -> float | None:
    return None if when is None else when.timestamp()


def _find(root: str, is_source: bool) -> LocalFileSystem | None:
    """Open a folder, if there is one or if there must be; blocking."""
    if not is_source and not os.path.lexists(root):
        return None
    return _open(root, follow_links=is_source)


def _open(root: str, follow_links: bool) -> LocalFileSystem:
    """Open an existing folder; blocking."""
    if not os.path.isdir(root):
        raise FileSystemError(errno.ENOTDIR if os.path.lexists(root) else errno.ENOENT, root)
    return LocalFileSystem(root, follow_links=follow_links, outer_paths=True, watches_reads=True)
