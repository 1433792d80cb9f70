"""Makers of every file system that we ship, each time empty."""

from __future__ import annotations

import itertools
import secrets
import zipfile
from collections.abc import Callable
from pathlib import Path

import fsspec

from anyftp import (
    Ability,
    FileSystem,
    FsspecFileSystem,
    LocalFileSystem,
    MemoryFileSystem,
)
from anyftp.testing import MakeFileSystem


def local(folder: Path) -> MakeFileSystem:
    """A folder of this machine."""
    numbers = itertools.count()

    async def make() -> FileSystem:
        root = folder / f"root{next(numbers)}"
        root.mkdir()
        return LocalFileSystem(root)

    return make


def read_only(folder: Path) -> MakeFileSystem:
    """A folder of this machine that may not be changed."""

    async def make() -> FileSystem:
        return LocalFileSystem(folder, read_only=True)

    return make


def memory(folder: Path) -> MakeFileSystem:
    """A tree in memory."""

    async def make() -> FileSystem:
        return MemoryFileSystem()

    return make


def fsspec_local(folder: Path) -> MakeFileSystem:
    """A folder of this machine, by way of fsspec."""
    numbers = itertools.count()

    async def make() -> FileSystem:
        root = folder / f"root{next(numbers)}"
        root.mkdir()
        return FsspecFileSystem(fsspec.filesystem("file"), str(root))

    return make


def fsspec_memory(folder: Path) -> MakeFileSystem:
    """A tree in fsspec's memory, which all of a process share."""

    async def make() -> FileSystem:
        files = fsspec.filesystem("memory", skip_instance_cache=True)
        root = f"/{secrets.token_hex(8)}"
        files.mkdir(root)
        return FsspecFileSystem(files, root)

    return make


def fsspec_objects(folder: Path) -> MakeFileSystem:
    """What an object store can do, in fsspec's memory."""
    inner = fsspec_memory(folder)

    async def make() -> FileSystem:
        tree = await inner()
        assert isinstance(tree, FsspecFileSystem)
        return FsspecFileSystem(
            tree.files,
            tree.root,
            abilities=Ability.WRITE | Ability.READ_AT | Ability.RENAME | Ability.REMOVE,
        )

    return make


def fsspec_flat(folder: Path) -> MakeFileSystem:
    """An object store with hidden objects for its folders, in fsspec's memory."""
    inner = fsspec_memory(folder)

    async def make() -> FileSystem:
        tree = await inner()
        assert isinstance(tree, FsspecFileSystem)
        abilities = Ability.WRITE | Ability.READ_AT | Ability.RENAME | Ability.REMOVE
        return FsspecFileSystem(
            tree.files, tree.root, abilities=abilities | Ability.DIRECTORIES, flat=True
        )

    return make


def fsspec_zip(folder: Path) -> MakeFileSystem:
    """An archive without files."""

    async def make() -> FileSystem:
        archive = folder / "empty.zip"
        zipfile.ZipFile(archive, "w").close()
        return FsspecFileSystem(fsspec.filesystem("zip", fo=str(archive), skip_instance_cache=True))

    return make


MAKERS: dict[str, Callable[[Path], MakeFileSystem]] = {
    "local": local,
    "read-only": read_only,
    "memory": memory,
    "fsspec-local": fsspec_local,
    "fsspec-memory": fsspec_memory,
    "fsspec-objects": fsspec_objects,
    "fsspec-flat": fsspec_flat,
    "fsspec-zip": fsspec_zip,
}
