"""Stores of fsspec: what is in them, and what they do to those who wait."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

import anyio
import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem as LocalFiles

from anyftp import FileSystemError, FsspecFileSystem
from anyftp._fs import acting_for
from anyftp.testing._file_system_checks import entries, names, read, write
from fs.makers import fsspec_memory

pytestmark = pytest.mark.anyio

P = PurePosixPath


async def test_patterns_in_names_mean_nothing(tmp_path: Path) -> None:
    """fsspec's own rm and mv would expand them."""
    tree = await fsspec_memory(tmp_path)()
    for name in ("a", "b", "*", "?", "[ab]"):
        await write(tree, f"/{name}", name.encode())
    await tree.remove_file(P("/*"))
    await tree.rename(P("/?"), P("/[ab]"))
    assert await names(tree) == ["[ab]", "a", "b"]
    assert await read(tree, "/[ab]") == b"?"


async def test_a_folder_that_is_moved_keeps_what_is_deep_inside(tmp_path: Path) -> None:
    tree = await fsspec_memory(tmp_path)()
    for folder in ("/d", "/d/e", "/d/empty"):
        await tree.make_directory(P(folder))
    await write(tree, "/d/e/f", b"deep")
    await tree.rename(P("/d"), P("/x"))
    assert await names(tree) == ["x"]
    assert await names(tree, "/x") == ["e", "empty"]
    assert await read(tree, "/x/e/f") == b"deep"


async def test_what_others_store_is_seen_at_once(tmp_path: Path) -> None:
    tree = await fsspec_memory(tmp_path)()
    assert isinstance(tree, FsspecFileSystem)
    assert await entries(tree) == []
    fsspec.filesystem("memory").pipe_file(f"{tree.root}/f", b"from elsewhere")
    assert await read(tree, "/f") == b"from elsewhere"
    assert await names(tree) == ["f"]


@pytest.mark.parametrize(("threads", "is_for_all"), [(None, False), (3, True)])
async def test_a_store_that_hangs_holds_up_its_user_alone(
    threads: int | None, is_for_all: bool, tmp_path: Path
) -> None:
    """Unless it was said how many calls the store bears at all."""
    let_go = threading.Event()

    class Hanging(LocalFiles):  # type: ignore[misc]
        def info(self, path: str, **options: Any) -> Any:
            if path.endswith("hung"):
                let_go.wait(30)
            return super().info(path, **options)

    (tmp_path / "f").write_bytes(b"")
    files = Hanging(skip_instance_cache=True)
    tree = FsspecFileSystem(files, str(tmp_path), threads=threads)

    async def hang() -> None:
        acting_for.set("ann")
        with suppress(FileSystemError):
            await tree.stat(P("/hung"))

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(hang)
        await anyio.wait_all_tasks_blocked()
        acting_for.set("bob")
        with anyio.move_on_after(0.5) as scope:
            await tree.stat(P("/f"))
        let_go.set()
    assert scope.cancelled_caught == is_for_all


def test_a_store_serves_one_run_of_a_loop_after_another() -> None:
    tree = FsspecFileSystem(fsspec.filesystem("memory"), "/")
    for backend in ("asyncio", "trio", "asyncio"):
        assert anyio.run(tree.stat, P("/"), backend=backend).is_dir
