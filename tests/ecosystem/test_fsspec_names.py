"""Files and folders of odd names, on each server: what is true of one name is true of all."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from anyftp.fsspec import FTPFileSystem
from interop.daemons import NAMES, StartDaemon

pytestmark = pytest.mark.interop

#: What a server makes of a name, so that it is none there.
_NOT_THERE = {
    "pure-ftpd": {"back\\slash", "trail ", "a\tb"},
    "proftpd": {"st*r"},  # no folder can be made of it
}
ODD_NAMES = (
    *("with space", " lead", "trail ", "a#b", "a%2Fb", "a%20b", "q?m", "st*r", "br[ack]et"),
    *("{a,b}", "a[1].txt", "ünïcöde", "日本", "e\u0301", "quo'te", 'dq"x', "back\\slash"),
    *("-dash", "-la", "~tilde", "$HOME", "semi;colon", "a=b; c", "x -> y", "colon:x", "a\tb"),
    *("total 12", "@at", ".hidden", "...", "..dots", "%s", "\u00a0nb", "tr."),
)
#: Servers that show no names with a dot in front, where nobody asks for them by name.
_HIDING = {"vsftpd"}


@pytest.fixture(params=[name for name in NAMES if name != "aioftp"])
def name(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def fs(name: str, ftp_daemon: StartDaemon) -> Iterator[FTPFileSystem]:
    daemon = ftp_daemon(name)
    made = FTPFileSystem(
        daemon.host, daemon.port, daemon.user, daemon.password, skip_instance_cache=True
    )
    yield made
    made.close()


@pytest.fixture
def folder(name: str, ftp_daemon: StartDaemon) -> str:
    return str(ftp_daemon(name).folder()[1])


def _there(name: str) -> Iterator[tuple[str, bool]]:
    """The names, and whether the server shows them."""
    for odd in ODD_NAMES:
        if odd not in _NOT_THERE.get(name, ()):
            yield odd, not (name in _HIDING and odd.startswith("."))


def test_files(name: str, fs: FTPFileSystem, folder: str, tmp_path: Path) -> None:
    for odd, is_shown in _there(name):
        path, content = f"{folder}/{odd}", odd.encode()
        fs.pipe_file(path, content)
        assert fs.cat_file(path) == content, odd
        assert fs.cat([path]) == {path: content}, odd
        assert (fs.exists(path), fs.isfile(path), fs.size(path)) == (True, True, len(content)), odd
        assert (path in fs.ls(folder, detail=False)) == is_shown, odd
        with fs.open(path) as file:
            assert file.read() == content, odd
        with fs.open(path, "ab") as file:
            file.write(b"+")
        fs.get_file(path, str(tmp_path / "new" / "file"))
        assert (tmp_path / "new" / "file").read_bytes() == content + b"+", odd
        fs.cp_file(path, f"{path} copy")
        fs.mv(f"{path} copy", f"{path} moved")
        assert fs.cat_file(f"{path} moved") == content + b"+", odd
        fs.rm(f"{path} moved")
        fs.rm([path])
        assert not fs.exists(path), odd


def test_folders(name: str, fs: FTPFileSystem, folder: str) -> None:
    for odd, _ in _there(name):
        path = f"{folder}/{odd}"
        fs.makedirs(path)
        fs.pipe_file(f"{path}/in", b"1")
        assert fs.isdir(path), odd
        assert fs.ls(path, detail=False) == fs.find(path) == [f"{path}/in"], odd
        assert fs.du(path) == 1, odd
        fs.mv(path, f"{path}m", recursive=True)
        assert (fs.exists(path), fs.isdir(f"{path}m")) == (False, True), odd
        fs.rm(f"{path}m", recursive=True)
        assert not fs.exists(f"{path}m"), odd


def test_a_pattern_is_one_where_its_name_is_none(fs: FTPFileSystem, folder: str) -> None:
    fs.pipe({f"{folder}/{name}": name.encode() for name in ("a1.txt", "a[1].txt", "b1.txt")})
    assert fs.expand_path(f"{folder}/a[1].txt") == [f"{folder}/a[1].txt"]
    assert fs.expand_path(f"{folder}/b[1].txt") == [f"{folder}/b1.txt"]
    assert len(fs.expand_path(f"{folder}/*.txt")) == 3
    assert set(fs.cat(fs.find(folder)).values()) == {b"a1.txt", b"a[1].txt", b"b1.txt"}
    with pytest.raises(FileNotFoundError) as caught:
        fs.expand_path(f"{folder}/c[1].txt")
    assert caught.value.errno == errno.ENOENT


def test_copies_of_what_looks_like_a_pattern(
    fs: FTPFileSystem, folder: str, tmp_path: Path
) -> None:
    """They go where those of plain names go."""
    for plain in ("plain", "br[ack]et", "{a,b}"):
        top = f"{folder}/{plain}"
        fs.pipe({f"{top}/file[1]": b"1", f"{top}/sub/other": b"2"})
        here = tmp_path / plain
        here.mkdir()
        fs.get(f"{top}/file[1]", f"{here}/as it is named")
        fs.get(f"{top}/file[1]", f"{here}/")
        fs.get(top, f"{here}/new", recursive=True)
        fs.get(top, f"{here}", recursive=True)
        fs.get(f"{top}/", f"{here}/contents", recursive=True)
        files = [str(one.relative_to(here)) for one in here.rglob("*") if one.is_file()]
        fs.mkdir(f"{folder}/there")
        fs.copy(f"{top}/file[1]", f"{folder}/there/as it is named")
        fs.copy(f"{top}/file[1]", f"{folder}/there/")
        fs.copy(top, f"{folder}/there/new", recursive=True)
        fs.copy(top, f"{folder}/there", recursive=True)
        fs.copy(f"{top}/", f"{folder}/there/contents", recursive=True)
        found = [one.removeprefix(f"{folder}/there/") for one in fs.find(f"{folder}/there")]
        fs.rm(f"{folder}/there", recursive=True)
        wanted = ["as it is named", "file[1]"]
        wanted += [f"{at}/{one}" for at in (plain, "new", "contents") for one in _BELOW]
        assert sorted(files) == sorted(found) == sorted(wanted), plain


_BELOW = ("file[1]", "sub/other")


@pytest.mark.parametrize("odd", ["a\nb", "a\rb", "a\0b"])
def test_a_name_of_two_lines_is_refused(fs: FTPFileSystem, folder: str, odd: str) -> None:
    path = f"{folder}/{odd}"
    for do in (fs.cat_file, fs.mkdir, fs.touch, fs.rm, fs.open):
        with pytest.raises(OSError) as caught:  # noqa: PT011 - its number is looked at
            do(path)
        assert caught.value.errno in (errno.EINVAL, errno.ENOENT)
    assert fs.ls(folder) == []


def test_what_is_in_the_way(fs: FTPFileSystem, folder: str) -> None:
    """Each by its errno, whatever number the server gives."""
    fs.makedirs(f"{folder}/sub/deep")
    fs.pipe_file(f"{folder}/file", b"1")

    def fails(number: int, do: Any, *args: Any, **options: Any) -> None:
        with pytest.raises(OSError) as caught:  # noqa: PT011 - its number is looked at
            do(*args, **options)
        assert caught.value.errno == number, (do, args)

    def write(path: str, mode: str) -> None:
        with fs.open(path, mode) as file:
            file.write("1" if "b" not in mode else b"1")

    for mode in ("w", "wb", "ab"):
        fails(errno.EISDIR, write, f"{folder}/sub", mode)
    for mode in ("x", "xb"):
        fails(errno.EEXIST, write, f"{folder}/file", mode)
    fails(errno.EEXIST, fs.pipe_file, f"{folder}/file", b"", mode="create")
    fails(errno.EEXIST, fs.makedirs, f"{folder}/sub")
    fails(errno.ENOENT, fs.mv, f"{folder}/file", f"{folder}/no/such/folder/file")
    fails(errno.ENOENT, fs.mv, f"{folder}/nothing", f"{folder}/other")
    fails(errno.ENOTEMPTY, fs.rmdir, f"{folder}/sub")
    fails(errno.EISDIR, fs.rm_file, f"{folder}/sub")
    fails(errno.ENOENT, fs.ls, f"{folder}/nothing")
    assert fs.find(folder, withdirs=True) == [
        folder, *(f"{folder}/{one}" for one in ("file", "sub", "sub/deep"))
    ]  # fmt: skip


def test_a_file_is_opened_without_listing_its_folder(name: str, ftp_daemon: StartDaemon) -> None:
    daemon = ftp_daemon(name)
    local, folder = daemon.folder()
    daemon.put(local / "file", b"content")
    said: list[str] = []

    def trace(direction: str, line: str) -> None:
        if direction == "sent":
            said.append(line.split()[0])

    fs = FTPFileSystem(
        daemon.host,
        daemon.port,
        daemon.user,
        daemon.password,
        skip_instance_cache=True,
        client_options={"trace": trace},
    )
    with fs.open(f"{folder}/file") as file:
        assert file.read() == b"content"
        assert not {"LIST", "MLSD"} & set(said)
        assert file.info()["name"] == f"{folder}/file"
    fs.close()
