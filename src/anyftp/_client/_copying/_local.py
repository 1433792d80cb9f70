"""The local side of uploads and downloads: `cp -r`'s idea of a destination, inside a jail."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import NamedTuple

from anyftp._client._copying._job import Job
from anyftp._client._copying._names import local_name, take_local_name
from anyftp._client._listing._portions import Portions, worked_out
from anyftp._client._session._final_names import FinalNames
from anyftp._client._session._session import Session
from anyftp._errors import FileSystemError, LocalProtocolError, NameCollisionError
from anyftp._fs import Ending, LocalFileSystem, LocalReadFile, LocalWriteFile
from anyftp._fs._worker import SHARED
from anyftp._protocol import Entry, check_name, collisions

LocalPath = str | os.PathLike[str]

#: Folders remembered from one call to the next.
_MAX_FOLDERS = 8


class Place(NamedTuple):
    """A name in a local folder.

    Attributes:
        folder: the folder; nothing outside it is touched.
        name: one component.
    """

    folder: str
    name: str

    @property
    def path(self) -> PurePosixPath:
        """The path inside the folder."""
        return PurePosixPath("/", self.name)

    @property
    def text(self) -> str:
        """The path outside it."""
        return os.path.join(self.folder, self.name)


class Target:
    """A local file.

    Attributes:
        files: the file system that it is in.
        path: its path there.
    """

    __slots__ = ("files", "path")

    def __init__(self, files: LocalFileSystem, path: PurePosixPath) -> None:
        self.files = files
        self.path = path

    async def open_read(self) -> LocalReadFile:
        """Open it. Cancellation: safe; no file stays open."""
        return await self.files.open_read(self.path)

    def write_later(self) -> LocalWriteFile:
        """Begin to write it, whole; it is opened when it must be."""
        return self.files.open_write_later(self.path)


def names_folder(path: str) -> bool:
    """Whether the way a path is written says that it is a folder."""
    return path == "" or path.endswith(("/", os.sep)) or os.path.basename(path) in (".", "..")


def place_of(destination: str, name: str) -> Place:
    """Where a file goes by the way its destination is written: the name itself, or a folder."""
    if names_folder(destination):
        check_name(name, windows=os.name == "nt")
        return Place(os.path.abspath(destination), name)
    folder, own_name = os.path.split(os.path.abspath(destination))
    return Place(folder, own_name)


async def folder_at(session: Session, folder: str) -> LocalFileSystem:
    """A file system for a local folder; the last few are kept.

    Raises:
        FileSystemError: there is no such folder.

    Cancellation: safe.
    """
    known = session.folders.get(folder)
    if known is None:
        known = await SHARED.run(folder, _open_folder, folder)
        _remember(session, folder, known)
    return known


def _open_folder(folder: str) -> LocalFileSystem:
    return LocalFileSystem(folder, outer_paths=True, watches_reads=True)


def _remember(session: Session, folder: str, files: LocalFileSystem) -> None:
    if folder not in session.folders:
        while len(session.folders) >= _MAX_FOLDERS:
            del session.folders[next(iter(session.folders))]
        session.folders[folder] = files


class Destination:
    """Where a download goes: to the path as it is written, or to what that leads to.

    That it is an existing folder is found out by trying to write it: the usual case costs no
    look. A symbolic link is followed wherever it leads: the user has named it.

    Attributes:
        file: what writes it.
    """

    def __init__(
        self,
        place: Place,
        files: LocalFileSystem,
        written: tuple[str, str],
        take_name: Callable[[str], object],
    ) -> None:
        self._files = files
        self._place = place
        self._written = written
        self._take_name = take_name
        self.file = LocalWriteFile(place.text, self.open, fsync=False)

    @property
    def target(self) -> Target:
        """The local file, for certain when it has been opened."""
        return Target(self._files, self._place.path)

    def open(self) -> tuple[int, Ending]:
        """Open the file; blocking.

        Raises:
            FileSystemError: with the path that the user knows.
            LocalProtocolError: another call has given a file this name.
        """
        fd, ending = self._find_and_open()
        try:
            self._take_name(self._place.text)
        except LocalProtocolError:
            ending.undo(fd)
            os.close(fd)
            raise
        return fd, ending

    def _find_and_open(self) -> tuple[int, Ending]:
        try:
            return self._open()
        except OSError as error:
            if error.errno not in (errno.EISDIR, errno.EACCES):
                raise
        self._place = _resolved(*self._written)
        self._files = LocalFileSystem(self._place.folder, outer_paths=True, watches_reads=True)
        self.file.show_as(self._place.text)
        return self._open()

    def _open(self) -> tuple[int, Ending]:
        try:
            return self._files.opening(self._place.path)()
        except OSError as error:
            raise FileSystemError(error.errno or errno.EIO, self._place.text) from error


async def open_later(session: Session, destination: str, remote: PurePosixPath) -> Destination:
    """Begin to write the local file that a download makes; it is opened when it must be.

    Raises:
        FileSystemError: there is no such folder.

    Cancellation: safe; nothing is open yet.
    """
    name = remote.name
    place = place_of(destination, name)
    files = await folder_at(session, place.folder)
    return Destination(
        place,
        files,
        (destination, name),
        lambda taken: take_local_name(session, taken, str(remote)),
    )


async def find_target(session: Session, destination: str, remote: PurePosixPath) -> Target:
    """Find out where a download goes, without opening it."""

    def find() -> Place:
        place = _resolved(destination, remote.name)
        take_local_name(session, place.text, str(remote))
        return place

    place = await SHARED.run(PurePosixPath(destination), find)
    return Target(await folder_at(session, place.folder), place.path)


async def acceptable(
    job: Job, files: LocalFileSystem, remote: PurePosixPath, entries: Sequence[Entry]
) -> list[Entry]:
    """What of a remote folder can lie side by side in a local one; the job is told of the rest.

    Raises:
        UnsafeNameError: a name would lead elsewhere.
        NameCollisionError: two names would be one file.

    Cancellation: safe.
    """
    safe: list[Entry] = []
    async for portion in Portions(entries):
        for entry in portion:
            with job.passing_over(remote / entry.name):
                check_name(entry.name, windows=os.name == "nt")
                safe.append(entry)
    if len(safe) < 2 or not await files.folds_names():
        return safe
    names = [entry.name for entry in safe]
    found = await worked_out(len(names), lambda: [*collisions(names)])
    for pair in found:
        with job.passing_over(remote / pair[1]):
            raise NameCollisionError(str(remote), pair)
    refused = {name for _, name in found}
    return [entry for entry in safe if entry.name not in refused]


async def tree_root(
    session: Session, destination: str, name: str, remote: PurePosixPath, *, begun: str | None
) -> LocalFileSystem:
    """Make, if need be, the local folder that a downloaded tree becomes.

    Args:
        begun: the name of a mark in it that says that an earlier call has begun it, so that it is
            the folder itself and not one to put a folder into; None for no mark.

    Cancellation: safe.
    """
    root = await SHARED.run(
        PurePosixPath(destination), _make_root, destination, name, session.names, str(remote), begun
    )
    return await folder_at(session, root)


async def forget_mark(destination: str, begun: str) -> None:
    """Take the mark away from a tree that is whole. Cancellation: it is gone, or still there."""
    await SHARED.run(PurePosixPath(destination), _unlink, os.path.join(destination, begun))


def _unlink(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)


def _make_root(
    destination: str, name: str, names: FinalNames | None, source: str, begun: str | None
) -> str:
    root = os.path.abspath(destination)
    mark = os.path.join(root, begun) if begun else ""
    if os.path.isdir(root) and not (mark and os.path.exists(mark)):
        if names is not None:
            names.enter(local_name(names, root), source)
        if not name:
            return root
        check_name(name, windows=os.name == "nt")
        root, mark = os.path.join(root, name), ""
    elif names_folder(destination) and name and not os.path.isdir(root):
        raise FileSystemError(errno.ENOENT, destination)
    if names is not None:
        names.take_for_tree(local_name(names, root), source)
    make_folders(root)
    if mark:
        with suppress(OSError):  # it is of use only where something can be written at all
            os.close(os.open(mark, os.O_WRONLY | os.O_CREAT, 0o666))
    return root


def make_folders(path: str) -> None:
    """Make a local folder, and those above it, that may be there already; blocking."""
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise FileSystemError(error.errno or errno.EIO, path) from error


async def make_inner_folder(files: LocalFileSystem, path: PurePosixPath) -> None:
    """Make one that may be there already. Cancellation: safe."""
    try:
        await files.make_directory(path)
    except FileSystemError as error:
        if error.errno != errno.EEXIST:
            raise


@dataclass(slots=True, eq=False, repr=False)
class Source:
    """What is to be uploaded.

    Attributes:
        folder: it, or the one that the file is in.
        name: for the copy.
        is_tree: whether it is a folder.
        files: the file system of the folder.
        path: of the file therein.
    """

    folder: str
    name: str
    is_tree: bool
    files: LocalFileSystem
    path: PurePosixPath
    _file: LocalReadFile | None = None

    async def open_read(self) -> LocalReadFile:
        """Open the file. Cancellation: safe; no file stays open."""
        file, self._file = self._file, None
        return await self.files.open_read(self.path) if file is None else file

    async def aclose(self) -> None:
        """Close what nobody came to read. Cancellation: closed nonetheless."""
        if self._file is not None:
            await self._file.aclose()


async def find_source(session: Session, source: LocalPath, *, is_read: bool) -> Source:
    """Find what is to be uploaded, links resolved; a file is opened in the same hop.

    Args:
        is_read: whether a file will be read from its beginning.

    Raises:
        FileSystemError: there is no such file.
        LocalProtocolError: it has no name to give to the copy.

    Cancellation: safe; no file stays open.
    """
    text = os.fspath(source)
    found = await SHARED.run(text, _find_source, session.folders, text, is_read)
    if not (found.is_tree or found.name):
        raise LocalProtocolError(f"source must be a file or a folder, not {text!r}")
    _remember(session, found.folder, found.files)
    return found


def _find_source(known: Mapping[str, LocalFileSystem], source: str, is_read: bool) -> Source:
    try:
        place, is_tree = _source_place(source)
    except OSError as error:
        raise FileSystemError(error.errno or errno.EIO, source) from error
    files = known.get(place.folder) or LocalFileSystem(
        place.folder, outer_paths=True, watches_reads=True
    )
    file = None
    if is_read and place.name and not is_tree:
        try:
            file = files.open_read_now(place.path)
        except OSError as error:
            raise FileSystemError(error.errno or errno.EIO, place.text) from error
    return Source(place.folder, place.name, is_tree, files, place.path, file)


def _source_place(source: str) -> tuple[Place, bool]:
    status = os.lstat(source)
    if stat.S_ISREG(status.st_mode) and ".." not in source:
        return Place(*os.path.split(os.path.abspath(source))), False
    real = os.path.realpath(source, strict=True)
    if os.path.isdir(real):
        return Place(real, os.path.basename(os.path.abspath(source))), True
    return Place(*os.path.split(real)), False


def _resolved(destination: str, name: str) -> Place:
    """Where a file goes by what its destination is."""
    place = place_of(destination, name)
    real = os.path.realpath(place.text)
    if os.path.isdir(real) and not names_folder(destination):
        check_name(name, windows=os.name == "nt")
        return Place(real, name)
    return Place(*os.path.split(real))
