"""Folders by descriptor, and by path where the platform has nothing better."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from anyftp._fs import _folder
from anyftp._fs._folder import DescriptorFolder, Folder, PathFolder, open_root
from anyftp.testing import check_file_system
from fs.makers import local

KINDS = ["descriptors", "paths"]


@pytest.fixture
def no_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a platform that can do nothing relative to a folder."""
    monkeypatch.setattr(os, "supports_dir_fd", set())


@pytest.fixture(params=KINDS)
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Folder]:
    if request.param == "paths":
        request.getfixturevalue("no_descriptors")
    (tmp_path / "root" / "d").mkdir(parents=True)
    (tmp_path / "root" / "f").write_text("inside")
    (tmp_path / "root" / "link").symlink_to("f")
    (tmp_path / "root" / "out").symlink_to("..")
    (tmp_path / "f").write_text("secret")
    opened = open_root(str(tmp_path / "root"))
    assert isinstance(opened, DescriptorFolder if request.param == "descriptors" else PathFolder)
    yield opened
    opened.close()


@pytest.mark.parametrize("has_renameat2", [True, False])
def test_nothing_is_replaced_where_that_is_asked(
    has_renameat2: bool, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_renameat2:
        monkeypatch.setattr(_folder, "rename_no_replace", lambda *args: False)
    inner = folder.enter("d")
    folder.rename_exclusive("f", inner, "g")
    folder.rename_exclusive("link", folder, "link2")
    assert folder.readlink("link2") == "f"
    folder.rename_exclusive("d", folder, "e")
    folder.mkdir("d")
    for old in ("e", "link2"):
        for new in ("d", "out", "e", "link2"):
            assert number_of(lambda: folder.rename_exclusive(old, folder, new)) == errno.EEXIST  # noqa: B023
    assert number_of(lambda: folder.rename_exclusive("no", folder, "x")) == errno.ENOENT
    again = folder.readable()
    with again.scan() as found:
        assert sorted(entry.name for entry in found) == ["d", "e", "link2", "out"]
    again.close()
    inner.close()


def test_a_disk_without_links_refuses_rather_than_replace(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(*args: object, **options: object) -> None:
        raise PermissionError(errno.EPERM, "FAT")

    monkeypatch.setattr(_folder, "rename_no_replace", lambda *args: False)
    monkeypatch.setattr(os, "link", link)
    assert number_of(lambda: folder.rename_exclusive("f", folder, "g")) == errno.EOPNOTSUPP
    assert stat.S_ISREG(folder.lstat("f").st_mode)


def number_of(act: Callable[[], object]) -> int | None:
    with pytest.raises(OSError) as caught:  # noqa: PT011  # the number is the match
        act()
    return caught.value.errno


def test_no_link_is_followed(folder: Folder) -> None:
    assert number_of(lambda: folder.enter("out")) in (errno.ELOOP, errno.ENOTDIR)
    assert number_of(lambda: folder.enter("f")) == errno.ENOTDIR
    assert number_of(lambda: folder.enter("no")) == errno.ENOENT
    assert number_of(lambda: folder.open("link", os.O_RDONLY)) == errno.ELOOP
    assert number_of(lambda: folder.readlink("f")) == errno.EINVAL
    assert folder.readlink("link") == "f"


def test_names_are_made_and_removed(folder: Folder, tmp_path: Path) -> None:
    root = tmp_path / "root"
    folder.mkdir("new")
    assert number_of(lambda: folder.mkdir("new")) == errno.EEXIST
    inner = folder.enter("new")
    folder.rename("f", inner, "g")
    inner.link("g", inner, "h")
    assert number_of(lambda: inner.link("g", inner, "h")) == errno.EEXIST
    inner.set_modified("g", 1000.0)
    listed = inner.readable()
    with listed.scan() as entries:
        assert sorted(entry.name for entry in entries) == ["g", "h"]
    listed.fsync()
    listed.close()
    inner.close()
    assert (root / "new" / "h").stat().st_mtime == 1000.0
    assert number_of(lambda: folder.rmdir("new")) == errno.ENOTEMPTY
    assert number_of(lambda: folder.unlink("no")) == errno.ENOENT
    folder.unlink("link")
    folder.rmdir("d")
    assert sorted(os.listdir(root)) == ["new", "out"]


def test_the_disk(folder: Folder) -> None:
    kept = folder.readable()
    assert kept.space_left() > 0
    kept.close()


#: What may happen in the folder "d" of the root.
STEPS: list[Callable[[Folder], object]] = [
    lambda d: d.open("f", os.O_RDONLY),
    lambda d: d.lstat("f"),
    lambda d: d.unlink("f"),
    lambda d: d.mkdir("new"),
    lambda d: d.rename("f", d, "g"),
    lambda d: d.link("f", d, "g"),
    lambda d: d.set_modified("f", 0.0),
    lambda d: d.is_writable("f"),
    lambda d: d.enter("x"),
    lambda d: d.scan(),
]


@pytest.mark.parametrize("step", range(len(STEPS)))
def test_a_link_that_comes_into_the_way_is_seen(
    tmp_path: Path, no_descriptors: None, step: int
) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    (root / "d").mkdir(parents=True)
    (outside / "x").mkdir(parents=True)
    (outside / "f").write_text("secret")
    before = (outside / "f").stat()
    folder = open_root(str(root)).enter("d")
    (root / "d").rmdir()
    (root / "d").symlink_to(outside)
    assert number_of(lambda: STEPS[step](folder)) == errno.EACCES
    assert sorted(os.listdir(outside)) == ["f", "x"]
    assert (outside / "f").stat() == before


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_link_that_comes_while_a_file_is_opened_is_seen(
    tmp_path: Path, no_descriptors: None, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Between our look and the kernel's: it is found out before anybody gets the file."""
    root, outside = tmp_path / "root", tmp_path / "outside"
    (root / "d").mkdir(parents=True)
    (root / "d" / "f").write_text("inside")
    outside.mkdir()
    (outside / "f").write_text("secret")
    folder = open_root(str(root)).enter("d")
    really_open = os.open

    def swap() -> None:
        (root / "d").rename(root / "away")
        (root / "d").symlink_to(outside)

    def open_and_swap(path: str, flags: int, mode: int = 0o777) -> int:
        if moment == "before":
            swap()
        fd = really_open(path, flags, mode)
        if moment == "after":
            swap()
        else:
            (root / "d").unlink()  # and back again
            (root / "away").rename(root / "d")
        return fd

    descriptors = len(os.listdir("/proc/self/fd"))
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", open_and_swap)
        expected = errno.ELOOP if moment == "before" else errno.EACCES
        assert number_of(lambda: folder.open("f", os.O_RDONLY)) == expected
    assert len(os.listdir("/proc/self/fd")) == descriptors


@pytest.mark.anyio
async def test_local_files_without_descriptors_of_folders(
    tmp_path: Path, no_descriptors: None
) -> None:
    await check_file_system(local(tmp_path))


@pytest.mark.parametrize("kind", [stat.S_IFIFO, stat.S_IFSOCK, stat.S_IFCHR])
def test_modes_of_what_is_no_file_stay(kind: int, folder: Folder, tmp_path: Path) -> None:
    """Who may use a device is not for clients to say."""
    try:
        os.mknod(tmp_path / "root" / "special", 0o600 | kind, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("only root makes devices")
    with pytest.raises(PermissionError):
        folder.chmod("special", 0o666)
    assert stat.S_IMODE((tmp_path / "root" / "special").stat().st_mode) == 0o600
