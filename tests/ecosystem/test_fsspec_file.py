"""Files that are opened: what each mode does, and what there is when it ends."""

from __future__ import annotations

import errno
import io
import pickle
from pathlib import Path
from typing import Any

import pytest

from anyftp.fsspec import FTPFileSystem
from anyftp.testing import ServerThread
from ecosystem.served_files import CONTENT
from ecosystem.served_files import fs as fs
from ecosystem.served_files import server as server


def test_an_open_file_is_pickled_with_its_place(server: ServerThread, fs: FTPFileSystem) -> None:
    server.put("/file", CONTENT)
    with fs.open("/file") as file:
        file.seek(100)
        again = pickle.loads(pickle.dumps(file))
        with again:
            assert again.read(10) == CONTENT[100:110]
        again.fs.close()


def test_writing_in_blocks(server: ServerThread, fs: FTPFileSystem) -> None:
    with fs.open("/new/deep/file", "wb", block_size=100_000) as file:
        for start in range(0, len(CONTENT), 30_000):
            file.write(CONTENT[start : start + 30_000])
            assert "file" not in server.names("/new/deep") if start > 100_000 else True
    assert server.get("/new/deep/file") == CONTENT
    assert server.names("/new/deep") == ["file"]
    with fs.open("/new/deep/file", "ab") as file:
        file.write(b"more")
    assert server.get("/new/deep/file") == CONTENT + b"more"


def test_appending_goes_on_at_the_end(server: ServerThread, fs: FTPFileSystem) -> None:
    server.put("/file", b"one")
    for name, place in (("/file", 3), ("/new", 0)):
        with fs.open(name, "ab") as file:
            assert file.tell() == place
            file.write(b"two")
            assert file.tell() == place + 3
    assert server.get("/file") == b"onetwo"
    assert server.get("/new") == b"two"


@pytest.mark.parametrize("mode", ["rb", "r", "ab", "wb", "xb", "a", "w"])
def test_a_folder_is_no_file(server: ServerThread, fs: FTPFileSystem, mode: str) -> None:
    server.put("/folder/file", b"x")
    with pytest.raises(FileExistsError if mode == "xb" else IsADirectoryError):
        fs.open("/folder", mode).close()
    assert server.names("/folder") == ["file"]
    assert server.names() == ["folder"]


@pytest.mark.parametrize("mode", ["r+b", "w+b", "a+b", "rb+", "r+"])
def test_one_direction_at_a_time(fs: FTPFileSystem, mode: str) -> None:
    with pytest.raises((NotImplementedError, ValueError)):
        fs.open("/file", mode)


@pytest.mark.parametrize("mode", ["wb", "w", "xb"])
@pytest.mark.parametrize("nbytes", [0, 10, 300_000])
def test_a_with_that_fails_leaves_what_there_was(
    server: ServerThread, fs: FTPFileSystem, mode: str, nbytes: int
) -> None:
    if mode != "xb":
        server.put("/file", b"old")
    before = server.names()
    text: Any = "x" * nbytes if mode == "w" else b"x" * nbytes
    with pytest.raises(KeyError), fs.open("/file", mode, block_size=100_000) as file:  # noqa: PT012
        file.write(text)
        raise KeyError
    assert server.names() == before
    if mode != "xb":
        assert server.get("/file") == b"old"


@pytest.mark.parametrize("mode", ["wb", "ab", "w", "xb"])
def test_the_root_is_no_file(fs: FTPFileSystem, mode: str) -> None:
    for path in ("/", ""):
        with pytest.raises(IsADirectoryError) as caught:
            fs.open(path, mode)
        assert caught.value.errno == errno.EISDIR


def test_into_an_open_file(server: ServerThread, fs: FTPFileSystem) -> None:
    server.put("/file", CONTENT)
    target = io.BytesIO()
    fs.get_file("/file", target)
    assert target.getvalue() == CONTENT


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1"])
def test_text_is_written_as_into_a_local_file(
    server: ServerThread, fs: FTPFileSystem, tmp_path: Path, encoding: str
) -> None:
    for mode in ("w", "a", "x", "a"):
        path = "/x" if mode == "x" else "/file"
        with fs.open(path, mode, encoding=encoding, newline="\r\n") as file:
            file.write("\xe4\n\xfc")
        with open(tmp_path / path[1:], mode, encoding=encoding, newline="\r\n") as file:
            file.write("\xe4\n\xfc")
        assert server.get(path) == (tmp_path / path[1:]).read_bytes()
