"""fsspec's file systems as ours, beyond the contract that test_interface asks of them."""

from __future__ import annotations

import errno
import sys
import threading
import zipfile
from collections.abc import Awaitable
from contextlib import aclosing, suppress
from pathlib import Path, PurePosixPath
from typing import Any

import anyio
import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem as LocalFiles

from anyftp import Ability, FileSystemError, FsspecFileSystem
from anyftp._fs import acting_for
from anyftp.testing._file_system_checks import entries, names, read, write
from fs.makers import MAKERS, fsspec_memory

pytestmark = pytest.mark.anyio

P = PurePosixPath


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "archive.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("readme.txt", "hello")
        file.writestr("d/deep/f", bytes(300_000))
        file.writestr("../escape", "outside")
    return path


async def test_an_archive_can_be_read(archive: Path) -> None:
    tree = FsspecFileSystem.from_url(f"zip://::{archive}", skip_instance_cache=True)
    assert tree.abilities == Ability.READ_AT
    assert await names(tree) == ["d", "readme.txt"]
    assert await names(tree, "/d/deep") == ["f"]
    assert (await tree.stat(P("/d/deep/f"))).size == 300_000
    assert (await tree.stat(P("/d"))).is_dir
    assert await read(tree, "/readme.txt", 2) == b"llo"
    assert (await tree.stat(P("/readme.txt"))).modified > 0
    with pytest.raises(FileSystemError) as caught:
        await write(tree, "/new", b"x")
    assert caught.value.errno == errno.EOPNOTSUPP


class BrokenStore:
    """A store whose library raises what it likes."""

    protocol = "s3"

    def __getattr__(self, name: str) -> Any:
        def fail(*args: object, **kwargs: object) -> None:
            raise RuntimeError("503 SlowDown for key sk-secret")

        return fail


async def test_foreign_exceptions_become_io_errors() -> None:
    tree = FsspecFileSystem(BrokenStore(), "bucket")
    with pytest.raises(FileSystemError) as caught:
        await tree.stat(P("/f"))
    assert caught.value.errno == errno.EIO
    assert "secret" not in str(caught.value)


async def test_the_guess_for_an_object_store() -> None:
    abilities = FsspecFileSystem(BrokenStore(), "bucket").abilities
    assert Ability.WRITE | Ability.READ_AT in abilities
    assert Ability.DIRECTORIES in abilities
    assert not abilities & (Ability.APPEND | Ability.WRITE_AT)


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


async def test_without_fsspec_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(ImportError, match=r"anyftp\[fsspec\]"):
        FsspecFileSystem.from_url("memory://x")


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
