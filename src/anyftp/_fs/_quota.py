"""A file system that holds no more than this many bytes and files.

Theory: what is used is what committed files and folders take, as a store keeps it. What uploads
under way have written comes on top, in this process's memory or, where several servers share the
store, there too; so several at once cannot pass the limit together. A block that would pass it is
refused before it is written. Commits, removals and renames happen one at a time, each between
looking at what was there and telling the store of the difference; an upload that breaks off has
changed nothing.

Two names may lead to one file, by links or by letters' case. So no difference is guessed from what
an operation should do: it is what is at the names before and after.
"""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import PurePosixPath

import anyio

from anyftp._errors import FileSystemError
from anyftp._fs._aliases import fold_aliases
from anyftp._fs._forwarding import ForwardingFileSystem
from anyftp._fs._interface import FileInfo, FileSystem, WriteFile
from anyftp._fs._quota_files import LengthenedFile, NewFile
from anyftp._fs._quota_store import AloneStore, CountedUsage, QuotaStore, SharedQuotaStore, Usage

#: Seconds that a store may take to note a change that has happened already.
_NOTE_SECONDS = 10.0


_NOTHING = Usage(0, 0)


@dataclass(slots=True)
class _Growing:
    """A file that is being written in place: how much of it counts, and how many write it."""

    nbytes: int
    nwriters: int = 0


class QuotaFileSystem(ForwardingFileSystem):
    """A file system with a quota; beyond it, EDQUOT (reply 552).

    Give the same object to all who share the quota.

    Args:
        file_system: what is limited.
        max_bytes: of all files together; None for no limit. A file that takes another's place
            may be as large as what is free and the other one.
        max_files: files and folders; None for no limit.
        store: keeps what is used; by default it is counted at the first upload. Links count as
            the files that they lead to.
    """

    def __init__(
        self,
        file_system: FileSystem,
        *,
        max_bytes: int | None = None,
        max_files: int | None = None,
        store: QuotaStore | None = None,
    ) -> None:
        super().__init__(file_system)
        self._max_bytes = max_bytes
        self._max_files = max_files
        store = store or CountedUsage(file_system)
        self._store = store if isinstance(store, SharedQuotaStore) else AloneStore(store)
        self._growing: dict[str, _Growing] = {}
        self._new: set[NewFile] = set()

    def __repr__(self) -> str:
        limits = f"max_bytes={self._max_bytes}, max_files={self._max_files}"
        return f"{type(self).__name__}({self._inner!r}, {limits})"

    async def usage(self) -> Usage:
        """What is used now, uploads under way left out. Cancellation: safe."""
        return await self._store.usage()

    async def open_write(
        self,
        path: PurePosixPath,
        *,
        offset: int | None = None,
        append: bool = False,
        exclusive: bool = False,
    ) -> WriteFile:
        is_in_place = append or offset is not None
        async with self._store.changing():
            identity, old = await self._seen(path)
            nfiles = 1 - old.nfiles
            await self.reserve(path, 0, nfiles=nfiles)
            try:
                file = await self._inner.open_write(
                    path, offset=offset, append=append, exclusive=exclusive
                )
            except BaseException:
                await self.release(0, nfiles)
                raise
            if is_in_place and old.nfiles:
                start = old.nbytes if offset is None else offset
                growing = self._growing.setdefault(identity, _Growing(old.nbytes))
                growing.nwriters += 1
                return LengthenedFile(self, file, path, start, old.nbytes, identity)
            new = NewFile(self, file, path, nfiles, credit=old.nbytes)
            self._new.add(new)
            return new

    async def make_directory(self, path: PurePosixPath) -> None:
        async with self._store.changing():
            await self.reserve(path, 0, nfiles=1)
            try:
                await self._inner.make_directory(path)
            except BaseException:
                await self.release(0, 1)
                raise
            await self._note(0, 1, freed=Usage(0, 1))

    async def remove_directory(self, path: PurePosixPath) -> None:
        async with self._store.changing():
            await self._inner.remove_directory(path)
            await self._note(0, -1)

    async def remove_file(self, path: PurePosixPath) -> None:
        async with self._store.changing():
            _, old = await self._seen(path)
            await self._inner.remove_file(path)
            await self._note(-old.nbytes, -1)

    async def rename(self, source: PurePosixPath, destination: PurePosixPath) -> None:
        async with self._store.changing():
            before = await self._at_both(source, destination)
            async with self._carrying(source, destination):
                await self._inner.rename(source, destination)
            after = await self._at_both(source, destination)
            if after != before:
                await self._note(after.nbytes - before.nbytes, after.nfiles - before.nfiles)

    async def rename_exclusive(self, source: PurePosixPath, destination: PurePosixPath) -> None:
        async with self._store.changing(), self._carrying(source, destination):
            await self._inner.rename_exclusive(source, destination)

    @asynccontextmanager
    async def _carrying(
        self, source: PurePosixPath, destination: PurePosixPath
    ) -> AsyncIterator[None]:
        """Around a rename: what is being uploaded into a folder may go with it.

        Else its commit would be put down to another file, one that has its old path by then.
        """
        moved: list[tuple[NewFile, PurePosixPath]] = []
        if self._new:
            source = await self._inner.real_path(source, follow=False)
            destination = await self._inner.real_path(destination, follow=False)
            for new in [*self._new]:  # some of them are closed meanwhile
                for place in new.places:
                    with suppress(FileSystemError):  # its folder is gone
                        moved.append((new, await self._inner.real_path(place)))
        yield
        depth, folded = len(source.parts), fold_aliases(source.parts)
        for new, place in moved:
            if fold_aliases(place.parts)[:depth] == folded and len(place.parts) > depth:
                carried = destination.joinpath(*place.parts[depth:])
                if all(fold_aliases(carried.parts) != fold_aliases(p.parts) for p in new.places):
                    new.places.append(carried)

    async def space_left(self, path: PurePosixPath) -> int:
        if self._max_bytes is None:
            return await super().space_left(path)
        left = max(0, self._max_bytes - (await self._store.taken()).nbytes)
        try:
            return min(left, await super().space_left(path))
        except FileSystemError as error:
            if error.errno != errno.EOPNOTSUPP:
                raise
            return left

    async def reserve(
        self, path: PurePosixPath, nbytes: int, *, nfiles: int = 0, credit: int = 0
    ) -> None:
        """Set something aside for an upload.

        Args:
            credit: bytes that will be free once the upload is committed.

        Raises:
            FileSystemError: EDQUOT; nothing is set aside.

        Cancellation: safe; nothing is set aside.
        """
        is_set_aside = await self._store.reserve(
            nbytes,
            nfiles,
            max_bytes=_plus(self._max_bytes, credit) if nbytes > 0 else None,
            max_files=self._max_files if nfiles > 0 else None,
        )
        if not is_set_aside:
            raise FileSystemError(errno.EDQUOT, path)

    async def release(self, nbytes: int, nfiles: int) -> None:
        """Give back what was set aside. Cancellation: done nonetheless."""
        with anyio.move_on_after(_NOTE_SECONDS, shield=True):
            await self._store.settle(_NOTHING, Usage(nbytes, nfiles))

    async def commit_new(self, new: NewFile, *, is_cut: bool) -> None:
        """Commit a new file, in place of what has the name by now.

        Args:
            new: which one.
            is_cut: its last block may never have been written, or in part.

        Raises:
            FileSystemError: EDQUOT if what it was to replace lies elsewhere by now.

        Cancellation: as the file's own commit; the note is made all the same.
        """
        async with self._store.changing():
            path, nbytes, nfiles = new.path, new.nbytes, new.nfiles
            before = [(await self._seen(place))[1] for place in new.places]
            old = min(before)  # one of them will be replaced
            more_files = 1 - old.nfiles - nfiles
            # What was set aside is among what is used already.
            fits = await self._store.reserve(
                0,
                0,
                max_bytes=_plus(self._max_bytes, old.nbytes) if nbytes > 0 else None,
                max_files=_plus(self._max_files, -more_files) if more_files > 0 else None,
            )
            if not fits:
                raise FileSystemError(errno.EDQUOT, path)
            await new.file.commit()
            if len(before) > 1:
                after = [(await self._seen(place))[1] for place in new.places]
                more = _sum(after).nbytes - _sum(before).nbytes
                more_files = _sum(after).nfiles - _sum(before).nfiles
            else:
                size = await self._size_of(path, nbytes) if is_cut else nbytes
                more, more_files = size - old.nbytes, 1 - old.nfiles
            await self._note(more, more_files, freed=Usage(nbytes, nfiles))

    def forget(self, new: NewFile) -> None:
        """A new file is closed."""
        self._new.discard(new)

    async def _size_of(self, path: PurePosixPath, most: int) -> int:
        """How long the file at a path is, looked at whatever happens meanwhile."""
        with anyio.move_on_after(_NOTE_SECONDS, shield=True):
            try:
                return (await self._inner.stat(path)).size
            except FileSystemError:
                pass
        return most

    async def commit_grown(
        self, file: WriteFile, path: PurePosixPath, identity: str, nbytes: int, size: int
    ) -> None:
        """Commit a file that was written in place.

        Args:
            nbytes: set aside for it.
            size: how long it has become, wherever it lies by now.

        Cancellation: as the file's own commit; the note is made all the same.
        """
        async with self._store.changing():
            await file.commit()
            growing = self._growing[identity]
            before, growing.nbytes = growing.nbytes, await self._grown(path, identity, size)
            await self._note(growing.nbytes - before, 0, freed=Usage(nbytes, 0))

    async def _grown(self, path: PurePosixPath, identity: str, size: int) -> int:
        with anyio.move_on_after(_NOTE_SECONDS, shield=True):
            try:
                info = await self._inner.stat(path)
            except FileSystemError:
                info = None
            if info is not None and _identity(path, info) == identity:
                return info.size
        return max(self._growing[identity].nbytes, size)  # it was renamed meanwhile

    def let_go(self, identity: str) -> None:
        """A file that was written in place is closed."""
        growing = self._growing[identity]
        growing.nwriters -= 1
        if not growing.nwriters:
            del self._growing[identity]

    async def _note(self, nbytes: int, nfiles: int, *, freed: Usage = _NOTHING) -> None:
        with anyio.move_on_after(_NOTE_SECONDS, shield=True):
            await self._store.settle(Usage(nbytes, nfiles), freed)

    async def _at_both(self, one: PurePosixPath, other: PurePosixPath) -> Usage:
        """What counts of the files at two names; of one file with two names, twice."""
        return _sum([(await self._seen(path))[1] for path in (one, other)])

    async def _seen(self, path: PurePosixPath) -> tuple[str, Usage]:
        """Which file or folder is at a path, and what counts of it."""
        try:
            info = await self._inner.stat(path)
        except FileSystemError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTDIR):
                raise
            return "", _NOTHING
        identity = _identity(path, info)
        if (growing := self._growing.get(identity)) is not None:
            return identity, Usage(growing.nbytes, 1)
        return identity, Usage(info.size if info.is_file else 0, 1)


def _sum(usages: Iterable[Usage]) -> Usage:
    nbytes, nfiles = zip(*usages, strict=True)
    return Usage(sum(nbytes), sum(nfiles))


def _plus(limit: int | None, more: int) -> int | None:
    return None if limit is None else limit + more


def _identity(path: PurePosixPath, info: FileInfo) -> str:
    return info.unique or str(path)
