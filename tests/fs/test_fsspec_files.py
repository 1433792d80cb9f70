"""Files of stores, while they are written and read."""

from __future__ import annotations

import errno
from collections.abc import Awaitable
from contextlib import aclosing
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from anyftp import Ability, FileSystemError, FsspecFileSystem
from anyftp.testing._file_system_checks import write
from fs.makers import MAKERS, fsspec_memory

pytestmark = pytest.mark.anyio

P = PurePosixPath


async def test_a_large_upload_that_fails_in_the_store_leaves_nothing(tmp_path: Path) -> None:
    tree = await fsspec_memory(tmp_path)()
    assert isinstance(tree, FsspecFileSystem)
    discarded = []

    class FullStore(type(tree.files)):  # type: ignore[misc]
        cachable = False
        protocol = "full"

        def open(self, path: str, mode: str, **how: Any) -> Any:
            file = super().open(path, mode, **how)
            if mode == "wb":
                file.write = self._fail
                file.discard = lambda: discarded.append(path)
            return file

        def _fail(self, data: bytes) -> int:
            raise OSError(errno.ENOSPC, "full")

    full = FsspecFileSystem(FullStore(), tree.root, abilities=tree.abilities)
    with pytest.raises(FileSystemError) as caught:
        await write(full, "/f", bytes(6_000_000))
    assert caught.value.errno == errno.ENOSPC
    assert len(discarded) == 1


@pytest.mark.parametrize("kind", ["fsspec-local", "fsspec-memory", "fsspec-objects"])
@pytest.mark.parametrize("name", ["/.anyftp-a.part", "/.anyftp-a.part/f", "/.ANYFTP-a.PART"])
async def test_names_of_uploads_under_way_are_nowhere(kind: str, name: str, tmp_path: Path) -> None:
    tree = await MAKERS[kind](tmp_path)()
    async with await tree.open_write(P("/f")) as file:
        await file.commit()
    attempts: list[Awaitable[object]] = [
        tree.stat(P(name)),
        tree.open_read(P(name)),
        tree.open_write(P(name)),
        tree.rename(P("/f"), P(name)),
        tree.rename_exclusive(P("/f"), P(name)),
        tree.remove_file(P(name)),
    ]
    if Ability.DIRECTORIES in tree.abilities:
        attempts += [tree.make_directory(P(name)), tree.remove_directory(P(name))]
    for attempt in attempts:
        with pytest.raises(FileSystemError) as caught:
            await attempt
        assert caught.value.errno == errno.ENOENT
    async with aclosing(tree.scan(P("/"))) as batches:
        assert [info.name async for batch in batches for info in batch] == ["f"]
