"""fsspec's file systems as ours, beyond the contract that test_interface asks of them."""

from __future__ import annotations

import errno
import sys
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from anyftp import Ability, FileSystemError, FsspecFileSystem
from anyftp.testing._file_system_checks import names, read, write

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


async def test_without_fsspec_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(ImportError, match=r"anyftp\[fsspec\]"):
        FsspecFileSystem.from_url("memory://x")
