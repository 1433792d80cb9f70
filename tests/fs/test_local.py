"""What is special about a folder of this machine."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path, PurePosixPath

import pytest

from anyftp._errors import FileSystemError
from anyftp._fs import LocalFileSystem
from anyftp._fs._folder import open_root

pytestmark = pytest.mark.anyio

P = PurePosixPath


@pytest.mark.parametrize(
    ("operation", "args"),
    [
        ("open_write", [P("/a")]),
        ("make_directory", [P("/a")]),
        ("remove_directory", [P("/a")]),
        ("remove_file", [P("/a")]),
        ("rename", [P("/a"), P("/b")]),
        ("rename_exclusive", [P("/a"), P("/b")]),
        ("set_modified", [P("/a"), 0.0]),
        ("chmod", [P("/a"), 0o600]),
    ],
)
async def test_read_only(tmp_path: Path, operation: str, args: list[object]) -> None:
    tree = LocalFileSystem(tmp_path, read_only=True)
    with pytest.raises(FileSystemError) as caught:
        await getattr(tree, operation)(*args)
    assert caught.value.errno == errno.EROFS


@pytest.mark.parametrize("name", ["a\0b", "x" * 300, "lone\ud800surrogate"])
async def test_impossible_names(tmp_path: Path, name: str) -> None:
    tree = LocalFileSystem(tmp_path)
    with pytest.raises(FileSystemError) as caught:
        await tree.open_write(P("/", name))
    assert caught.value.errno in (errno.EINVAL, errno.ENAMETOOLONG)


async def test_names_that_are_no_utf8_survive(tmp_path: Path) -> None:
    tree = LocalFileSystem(tmp_path)
    await tree.make_directory(P("/b\udcffd"))
    assert os.listdir(os.fsencode(tmp_path)) == [b"b\xffd"]


async def test_links_in_listings(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "d").mkdir(parents=True)
    (root / "in").symlink_to("d")
    (root / "out").symlink_to("../..")
    (root / "dangling").symlink_to("nowhere")
    (root / "absolute").symlink_to(root / "d")
    tree = LocalFileSystem(root)
    async with aclosing(tree.scan(P("/"))) as batches:
        entries = {entry.name: entry async for batch in batches for entry in batch}
    assert {entry.type for name, entry in entries.items() if name != "d"} == {"link"}
    assert {name: entry.target for name, entry in entries.items()} == {
        "d": None,
        "in": "d",
        "out": None,
        "dangling": None,
        "absolute": None,  # its text would tell where the root is
    }


async def test_no_change_goes_through_a_link_out(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (outside / "f").write_text("untouched")
    (root / "out").symlink_to("../outside")
    (root / "file_out").symlink_to("../outside/f")
    tree = LocalFileSystem(root)
    for attempt in (
        tree.open_write(P("/out/new")),
        tree.open_write(P("/file_out")),
        tree.open_write(P("/file_out"), append=True),
        tree.make_directory(P("/out/new")),
        tree.remove_file(P("/out/f")),
        tree.rename(P("/out/f"), P("/mine")),
        tree.chmod(P("/file_out"), 0),
        tree.set_modified(P("/file_out"), 0),
    ):
        with pytest.raises(FileSystemError) as caught:
            await attempt
        assert caught.value.errno == errno.EACCES
    await tree.remove_file(P("/file_out"))  # the link itself is ours
    assert (outside / "f").read_text() == "untouched"
    assert os.listdir(outside) == ["f"]


async def test_an_upload_through_a_link_inside_keeps_the_link(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "link").symlink_to("d/real")
    tree = LocalFileSystem(tmp_path)
    async with await tree.open_write(P("/link")) as file:
        await file.write(memoryview(b"x"))
        await file.commit()
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "d" / "real").read_bytes() == b"x"


async def test_temporary_names_are_hidden_and_out_of_reach(tmp_path: Path) -> None:
    tree = LocalFileSystem(tmp_path)
    async with await tree.open_write(P("/a")):
        (hidden,) = os.listdir(tmp_path)
        async with aclosing(tree.scan(P("/"))) as batches:
            assert [batch async for batch in batches] == []
        for attempt in (
            tree.open_read(P("/", hidden)),
            tree.open_write(P("/", hidden)),
            tree.open_write(P("/", hidden), append=True),
            tree.remove_file(P("/", hidden)),
            tree.rename(P("/", hidden), P("/mine")),
            tree.rename(P("/a"), P("/", hidden)),
        ):
            with pytest.raises(FileSystemError) as caught:
                await attempt
            assert caught.value.errno == errno.ENOENT


async def test_folders_under_names_of_ours_cannot_be_made_and_are_seen(tmp_path: Path) -> None:
    """A tree that nobody sees would pass every quota."""
    tree = LocalFileSystem(tmp_path)
    for attempt in (
        tree.make_directory(P("/.anyftp-a.part")),
        tree.make_directory(P("/.ANYFTP-a.PART")),
        tree.rename(P("/d"), P("/.anyftp-a.part")),
        tree.rename_exclusive(P("/d"), P("/.anyftp-a.part")),
        tree.open_write(P("/.anyftp-a.part/f")),
        tree.stat(P("/.anyftp-a.part")),
        tree.set_modified(P("/.anyftp-a.part"), 0),
        tree.chmod(P("/.anyftp-a.part"), 0o700),
        tree.remove_directory(P("/.anyftp-a.part")),
    ):
        (tmp_path / "d").mkdir(exist_ok=True)
        with pytest.raises(FileSystemError) as caught:
            await attempt
        assert caught.value.errno == errno.ENOENT
    (tmp_path / ".anyftp-a.part").mkdir()
    (tmp_path / ".anyftp-b.part").touch()
    async with aclosing(tree.scan(P("/"))) as batches:
        names = [entry.name async for batch in batches for entry in batch]
    assert sorted(names) == [".anyftp-a.part", "d"]


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A folder, and this process as somebody who is not above the modes in it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        os.chmod(name, 0o777)
        was_root = not os.geteuid()
        if was_root:
            os.seteuid(65534)
        yield Path(name)
        if was_root:
            os.seteuid(0)


@pytest.mark.parametrize("is_folder", [False, True])
@pytest.mark.parametrize("mode", range(8))
async def test_every_mode_can_be_taken_back(mode: int, is_folder: bool, unprivileged: Path) -> None:
    path = unprivileged / "f"
    path.mkdir() if is_folder else path.write_bytes(b"x")
    tree = LocalFileSystem(unprivileged)
    await tree.chmod(P("/f"), mode << 6)
    assert stat.S_IMODE(path.stat().st_mode) == mode << 6
    await tree.chmod(P("/f"), 0o755)
    assert stat.S_IMODE(path.stat().st_mode) == 0o755


async def test_modes_without_proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def chmod(path: str, mode: int) -> None:
        raise FileNotFoundError(errno.ENOENT, "no /proc", path)

    (tmp_path / "f").write_bytes(b"x")
    (tmp_path / "d").mkdir()
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr(os, "chmod", chmod)
    tree = LocalFileSystem(tmp_path)
    for name in ("f", "d"):
        await tree.chmod(P("/", name), 0o750)
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o750
    with pytest.raises(FileSystemError) as caught:
        await tree.chmod(P("/pipe"), 0o600)
    assert caught.value.errno == errno.EACCES


async def test_a_mode_is_not_given_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x")
    (tmp_path / "f").chmod(0o640)
    (tmp_path / "link").symlink_to("f")
    folder = open_root(str(tmp_path))
    with pytest.raises(OSError, match="symbolic") as caught:
        folder.chmod("link", 0o777)
    folder.close()
    assert caught.value.errno == errno.ELOOP
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o640


async def test_repr_names_the_root(tmp_path: Path) -> None:
    assert repr(LocalFileSystem(tmp_path)) == f"LocalFileSystem({str(tmp_path)!r})"


async def test_space_that_is_left_is_that_of_the_disk(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "out").symlink_to("/")
    tree = LocalFileSystem(tmp_path)
    disk = os.statvfs(tmp_path)
    total = disk.f_blocks * disk.f_frsize
    assert 0 < await tree.space_left(P("/")) <= total
    assert 0 < await tree.space_left(P("/d")) <= total
    assert await LocalFileSystem(tmp_path, read_only=True).space_left(P("/")) == 0
    for path, number in (("/no", errno.ENOENT), ("/out", errno.EACCES)):
        with pytest.raises(FileSystemError) as caught:
            await tree.space_left(P(path))
        assert caught.value.errno == number


async def test_errors_name_files_from_outside_on_request(tmp_path: Path) -> None:
    for files, shown in (
        (LocalFileSystem(tmp_path), "/d/missing"),
        (LocalFileSystem(tmp_path, outer_paths=True), str(tmp_path / "d" / "missing")),
    ):
        for call in (files.stat, files.open_read, files.open_write, files.remove_file):
            with pytest.raises(FileSystemError) as caught:
                await call(PurePosixPath("/d/missing"))
            assert caught.value.path == shown
